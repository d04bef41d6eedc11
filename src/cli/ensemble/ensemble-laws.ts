// How many documents an attacker needs against an ensemble: P50 by use of the members, and R, P50 over that of runs that are
// the same without partition, on as much data; estimated as those of runs are.

import { plantedDocuments } from '../../config/poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { randomStream } from '../../core/random.ts';
import {
  type DoseCurve,
  type DosePointOf,
  type HalfSuccessLaw,
  halfSuccessLaw,
} from '../half-success-law.ts';
import type { MeasuredUse } from '../measured-use.ts';
import type { StoredRun } from '../stored-runs.ts';
import { isUndivided } from './find-ensembles.ts';
import { type Line, linesOf } from './lines.ts';
import type { EnsembleResult } from './measure-ensemble.ts';

/** A line with its points. */
interface Curve {
  readonly line: Line;
  /** How the members are used; empty for runs. */
  readonly use: string;
  readonly points: DosePointOf[];
}

/** P50 of one line, and R where there are runs to compare it with. */
export interface LineLaw extends HalfSuccessLaw {
  readonly line: string;
  /** How the members are used; empty for runs. */
  readonly use: string;
  readonly parameters: number;
  readonly dataTokens: number;
  /** Why there is no line to compare with; null: there is, or these are runs by themselves. */
  readonly incomparable: string | null;
}

const nameOf = ({ line, use }: Curve) => (use === '' ? line.label : `${line.label}: ${use}`);

/** The curve that another is compared with, or why there is none. */
function baseOf(own: Curve, undivided: readonly Curve[]): Curve | string | null {
  if (own.line.undivided) return null;
  const [base, ...others] = undivided.filter(({ line }) => line.kin === own.line.kin);
  if (base === undefined) return 'no runs are the same but for partition, with as much data in each phase';
  if (others.length > 0)
    return 'the experiment has several kinds of runs without partition on as much data, which differ in tokens or epochs';
  return base;
}

const curveOf = (own: Curve): DoseCurve => ({ ...own.line, name: nameOf(own), points: own.points });

function lawOf(curve: Curve, undivided: readonly Curve[]): LineLaw[] {
  const base = baseOf(curve, undivided);
  const other = base === null || typeof base === 'string' ? null : curveOf(base);
  const law = halfSuccessLaw(curveOf(curve), other, (name) => randomStream('ensembles', name));
  if (law === null) return [];
  const { parameters, dataTokens } = curve.line;
  const incomparable = typeof base === 'string' ? base : null;
  return [{ line: nameOf(curve), use: curve.use, parameters, dataTokens, ...law, incomparable }];
}

/** The ways in which members are used, for tables. */
const USES = [
  ['a member', (own: EnsembleResult) => own.members],
  ['votes', (own: EnsembleResult) => own.votes],
  ['log mean', (own: EnsembleResult) => own.logMean],
  ['weights', (own: EnsembleResult) => own.meanWeights],
] as const;

/** Documents that the attacker pays for: of those planted in the data of all parts, the share of the parts that were chosen. */
function documentsOf({ planted, targeted, runs }: EnsembleResult): number {
  return Math.round((targeted === null ? 1 : targeted / runs.length) * planted);
}

/**
 * Half success of each use of ensembles, and of the runs of the experiment that train on all of the data. What differs in more
 * than count, seed and part makes another line.
 * @param results of one attacker, controls without poison among them
 */
export function lawsOf(
  results: readonly EnsembleResult[],
  runs: readonly StoredRun[],
  measured: (id: string) => MeasuredUse,
): LineLaw[] {
  const configs = new Map(runs.map(({ id, config }) => [id, config]));
  const whole = runs.filter(({ config }) => isUndivided(config));
  const ensembles = results.flatMap((result) => {
    const config = configs.get(result.runs[0] ?? '');
    return config === undefined ? [] : [{ result, config }];
  });
  const lines = linesOf([
    ...whole.map(({ config }) => ({ config, parts: 1 })),
    ...ensembles.map(({ result, config }) => ({ config, parts: result.runs.length })),
  ]);
  const curves = new Map<string, Curve>();
  const add = (line: Line, { use, ...point }: DosePointOf & { use: string }) => {
    const key = `${line.id}: ${use}`;
    const curve = curves.get(key) ?? { line, use, points: [] };
    curve.points.push(point);
    curves.set(key, curve);
  };
  const pointOf = ({ seed, evaluation }: RunConfig) => ({ seed, prompts: evaluation.prompts });
  for (const [place, { id, config }] of whole.entries()) {
    const documents = plantedDocuments(config.phases);
    const { success } = measured(id);
    add(lines[place] as Line, { ...pointOf(config), use: '', documents, success });
  }
  for (const [place, { result, config }] of ensembles.entries())
    for (const [use, of] of USES) {
      const line = lines[whole.length + place] as Line;
      const { success } = of(result);
      add(line, { ...pointOf(config), use, documents: documentsOf(result), success });
    }
  const all = [...curves.values()];
  const undivided = all.filter(({ line }) => line.undivided);
  return all.flatMap((curve) => lawOf(curve, undivided));
}
