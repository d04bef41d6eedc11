// What a person should know of a plan before it runs, although nothing in it is wrong.

import { measuredPoisons } from '../config/measured-poisons.ts';
import type { OptimizerConfig } from '../config/schema/schema.ts';
import type { Plan } from '../config/sweep/expand-plan.ts';
import { shortCount } from '../core/format-number.ts';

/** Operations that take two cores about a month. */
const MUCH_OPERATIONS = 1e17;

/** Learning rates above which no model of these sizes has learnt anything. */
const WILD_LEARNING_RATES: Readonly<Record<OptimizerConfig['kind'], number>> = { adamw: 0.3, sgd: 10 };

/** Sentences; none for most plans. */
export function planNotes({ runs, flops }: Pick<Plan, 'runs' | 'flops'>): string[] {
  const notes: string[] = [];
  if (flops > MUCH_OPERATIONS)
    notes.push(
      `note: ${shortCount(flops)} operations are more than two cores do in a month; is that meant? ` +
        'Fewer runs, smaller models or fewer tokens take less',
    );
  const rates = runs.flatMap(({ config }) => config.phases.map(({ optimizer }) => optimizer));
  const wild = rates.find(({ kind, learningRate }) => learningRate > WILD_LEARNING_RATES[kind]);
  if (wild !== undefined)
    notes.push(
      `note: a learning rate of ${wild.learningRate} is far above what ${wild.kind} has trained with here ` +
        `(at most ${WILD_LEARNING_RATES[wild.kind]}): such a model mostly writes noise, with or without poison`,
    );
  const several = runs
    .map(({ config }) => measuredPoisons(config.phases).map(({ name }) => name))
    .find((names) => names.length > 1);
  if (several !== undefined)
    notes.push(
      `note: ${several.length} poisons are planted and each is measured; claims and figures are about the first ` +
        `(${several[0]}), the others' conditions start with their names (${several.slice(1).join(', ')})`,
    );
  return notes;
}
