// How fast this machine trains: from what the runs in the store took, or a guess.
import { statSync } from 'node:fs';
import { describeEngines, type EngineDescription } from '../kernels/choose-engine.ts';
import { type EngineOption, engineEntry } from '../kernels/engine-names.ts';
import { ifReadable, readProvenance } from '../run/store/read-run-file.ts';
import { runFile, storedRunIds } from '../run/store/store.ts';

const LATEST_RUNS = 20;

/** A speed and where it comes from. */
export interface Speed {
  /** Floating-point operations a second of one worker, evaluation included. */
  readonly flopsPerSecond: number;
  /** Runs it was measured on; 0: a guess. */
  readonly runs: number;
}

/** The speed of the latest runs in the store that this engine did. */
export function measuredSpeed(store: string, engineName: string): Speed {
  const paths = storedRunIds(store)
    .flatMap((id) => {
      const status = statSync(runFile(store, id, 'provenance'), { throwIfNoEntry: false });
      return status === undefined ? [] : [{ id, time: status.mtimeMs }];
    })
    .sort((a, b) => b.time - a.time)
    .slice(0, LATEST_RUNS);
  let flops = 0;
  let milliseconds = 0;
  let runs = 0;
  for (const { id } of paths) {
    const timing = ifReadable(() => readProvenance(store, id));
    if (timing?.engineName !== engineName || !timing.flops || !timing.totalMs) continue;
    flops += timing.flops;
    milliseconds += timing.totalMs;
    runs += 1;
  }
  if (milliseconds > 0) return { flopsPerSecond: (1000 * flops) / milliseconds, runs };
  return { flopsPerSecond: engineEntry(engineName)?.guessedFlopsPerSecond ?? 1e9, runs: 0 };
}

/** Milliseconds that runs take on `workers` workers, longest first. */
export function estimateMs(flops: readonly number[], workers: number, speed: Speed): number {
  const busyUntil = new Array<number>(workers).fill(0);
  for (const work of [...flops].sort((a, b) => b - a)) {
    const next = busyUntil.indexOf(Math.min(...busyUntil));
    busyUntil[next] = (busyUntil[next] as number) + work;
  }
  return (1000 * Math.max(...busyUntil)) / speed.flopsPerSecond;
}

/** The engine that a run would have. */
export function fastestEngine(wanted: EngineOption): EngineDescription['name'] | 'tfjs' {
  if (wanted === 'tfjs') return wanted;
  const found = describeEngines().find(
    ({ name, available }) => available && (wanted === 'auto' || name === wanted),
  );
  return found?.name ?? 'wasm';
}
