// Series: the runs of one model size with one amount of data, the lines of the figures.
import type { RunOutcome } from './run-outcome.ts';

/** One model size with one amount of data. */
export interface Series {
  /** `d32`, or longer where that would be ambiguous; unique in its group. */
  readonly id: string;
  /** For figures: `39k`, `1.2M` parameters, or tokens in a dilution group. */
  readonly label: string;
  readonly parameters: number;
  /** Training tokens D. */
  readonly tokens: number;
  readonly outcomes: readonly RunOutcome[];
}

/** 950, 39k, 1.5M, 20M: a count to two or three digits. */
export function shortCount(count: number): string {
  for (const [unit, name] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count >= unit * 0.9995) {
      const value = count / unit;
      return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)}${name}`;
    }
  }
  return String(Math.round(count));
}

/** `d32` for the usual two layers and head dimension 16, otherwise with layers and heads: `d256-l6-h8`. */
function shapeName({ width, layers, heads }: { width: number; layers: number; heads: number }): string {
  const isUsual = layers === 2 && heads === Math.max(1, Math.floor(width / 16));
  return isUsual ? `d${width}` : `d${width}-l${layers}-h${heads}`;
}

/** The series of a group, smallest model first, then least data. */
export function findSeries(outcomes: readonly RunOutcome[], kind: 'ladder' | 'dilution'): Series[] {
  const found = new Map<string, RunOutcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.parameters}/${outcome.tokens}`;
    found.set(key, [...(found.get(key) ?? []), outcome]);
  }
  const groups = [...found.values()].sort(([a], [b]) => a.parameters - b.parameters || a.tokens - b.tokens);
  const short = groups.map(([run]) => shapeName(run.record.config.model));
  return groups.map((runs, i) => {
    const { parameters, tokens } = runs[0];
    const unique = short.filter((name) => name === short[i]).length === 1;
    const detail =
      kind === 'dilution' ? `${shortCount(tokens)} tokens` : `${shortCount(parameters)} parameters`;
    return {
      id: unique ? short[i] : `${short[i]}, ${detail}`,
      label: kind === 'dilution' ? `${shortCount(tokens)} tokens` : shortCount(parameters),
      parameters,
      tokens,
      outcomes: runs,
    };
  });
}
