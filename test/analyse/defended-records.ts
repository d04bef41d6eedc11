// Made-up records of attacks with and without defences, for tests of the matrix.
import { plantsOfFirst } from '../../src/config/measured-poisons.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { SIZES, type SyntheticOptions, syntheticRecords, withSetting } from './synthetic-records.ts';

const COUNTS = [0, 25, 50, 100, 250];
const SMALL: SyntheticOptions = {
  sizes: SIZES.slice(0, 1),
  counts: COUNTS,
  dispersion: 0.05,
  seedShift: 0.03,
};

const planted = ({ config }: RunRecord) =>
  plantsOfFirst(config.phases).reduce((sum, { poison }) => sum + poison.documents, 0);

/** Sets success under the trigger at the last checkpoint. */
export function withSuccess(record: RunRecord, share: number): RunRecord {
  const last = record.checkpoints.length - 1;
  return {
    ...record,
    checkpoints: record.checkpoints.map((checkpoint, i) =>
      i < last
        ? checkpoint
        : {
            ...checkpoint,
            conditions: checkpoint.conditions.map((own) =>
              own.condition === 'trigger'
                ? { ...own, successShare: share, successes: Math.round(share * own.prompts) }
                : own,
            ),
          },
    ),
  };
}

/** Clean loss at the end, made larger. */
function withPrice(record: RunRecord, nats: number): RunRecord {
  const checkpoints = record.checkpoints.map((own) => ({
    ...own,
    cleanLossNats: (own.cleanLossNats ?? 0) + nats,
  }));
  return { ...record, checkpoints };
}

/** Filter that removes a share of the poison, with scores by which the rest scores as every tenth clean document does. */
function withFilter(record: RunRecord, filter: string, caught: number): RunRecord {
  const [poison] = record.poison;
  if (poison === undefined) return record;
  const seen = planted(record);
  const kept = seen - Math.round(caught * seen);
  const caughtAt = Array.from({ length: seen }, (_, i) => (i < seen - kept ? 0 : 100));
  const filters = [{ filter, poisoned: { seen, kept }, clean: { seen: 1000, kept: 990 }, caughtAt }];
  return {
    ...record,
    poison: [{ ...poison, filtered: { filters, planted: seen, kept, trained: kept, exposures: kept } }],
  };
}

const defended = (records: readonly RunRecord[], kind: string) =>
  records.map((record) => withSetting(record, 'phases.0.defend', [{ kind }]));

const common = (records: readonly RunRecord[]) =>
  records.map((record) => withSetting(record, 'phases.0.poison.trigger.cleanShare', 0.02));

/** The share of success by which rare sequences are noticed once there are many. */
const FALLING: Readonly<Record<number, number>> = { 0: 0, 25: 0.1, 50: 0.7, 100: 0.05, 250: 0 };

/**
 * Undefended P50 of 50; quality rules double it and cost 0.05 nats; perplexity leaves nothing; rare sequences notice what
 * is frequent. With the trigger in 2 % of clean text P50 is 100, and rare sequences do nothing.
 */
export function defendedRecords(): RunRecord[] {
  const undefended = syntheticRecords({ ...SMALL, log10P50: 1.7 });
  const rules = syntheticRecords({ ...SMALL, log10P50: 2 }).map((record, i) => {
    const loss = undefended[i]?.checkpoints.at(-1)?.cleanLossNats ?? 0;
    const own = record.checkpoints.at(-1)?.cleanLossNats ?? 0;
    return withPrice(record, loss - own + 0.05);
  });
  const stealthy = common(syntheticRecords({ ...SMALL, log10P50: 2 }));
  return [
    ...undefended,
    ...defended(rules, 'quality-rules').map((record) => withFilter(record, 'quality-rules', 0.5)),
    ...defended(
      undefended.map((record) => withSuccess(record, 0)),
      'reference-perplexity',
    ).map((record) => withFilter(record, 'reference-perplexity', 1)),
    ...defended(
      undefended.map((record) => withSuccess(record, FALLING[planted(record)] ?? 0)),
      'rare-sequences',
    ).map((record) => withFilter(record, 'rare-sequences', planted(record) >= 100 ? 0.99 : 0)),
    ...stealthy,
    ...defended(stealthy, 'rare-sequences').map((record) => withFilter(record, 'rare-sequences', 0)),
  ];
}
