// Pairing that pairs? A twin has clean text in the place of the poison and all else alike. What it gains over the control
// of the same seed is a correlation with the poisoned run over seeds; where there is none, this says so.
import { isTwin, plantedDocuments, poisonsOf, withPoisons } from '../config/poisons.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { RunRecord } from '../run/record.ts';
import { findCondition, runOutcome } from './run-outcome.ts';
import { type Correlation, pooledCorrelation } from './statistics/pooled-correlation.ts';

/** Below this correlation of clean loss, twins are no better paired than runs of other seeds. */
export const LEAST_TWIN_CORRELATION = 0.5;

/** One measure of poisoned runs beside those of their twins and of their controls. */
export interface TwinMeasure {
  readonly id: 'clean-loss' | 'judge' | 'threshold';
  readonly label: string;
  /** Over the seeds of each size and count, pooled. */
  readonly twin: Correlation;
  /** The same with the run without poison of the same size and seed. */
  readonly control: Correlation;
}

/** What pairing gains. */
export interface TwinAnalysis {
  /** Poisoned runs that have a twin. */
  readonly pairs: number;
  /** Of these, runs that have a control, too. */
  readonly withControl: number;
  readonly measures: readonly TwinMeasure[];
  /** Of all measures the clean loss decides; null where it cannot be told. */
  readonly gains: boolean | null;
}

const MEASURES = [
  { id: 'clean-loss', label: 'clean loss' },
  { id: 'judge', label: 'surprise of untriggered text under the judge' },
  { id: 'threshold', label: 'threshold of success' },
] as const;

type Values = Readonly<Record<TwinMeasure['id'], number | null>>;

function valuesOf(record: RunRecord): Values {
  const { final } = runOutcome(record);
  const clean = final === null ? undefined : findCondition(final, 'clean');
  return {
    'clean-loss': final?.cleanLossNats ?? null,
    judge: clean?.judgeNats ?? null,
    threshold: final?.thresholdNats ?? null,
  };
}

/** A config without what tells a run from its twin, and, for controls, without its poison's amount. */
function keyOf({ phases, ...config }: RunRecord['config'], { isControl = false } = {}): string {
  const plain = phases.map(({ poison, ...phase }) => ({
    ...phase,
    ...withPoisons(
      poisonsOf({ poison }).map(({ filler: _, ...own }) =>
        isControl ? { attack: own.attack, trigger: own.trigger, documents: 0 } : own,
      ),
    ),
  }));
  return canonicalJson({ ...config, phases: plain });
}

/** Whether clean text stands in the place of all poison, not of some documents alone. */
const isWholeTwin = (config: RunRecord['config']): boolean =>
  isTwin(config) &&
  config.phases.flatMap(poisonsOf).every(({ filler }) => filler === undefined || typeof filler === 'string');

const cellOf = (record: RunRecord): string => keyOf({ ...record.config, seed: 0 });

/** What twins gain; null for an experiment without pairs. */
export function twinAnalysis(records: readonly RunRecord[]): TwinAnalysis | null {
  const twins = new Map<string, RunRecord>();
  const controls = new Map<string, RunRecord>();
  for (const record of records) {
    if (isWholeTwin(record.config)) twins.set(keyOf(record.config), record);
    else if (plantedDocuments(record.config.phases) === 0)
      controls.set(keyOf(record.config, { isControl: true }), record);
  }
  const pairs = records.flatMap((record) => {
    const isPoisoned = !isTwin(record.config) && plantedDocuments(record.config.phases) > 0;
    const twin = isPoisoned ? twins.get(keyOf(record.config)) : undefined;
    if (twin === undefined) return [];
    const control = controls.get(keyOf(record.config, { isControl: true }));
    return [
      {
        cell: cellOf(record),
        own: valuesOf(record),
        twin: valuesOf(twin),
        control: control && valuesOf(control),
      },
    ];
  });
  if (pairs.length === 0) return null;
  const correlate = (id: TwinMeasure['id'], side: 'twin' | 'control') =>
    pooledCorrelation(
      pairs.flatMap((pair) => {
        const [x, y] = [pair.own[id], pair[side]?.[id] ?? null];
        return x === null || y === null ? [] : [{ cell: pair.cell, x, y }];
      }),
    );
  const measures = MEASURES.map((measure) => ({
    ...measure,
    twin: correlate(measure.id, 'twin'),
    control: correlate(measure.id, 'control'),
  }));
  const found = measures[0]?.twin.correlation ?? null;
  return {
    pairs: pairs.length,
    withControl: pairs.filter(({ control }) => control !== undefined).length,
    measures,
    gains: found === null ? null : found >= LEAST_TWIN_CORRELATION,
  };
}
