// Series: the runs of one model size with one amount of data, the lines of the figures.
import { shortCount } from '../core/format-number.ts';
import type { GroupMember } from './groups.ts';
import type { RunOutcome } from './run-outcome.ts';

/** One model size with one amount of data. */
export interface Series<T = RunOutcome> {
  /** `d32`, or longer where that would be ambiguous; unique in its group. */
  readonly id: string;
  /** For figures: `39k`, `1.2M` parameters, or tokens in a dilution group. */
  readonly label: string;
  readonly parameters: number;
  /** Training tokens D. */
  readonly tokens: number;
  readonly outcomes: readonly T[];
}

/** `d32` for the usual two layers and head dimension 16, otherwise with layers and heads: `d256-l6-h8`. */
function shapeName({ width, layers, heads }: { width: number; layers: number; heads: number }): string {
  const isUsual = layers === 2 && heads === Math.max(1, Math.floor(width / 16));
  return isUsual ? `d${width}` : `d${width}-l${layers}-h${heads}`;
}

/** The series of a group, smallest model first, then least data. */
export function findSeries<T extends GroupMember>(
  outcomes: readonly T[],
  kind: 'ladder' | 'dilution',
): Series<T>[] {
  const found = new Map<string, T[]>();
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
      kind === 'dilution' ? `${shortCount(tokens, 2)} tokens` : `${shortCount(parameters, 2)} parameters`;
    return {
      id: unique ? short[i] : `${short[i]}, ${detail}`,
      label: kind === 'dilution' ? `${shortCount(tokens, 2)} tokens` : shortCount(parameters, 2),
      parameters,
      tokens,
      outcomes: runs,
    };
  });
}
