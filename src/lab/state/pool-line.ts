// A class pools its results without a server: each run is a line that is read out or pasted. What is pasted may be anything.
import type { Interval } from '../../analyse/statistics/interval.ts';
import { leastShareVariance, seedEstimate } from '../../analyse/statistics/student-interval.ts';
import { asPayload, asSize, asWhole, MOST_DOCUMENTS, MOST_SEED, type RunChoice } from '../choices.ts';

/** One run of the class. */
export interface PooledRun {
  readonly size: RunChoice['size'];
  readonly payload: RunChoice['payload'];
  readonly documents: number;
  readonly seed: number;
  /** Trigger success, 0-1. */
  readonly success: number;
  /** Beginning of the weights' hash. */
  readonly hash: string;
}

/** What a paste holds. */
export interface Pool {
  readonly runs: readonly PooledRun[];
  /** Lines that are no runs, shortened. */
  readonly bad: readonly string[];
  /** Runs given twice, counted once. */
  readonly repeated: readonly string[];
  /** Runs of one setting and seed whose hashes differ: none of them is counted. */
  readonly conflicting: readonly string[];
}

const MOST_LINES = 1000;
const MOST_CHARACTERS = 100_000;
const HASH_DIGITS = 12;
const SHOWN_CHARACTERS = 30;
const PREFIX = 'tp1';

/** `tp1:d32:gibberish:50:17:0.52:<hash>`. Own triggers have no line: their runs are no repetitions of one another. */
export function printPoolLine(run: Omit<PooledRun, 'hash'> & { readonly weightsHash: string }): string {
  const { size, payload, documents, seed, success, weightsHash } = run;
  const hash = weightsHash.slice(0, HASH_DIGITS);
  return [PREFIX, size, payload, documents, seed, String(Number(success.toFixed(4))), hash].join(':');
}

/** Reads one line; undefined for anything else. */
export function parsePoolLine(line: string): PooledRun | undefined {
  const parts = line.trim().split(':');
  const [prefix, size = '', payload = '', documents = '', seed = '', success = '', hash = ''] = parts;
  const run = {
    size: asSize(size),
    payload: asPayload(payload),
    documents: asWhole(documents, { least: 0, most: MOST_DOCUMENTS }),
    seed: asWhole(seed, { least: 1, most: MOST_SEED }),
  };
  const share = /^(0(\.\d{1,4})?|1)$/.test(success) ? Number(success) : undefined;
  const isHash = /^[0-9a-f]{12}$/.test(hash);
  if (prefix !== PREFIX || parts.length !== 7 || !isHash || share === undefined) return undefined;
  if (run.size === undefined || run.payload === undefined) return undefined;
  if (run.documents === undefined || run.seed === undefined) return undefined;
  return {
    size: run.size,
    payload: run.payload,
    documents: run.documents,
    seed: run.seed,
    success: share,
    hash,
  };
}

const nameOf = ({ size, payload, documents, seed }: PooledRun): string =>
  [size, payload, documents, seed].join(':');

/** Reads what a class has pasted. Never throws. */
export function parsePool(text: string): Pool {
  const lines = text.slice(0, MOST_CHARACTERS).split(/\s+/u).filter(Boolean).slice(0, MOST_LINES);
  const bad: string[] = [];
  const byName = new Map<string, PooledRun[]>();
  for (const line of lines) {
    const run = parsePoolLine(line);
    if (run === undefined) bad.push(line.slice(0, SHOWN_CHARACTERS));
    else byName.set(nameOf(run), [...(byName.get(nameOf(run)) ?? []), run]);
  }
  const groups = [...byName];
  const differ = (runs: readonly PooledRun[]) =>
    runs.some(({ hash, success }) => hash !== runs[0]?.hash || success !== runs[0]?.success);
  return {
    runs: groups.flatMap(([, runs]) => (differ(runs) ? [] : runs.slice(0, 1))),
    bad,
    repeated: groups.flatMap(([name, runs]) => (runs.length > 1 && !differ(runs) ? [name] : [])),
    conflicting: groups.flatMap(([name, runs]) => (differ(runs) ? [name] : [])),
  };
}

/** The runs of one setting, over seeds. */
export interface PooledGroup extends Pick<PooledRun, 'size' | 'payload' | 'documents'> {
  readonly seeds: number;
  readonly mean: number;
  /** 90 % interval of the mean by Student's t, as reports have it, cut to 0-1; null for fewer than five seeds. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Prompts of a run's last checkpoint. */
const PROMPTS = 200;

const cut = ({ low, high }: Interval) => [Math.max(0, low ?? 0), Math.min(1, high ?? 1)] as const;

/** Summarises runs by setting, in order of size and count. */
export function groupPool(runs: readonly PooledRun[]): PooledGroup[] {
  const groups = new Map<string, PooledRun[]>();
  for (const run of runs) {
    const name = [run.payload, run.size, String(run.documents).padStart(3, '0')].join(':');
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members]) => {
      const [first] = members;
      if (first === undefined) return [];
      const { size, payload, documents } = first;
      const shares = members.map(({ success }) => success);
      const seeds = shares.length;
      const share = shares.reduce((sum, one) => sum + one, 0) / seeds;
      const leastVariance = leastShareVariance({ share, prompts: PROMPTS, runs: 1, seeds });
      const { interval } = seedEstimate(shares, { leastVariance });
      return [{ size, payload, documents, seeds, mean: share, interval: interval && cut(interval) }];
    });
}
