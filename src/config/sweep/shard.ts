// A part of a sweep for one of several machines: which runs it does follows from the plan alone.
import { InputError } from '../../core/errors.ts';
import type { Plan, PlannedRun } from './expand-plan.ts';

/** The third of eight parts: `{ number: 3, of: 8 }`. */
export interface Shard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

const MAXIMUM_SHARDS = 10_000;

/** @throws InputError for a text that is not `3/8` */
export function parseShard(text: string): Shard {
  const [, number = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (number < 1 || number > of || of > MAXIMUM_SHARDS)
    throw new InputError(
      `--shard is "${text}": give part and number of parts, from 1/1 to ${MAXIMUM_SHARDS}/${MAXIMUM_SHARDS}, e.g. 3/8`,
    );
  return { number, of };
}

/** Runs dealt to shards of about the same work: the longest first, each to the shard with the least so far. */
function dealRuns(runs: readonly PlannedRun[], shards: number): PlannedRun[][] {
  const dealt = Array.from({ length: shards }, () => ({ flops: 0, runs: [] as PlannedRun[] }));
  for (const run of [...runs].sort((a, b) => b.flops - a.flops || a.index - b.index)) {
    const least = dealt.reduce((best, shard) => (shard.flops < best.flops ? shard : best));
    least.flops += run.flops;
    least.runs.push(run);
  }
  return dealt.map((shard) => shard.runs.sort((a, b) => a.index - b.index));
}

/**
 * The plan of one shard. Every run is in exactly one of the shards, and all machines deal alike.
 * @throws InputError where there are fewer runs than shards, or the sweep chooses its runs as it goes
 */
export function shardOf(plan: Plan, { number, of }: Shard): Plan {
  if (plan.adaptive !== undefined)
    throw new InputError(
      `--shard ${number}/${of}: ${plan.name} chooses its runs as it goes (sweep.adaptive), by the results of all before; leave out --shard`,
    );
  if (of > plan.runs.length)
    throw new InputError(
      `--shard ${number}/${of}: ${plan.name} has ${plan.runs.length} run${plan.runs.length === 1 ? '' : 's'}, so that a part would be empty; give at most ${plan.runs.length} parts`,
    );
  const own = dealRuns(plan.runs, of)[number - 1] ?? [];
  const runs = own.map((run, index) => ({ ...run, index }));
  const sum = (value: (run: PlannedRun) => number) => runs.reduce((total, run) => total + value(run), 0);
  return { ...plan, runs, tokens: sum(({ tokens }) => tokens), flops: sum(({ flops }) => flops) };
}
