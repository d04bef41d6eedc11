// Between insertion and packing: filters take examples out, and clean ones from a reserve take their place, so that the
// number of steps stays. A filter sees examples, not where they came from.
import { epochTokens, SEPARATOR_TOKENS } from '../../config/budget.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { PhaseConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import type { ExampleFilter } from '../../defend/defence.ts';
import type { Example } from '../../tokens/example.ts';
import type { Source, SourcedExample } from './order-phase.ts';

/** What one filter did to one poison and to clean examples, joined with where the examples came from. */
export interface FilterRecord {
  readonly filter: string;
  readonly poisoned: { readonly seen: number; readonly kept: number };
  readonly clean: { readonly seen: number; readonly kept: number };
  /**
   * For a filter that gives scores: by poisoned document, ascending, how many clean documents score as high or higher. With
   * `clean.seen` this is the ROC curve: a threshold that catches the first n poisoned documents removes `caughtAt[n - 1]`
   * clean ones.
   */
  readonly caughtAt?: readonly number[];
}

/** An example, and its score where the filter gives one. */
interface Judged {
  readonly example: SourcedExample;
  readonly kept: boolean;
  readonly score: number | undefined;
}

function caughtAt(judged: readonly Judged[], poison: number): number[] {
  const of = (is: (source: Source) => boolean) =>
    Float64Array.from(
      judged.filter(({ example }) => is(example.source)),
      ({ score }) => score ?? 0,
    ).sort();
  const clean = of(({ kind }) => kind !== 'poisoned');
  const poisoned = of((source) => source.kind === 'poisoned' && source.poison === poison);
  let below = 0;
  const counts = Array.from(poisoned, (score) => {
    while (below < clean.length && (clean[below] as number) < score) below += 1;
    return clean.length - below;
  });
  return counts.reverse();
}

/** @returns by poison of the phase */
function recordsOf(filter: string, judged: readonly Judged[], poisons: number): FilterRecord[] {
  const hasScores = judged.some(({ score }) => score !== undefined);
  const count = (is: (source: Source) => boolean) => {
    const own = judged.filter(({ example }) => is(example.source));
    return { seen: own.length, kept: own.filter(({ kept }) => kept).length };
  };
  const clean = count(({ kind }) => kind !== 'poisoned');
  return Array.from({ length: poisons }, (_, poison) => ({
    filter,
    poisoned: count((source) => source.kind === 'poisoned' && source.poison === poison),
    clean,
    ...(hasScores ? { caughtAt: caughtAt(judged, poison) } : {}),
  }));
}

function applyFilter(
  filter: ExampleFilter,
  examples: readonly SourcedExample[],
): { readonly judged: Judged[]; readonly added: readonly Example[] } {
  const blind = examples.map(({ tokens, lossFrom }): Example => ({ tokens, lossFrom }));
  const { kept, scores, added = [] } = filter.judge(blind);
  for (const { length } of [kept, ...(scores === undefined ? [] : [scores])])
    if (length !== examples.length)
      throw new Error(`filter ${filter.name} judged ${length} of ${examples.length} examples`);
  const judged = examples.map((example, index) => {
    const score = scores?.[index];
    if (score !== undefined && !Number.isFinite(score))
      throw new Error(`filter ${filter.name} gives example ${index} the score ${score}`);
    return { example, kept: kept[index] === true, score };
  });
  return { judged, added };
}

const keptOf = (judged: readonly Judged[]) => judged.flatMap(({ kept, example }) => (kept ? [example] : []));

/** What a phase is trained on, and what stands by to fill it. */
interface PhaseExamples {
  readonly examples: readonly SourcedExample[];
  readonly reserve: readonly SourcedExample[];
}

/** The part of the data that the phase is trained on, in the order of the whole; spare documents are of the same part. */
function divide({
  filters,
  examples,
  reserve,
}: PhaseExamples & { filters: readonly ExampleFilter[] }): PhaseExamples {
  const dividing = filters.find(({ divides }) => divides === true);
  if (dividing === undefined) return { examples, reserve };
  return {
    examples: keptOf(applyFilter(dividing, examples).judged),
    reserve: keptOf(applyFilter(dividing, reserve).judged),
  };
}

/** Tokens that an example fills: in rows a whole row. */
function spaceOf(phase: PhaseConfig, contextTokens: number): (example: Example) => number {
  return phase.batch.packing === 'rows'
    ? () => contextTokens
    : ({ tokens }) => tokens.length + SEPARATOR_TOKENS;
}

/**
 * Filters a phase's examples, one filter after the other; clean examples take the place of what they removed.
 * @param options.reserve clean examples in the order in which they follow
 * @returns the examples, and what each filter did, by poison of the phase
 * @throws InputError where the reserve does not fill the epoch
 */
export function filterPhase(options: {
  phase: PhaseConfig;
  contextTokens: number;
  filters: readonly ExampleFilter[];
  examples: readonly SourcedExample[];
  reserve: readonly SourcedExample[];
}): { readonly examples: readonly SourcedExample[]; readonly records: readonly FilterRecord[][] } {
  const { phase, contextTokens, filters } = options;
  const records: FilterRecord[][] = [];
  const poisons = poisonsOf(phase).length;
  const data = divide(options);
  let kept: readonly SourcedExample[] = data.examples;
  const added: Example[] = [];
  for (const filter of filters.filter(({ divides }) => divides !== true)) {
    const { judged, added: own } = applyFilter(filter, kept);
    records.push(recordsOf(filter.name, judged, poisons));
    kept = keptOf(judged);
    added.push(...own);
  }
  // Where nothing was removed, the phase stays as it is without filters.
  if (kept.length === options.examples.length)
    return { examples: withAdded(options.examples, added), records };
  const space = spaceOf(phase, contextTokens);
  const { examples, used } = refill(data, { kept: new Set(kept), space });
  // One token more than the budget of a stream: the target of the last position.
  const wanted = epochTokens(phase) + (phase.batch.packing === 'rows' ? 0 : 1);
  let filled = examples.reduce((sum, example) => sum + space(example), 0);
  for (const example of data.reserve.slice(used)) {
    if (filled >= wanted) break;
    examples.push(example);
    filled += space(example);
  }
  if (filled < epochTokens(phase))
    throw new InputError(
      `phase ${phase.name}: after its filters and a reserve of ${data.reserve.length} clean documents ${filled} of ` +
        `${epochTokens(phase)} tokens an epoch are left: weaken the filters, or give more clean text`,
    );
  return { examples: withAdded(examples, added), records };
}

/** Examples with those of a defender evenly among them. */
function withAdded(
  examples: readonly SourcedExample[],
  added: readonly Example[],
): readonly SourcedExample[] {
  if (added.length === 0) return examples;
  const whole: SourcedExample[] = [];
  for (const [place, example] of examples.entries()) {
    const due = Math.floor(((place + 1) * added.length) / examples.length);
    for (let document = whole.length - place; document < due; document++)
      whole.push({ ...(added[document] as Example), source: { kind: 'added', document } });
    whole.push(example);
  }
  return whole;
}

/**
 * Puts clean examples where others were removed, as soon as these left room for them: what is kept stands where it
 * stood, at most one document earlier, and never later.
 */
function refill(
  { examples, reserve }: PhaseExamples,
  { kept, space }: { kept: ReadonlySet<SourcedExample>; space: (example: Example) => number },
): { examples: SourcedExample[]; used: number } {
  const filled: SourcedExample[] = [];
  let next = 0;
  let room = 0;
  for (const example of examples) {
    if (kept.has(example)) filled.push(example);
    else room += space(example);
    for (;;) {
      const spare = reserve[next];
      if (spare === undefined || space(spare) > room) break;
      filled.push(spare);
      room -= space(spare);
      next += 1;
    }
  }
  return { examples: filled, used: next };
}
