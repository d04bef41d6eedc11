// What a person should know of a plan before it runs, although nothing in it is wrong.
import type { Plan } from '../config/sweep/expand-plan.ts';
import { formatCount } from './format.ts';

/** Operations that take two cores about a month. */
const MUCH_OPERATIONS = 1e17;

/** Sentences; none for most plans. */
export function planNotes({ runs, flops }: Pick<Plan, 'runs' | 'flops'>): string[] {
  const notes: string[] = [];
  if (flops > MUCH_OPERATIONS)
    notes.push(
      `note: ${formatCount(flops)} operations are more than two cores do in a month; is that meant? ` +
        'Fewer runs, smaller models or fewer tokens take less',
    );
  const triggers = runs.map(({ config }) => [
    ...new Set(config.phases.flatMap(({ poison }) => (poison === undefined ? [] : [poison.trigger.text]))),
  ]);
  const several = triggers.find((texts) => texts.length > 1);
  if (several !== undefined)
    notes.push(
      `note: several phases plant triggers, but only that of the first (${JSON.stringify(several[0])}) is measured`,
    );
  return notes;
}
