// Between insertion and packing: filters take examples out, and clean ones from a reserve take their place, so that the
// number of steps stays. A filter sees examples, not where they came from.
import { epochTokens, SEPARATOR_TOKENS } from '../config/budget.ts';
import type { PhaseConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { ExampleFilter } from '../defend/defence.ts';
import type { Example } from '../tokens/example.ts';
import type { SourcedExample } from './order-phase.ts';

/** What one filter did, joined with where the examples came from. */
export interface FilterRecord {
  readonly filter: string;
  readonly poisoned: { readonly seen: number; readonly kept: number };
  readonly clean: { readonly seen: number; readonly kept: number };
}

const isPoisoned = ({ source }: SourcedExample) => source.kind === 'poisoned';

function recordOf(
  filter: string,
  before: readonly SourcedExample[],
  after: readonly SourcedExample[],
): FilterRecord {
  const poisoned = { seen: before.filter(isPoisoned).length, kept: after.filter(isPoisoned).length };
  return {
    filter,
    poisoned,
    clean: { seen: before.length - poisoned.seen, kept: after.length - poisoned.kept },
  };
}

function applyFilter(filter: ExampleFilter, examples: readonly SourcedExample[]): SourcedExample[] {
  const blind = examples.map(({ tokens, lossFrom }): Example => ({ tokens, lossFrom }));
  const { kept } = filter.judge(blind);
  if (kept.length !== examples.length)
    throw new Error(`filter ${filter.name} judged ${kept.length} of ${examples.length} examples`);
  return examples.filter((_, index) => kept[index]);
}

/** Tokens that an example fills: in rows a whole row. */
function spaceOf(phase: PhaseConfig, contextTokens: number): (example: Example) => number {
  return phase.batch.packing === 'rows'
    ? () => contextTokens
    : ({ tokens }) => tokens.length + SEPARATOR_TOKENS;
}

/**
 * Filters a phase's examples, one filter after the other, and fills up what they left with clean examples behind them.
 * @param options.reserve clean examples in the order in which they follow
 * @throws InputError where the reserve does not fill the epoch
 */
export function filterPhase(options: {
  phase: PhaseConfig;
  contextTokens: number;
  filters: readonly ExampleFilter[];
  examples: readonly SourcedExample[];
  reserve: readonly SourcedExample[];
}): { readonly examples: readonly SourcedExample[]; readonly records: readonly FilterRecord[] } {
  const { phase, contextTokens, filters, reserve } = options;
  const records: FilterRecord[] = [];
  let examples = [...options.examples];
  for (const filter of filters) {
    const kept = applyFilter(filter, examples);
    records.push(recordOf(filter.name, examples, kept));
    examples = kept;
  }
  const space = spaceOf(phase, contextTokens);
  // One token more than the budget of a stream: the target of the last position.
  const wanted = epochTokens(phase) + (phase.batch.packing === 'rows' ? 0 : 1);
  let filled = examples.reduce((sum, example) => sum + space(example), 0);
  for (const example of filters.length === 0 ? [] : reserve) {
    if (filled >= wanted) break;
    examples.push(example);
    filled += space(example);
  }
  if (filters.length > 0 && filled < epochTokens(phase))
    throw new InputError(
      `phase ${phase.name}: after its filters and a reserve of ${reserve.length} clean documents ${filled} of ` +
        `${epochTokens(phase)} tokens an epoch are left: weaken the filters, or give more clean text`,
    );
  return { examples, records };
}
