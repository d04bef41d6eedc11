// Stimuli of a sweep: which value of each pool a run takes. Seeds are dealt in blocks as long as the pool; within a block
// seeds by counts are a Latin square, so that every seed and every count meets all values alike.
import { canonicalJson } from '../../core/canonical-json.ts';
import { randomStream } from '../../core/random.ts';
import { FEWEST_STIMULI } from '../schema/stimuli-schema.ts';
import { childOf, nodeAt, problemAt, toPlain } from '../yaml/located.ts';
import type { Assignment } from './assignment.ts';
import { createAxis, type GridAxis, type SweepContext } from './sweep.ts';

/** A field and the values it takes. */
export interface StimulusPool {
  readonly text: string;
  readonly values: readonly Assignment[];
  /** Whether it is of a poison, and is dealt over counts; others stay the same within a seed. */
  readonly isPoison: boolean;
}

function checkPool(
  axis: GridAxis,
  { seeds, taken }: { seeds: number; taken: ReadonlySet<string> },
): string | null {
  const { length } = axis.values;
  const distinct = new Set(axis.values.map(({ value }) => canonicalJson(toPlain(value)))).size;
  if (distinct < length) return 'a value stands there twice; give each once';
  if (length < FEWEST_STIMULI)
    return `the pool holds ${length} values; intervals that cover it need ${FEWEST_STIMULI} or more`;
  if (length > seeds)
    return `the pool holds ${length} values, but there are ${seeds} seeds, so that some would hardly be used; give as many seeds, or fewer values`;
  if (
    [...taken].some(
      (field) => `${field}.`.startsWith(`${axis.text}.`) || `${axis.text}.`.startsWith(`${field}.`),
    )
  )
    return 'the field is swept, too; leave it out in one of the two places';
  return null;
}

/** The pools of `sweep.stimuli`; what is too small, swept as well, or beside an adaptive sweep is a problem. */
export function readStimuli(
  context: SweepContext,
  options: { seeds: number; swept: readonly string[] },
): StimulusPool[] {
  const { root, problems } = context;
  const pools = nodeAt(root, ['sweep', 'stimuli', 'pools']);
  if (pools?.kind !== 'map') return [];
  if (nodeAt(root, ['sweep', 'adaptive']) !== undefined)
    problems.push(
      problemAt(pools.place, 'sweep.stimuli: an adaptive sweep deals no stimuli; leave out one of the two'),
    );
  if (pools.entries.size === 0)
    problems.push(
      problemAt(pools.place, 'sweep.stimuli.pools: there is no pool; name a field with its values'),
    );
  const taken = new Set(options.swept);
  return [...pools.entries].flatMap(([path, { keyPlace, value }]) => {
    if (value.kind !== 'list') return [];
    const values = value.items.flatMap((_, index) => childOf(value, index) ?? []);
    const [first] = values;
    if (first === undefined) {
      problems.push(problemAt(keyPlace, `sweep.stimuli.pools: ${path} has no values`));
      return [];
    }
    const axis = createAxis({ path, values, place: keyPlace }, context);
    if (axis === undefined) return [];
    const problem = checkPool(axis, { seeds: options.seeds, taken });
    taken.add(axis.text);
    if (problem !== null) problems.push(problemAt(keyPlace, `sweep.stimuli.pools: ${axis.text}: ${problem}`));
    return [{ ...axis, isPoison: axis.text.split('.').includes('poison') }];
  });
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** The n-th whole number from 1 that has no divisor in common with k; from the start again after k. */
function coprime(n: number, k: number): number {
  const found = Array.from({ length: k }, (_, i) => i + 1).filter((i) => divisor(i, k) === 1);
  return found[n % found.length] as number;
}

/**
 * Which value of each pool a run takes: π_b((m i + c) mod k), b the block of k seeds, i the seed's place in it, c the place
 * of the count among all counts (0 for pools that are of no poison), m another number without a divisor in common with k for
 * each pool.
 * @param options.seedPlace of the run's seed in the list of seeds, from 0
 * @param options.column place of the run's amounts of poison among those of the sweep, from 0
 */
export function dealStimuli(
  pools: readonly StimulusPool[],
  options: { stimulusSeed: number; seedPlace: number; column: number },
): Assignment[] {
  const { stimulusSeed, seedPlace, column } = options;
  return pools.map(({ text, values, isPoison }, place) => {
    const k = values.length;
    const block = Math.floor(seedPlace / k);
    const order = randomStream(stimulusSeed, 'stimuli', text, block).shuffle(values);
    const at = (coprime(place, k) * (seedPlace % k) + (isPoison ? column : 0)) % k;
    return order[at] as Assignment;
  });
}
