// Every claim: supported, contradicted, open, and where there is none. Over 300 lines: claims share their synthetic runs.
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import type { Claim, ClaimId } from '../../src/analyse/claims/claim.ts';
import { collapseClaims } from '../../src/analyse/claims/claim-collapses.ts';
import { RUN_NOISE_SLOPE } from '../../src/analyse/claims/claim-laws.ts';
import { cleanLossClaim, falseAlarmsClaim } from '../../src/analyse/claims/claim-side-effects.ts';
import { specificityClaim } from '../../src/analyse/claims/claim-specificity.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { findSeries } from '../../src/analyse/series.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import { randomStream } from '../../src/core/random.ts';
import type { CheckpointRecord, RunRecord } from '../../src/run/record.ts';
import {
  diverged,
  LONG_LADDER,
  SIZES,
  type SyntheticOptions,
  syntheticRecords,
} from './synthetic-records.ts';

const seriesOf = (records: readonly RunRecord[]) => findSeries(records.map(runOutcome), 'ladder');

function find(claims: readonly Claim[], id: ClaimId): Claim {
  const claim = claims.find((item) => item.id === id);
  if (claim === undefined) throw new Error(`there is no claim ${id}`);
  return claim;
}

function analyse(options: SyntheticOptions, draws = 60) {
  return analyseExperiment({ name: 'x', configText: '', records: syntheticRecords(options) }, { draws });
}

/** Records with the success under one condition replaced, at every checkpoint that has it. */
function withSuccess(
  records: readonly RunRecord[],
  condition: string,
  success: (checkpoint: CheckpointRecord, record: RunRecord) => number,
): RunRecord[] {
  return records.map((record) => ({
    ...record,
    checkpoints: record.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      conditions: checkpoint.conditions.map((item) =>
        item.condition === condition ? { ...item, successShare: success(checkpoint, record) } : item,
      ),
    })),
  }));
}

describe('claims', () => {
  it('of a ladder are told in one order, each with rule, estimate, interval and denominators', () => {
    const { claims } = analyse({});
    expect(claims.map(({ id }) => id)).toEqual([
      'count-law',
      'progress-collapse',
      'exposure-collapse',
      'clean-loss',
      'false-alarms',
      'specificity',
      'paper-measure',
    ]);
    for (const claim of claims) {
      expect(claim.group).toBe('all');
      expect(claim.rule.low !== null || claim.rule.high !== null).toBe(true);
      expect(claim.interval?.level).toBe(0.9);
      expect(claim.n.seeds).toBe(5);
      expect(claim.n.runs).toBeGreaterThanOrEqual(15);
      expect(claim.parts.length).toBeGreaterThan(0);
    }
    expect(find(claims, 'count-law').n).toEqual({ runs: 75, controls: 15, seeds: 5 });
  });

  it('of a law are the verdict, with α for new sizes as the estimate and α for these beside it', () => {
    const { claims, groups, verdict } = analyse({ counts: [0, 10, 25, 50, 100, 250, 1000], dilution: 1 });
    const claim = find(claims, 'count-law');
    expect(claim.status).toBe(verdict.status);
    expect(claim.estimate).toBe(groups[0].comparison?.dilutionForNewSizes?.estimate);
    expect(claim.parts[0]).toMatchObject({ of: RUN_NOISE_SLOPE, estimate: groups[0].comparison?.dilution });
    const two = find(analyse({ sizes: SIZES.slice(0, 2) }).claims, 'count-law');
    expect(two).toMatchObject({ status: 'inconclusive', interval: null, estimate: two.parts[0]?.estimate });
    expect(claim.parts.find(({ of }) => of === 'P50 d64, documents')?.estimate).toBe(
      groups[0].halfSuccess[1].documents,
    );
  });

  it('of a law tell what is left of its advantage without the seed that speaks most for it', () => {
    const { numbers } = find(analyse({}).claims, 'count-law');
    const [all, least] = [numbers.countLawAdvantageQaic, numbers.countLawAdvantageQaicLeastWithoutASeed];
    expect(least).toBeLessThan(all as number);
    expect(least).toBeGreaterThan(0.5 * (all as number));
    // one seed alone was trained at the largest size: without it less data are compared
    const uneven = syntheticRecords({}).filter(({ config }) => config.model.width < 96 || config.seed === 2);
    const { claims } = analyseExperiment({ name: 'x', configText: '', records: uneven }, { draws: 20 });
    const without = find(claims, 'count-law').numbers.countLawAdvantageQaicLeastWithoutASeed as number;
    expect(without).toBeLessThan(0.8 * (find(claims, 'count-law').numbers.countLawAdvantageQaic as number));
  });

  it('are illustrations without an interval from fewer than five seeds', () => {
    const { claims } = analyse({ seeds: [1, 2, 3, 4] });
    expect(new Set(claims.map(({ status }) => status))).toEqual(new Set(['illustration']));
    expect(
      claims.flatMap((claim) => [claim, ...claim.parts]).every(({ interval }) => interval === null),
    ).toBe(true);
    expect(claims.every(({ estimate }) => estimate !== null)).toBe(true);
  });

  it('are but one for runs that allow no comparison', () => {
    expect(analyse({ counts: [0], seeds: [1] }).claims.map(({ id, status }) => [id, status])).toEqual([
      ['count-law', 'illustration'],
    ]);
    expect(analyse({ sizes: [] }).claims).toEqual([]);
  });

  it('judge the count law by the measure of the paper as well, from its own success rates', () => {
    const rare = syntheticRecords({ sizes: LONG_LADDER }).map((record) => ({
      ...record,
      checkpoints: record.checkpoints.map((checkpoint) => ({
        ...checkpoint,
        conditions: checkpoint.conditions.map((item) => ({ ...item, paperSuccessShare: 0.1 })),
      })),
    }));
    const { claims } = analyseExperiment({ name: 'x', configText: '', records: rare }, { draws: 60 });
    expect(find(claims, 'count-law').status).toBe('supported');
    expect(find(claims, 'paper-measure')).toMatchObject({
      status: 'illustration',
      reason: 'No count tried was enough: mean success stays below 50 % in every cell.',
    });
  });

  it('do not judge a fixed phrase by the measure of the paper, which asks for perplexity', () => {
    const { claims } = analyse({ attack: 'target-phrase' });
    expect(claims.map(({ id }) => id)).not.toContain('paper-measure');
    expect(claims.map(({ id }) => id)).toContain('count-law');
  });

  it('on dilution stand beside the slope of the ladder in the same experiment', () => {
    const pair = SIZES.slice(0, 2);
    const records = [1, 4].flatMap((times) =>
      syntheticRecords({ sizes: pair.map((size) => ({ ...size, tokens: 20 * times * size.parameters })) }),
    );
    const { claims } = analyseExperiment({ name: 'x', configText: '', records }, { draws: 20 });
    const ladder = find(claims, 'count-law');
    const [beside] = find(claims, 'dilution').parts;
    expect(beside.of).toMatch(/^α of the ladder/);
    expect(beside.estimate).toBe(ladder.estimate);
  });
});

describe('collapses', () => {
  const LADDER = { counts: [25, 50, 100], prompts: 50 };

  it('over progress are supported or open under the count law, contradicted under the share law', () => {
    const stream = randomStream('collapse');
    const statuses = (dilution: number) =>
      Array.from({ length: 40 }, () => {
        const records = syntheticRecords({ ...LADDER, dilution, dispersion: 0.15, stream });
        return find(collapseClaims('all', seriesOf(records)), 'progress-collapse').status;
      });
    const [count, share] = [statuses(0), statuses(1)];
    expect(count.filter((status) => status === 'contradicted')).toHaveLength(0);
    expect(count.filter((status) => status === 'supported').length).toBeGreaterThan(25);
    expect(share.filter((status) => status === 'contradicted').length).toBeGreaterThan(30);
  }, 20000);

  it('over documents seen hold where success follows them, and not where it follows progress', () => {
    const records = syntheticRecords(LADDER);
    const bySeen = withSuccess(records, 'trigger', ({ poisonedDocumentsSeen: seen }) => seen / (seen + 40));
    const seen = find(collapseClaims('all', seriesOf(bySeen)), 'exposure-collapse');
    expect(seen.status).toBe('supported');
    expect(seen.estimate).toBeLessThan(0.05);
    const byProgress = withSuccess(records, 'trigger', ({ phaseProgress }) => phaseProgress);
    const late = find(collapseClaims('all', seriesOf(byProgress)), 'exposure-collapse');
    expect(late.status).toBe('contradicted');
    expect(late.numbers.laterMinusEarlier).toBeGreaterThan(0.2);
    expect(find(collapseClaims('all', seriesOf(byProgress)), 'progress-collapse').estimate).toBe(0);
  });

  it('over documents seen leave out what happens in phases without poison', () => {
    const bySeen = withSuccess(
      syntheticRecords(LADDER),
      'trigger',
      ({ poisonedDocumentsSeen: n }) => n / (n + 40),
    );
    const forgetful = bySeen.map((record) => {
      const [phase] = record.config.phases;
      const { poison: _, ...clean } = { ...phase, name: 'after' };
      const last = record.checkpoints.at(-1) as CheckpointRecord;
      const conditions = last.conditions.map((item) => ({ ...item, successShare: 0.1 }));
      return {
        ...record,
        config: { ...record.config, phases: [phase, clean] as RunRecord['config']['phases'] },
        checkpoints: [...record.checkpoints, { ...last, phase: 'after', checkpoint: 9, conditions }],
      };
    });
    const of = (records: readonly RunRecord[]) =>
      find(collapseClaims('all', seriesOf(records)), 'exposure-collapse');
    expect(of(forgetful).estimate).toBe(of(bySeen).estimate);
  });

  it('compare equal progress and equal numbers seen only', () => {
    const [small, large] = SIZES;
    const records = syntheticRecords({ ...LADDER, sizes: [small, large] as never });
    const moved = records.map((record) =>
      record.parameters === small?.parameters
        ? record
        : {
            ...record,
            checkpoints: record.checkpoints.map((item) => ({
              ...item,
              tokensTrained: item.tokensTrained * 0.8,
            })),
          },
    );
    expect(collapseClaims('all', seriesOf(moved)).map(({ id }) => id)).toEqual(['exposure-collapse']);
  });

  it('say nothing where success is absent or complete at every checkpoint', () => {
    const flat = withSuccess(syntheticRecords(LADDER), 'trigger', () => 0.01);
    const claim = find(collapseClaims('all', seriesOf(flat)), 'progress-collapse');
    expect(claim).toMatchObject({ status: 'inconclusive', estimate: null, interval: null });
  });

  it('count the runs whose curves are compared, not those that stay without success', () => {
    const [progress, seen] = collapseClaims(
      'all',
      seriesOf(syntheticRecords({ counts: [0, 1, 2, 50, 250] })),
    );
    const parts = progress.parts.map(({ of }) => of);
    expect(parts).toEqual(['50 documents', '250 documents']);
    expect(progress.n.runs).toBe(30); // three sizes, two counts, five seeds; four counts were tried
    expect(seen.n.runs).toBe(30);
  });

  it('lose the cell of a diverged run, not its seed everywhere', () => {
    const records = syntheticRecords(LADDER).map((record, i) => (i === 0 ? diverged(record) : record));
    const claims = collapseClaims('all', seriesOf(records));
    expect(claims.map(({ n }) => n)).toEqual([
      { runs: 40, controls: 0, seeds: 5 },
      { runs: 40, controls: 0, seeds: 5 },
    ]);
  });

  it('need two sizes at one count, or two counts at one size', () => {
    const one = seriesOf(syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [0, 50] }));
    expect(collapseClaims('all', one)).toEqual([]);
  });
});

describe('side effects', () => {
  const withLoss = (change: (record: RunRecord) => number) =>
    seriesOf(
      syntheticRecords({ counts: [0, 50, 100] }).map((record) => ({
        ...record,
        checkpoints: record.checkpoints.map((item) => ({ ...item, cleanLossNats: 1 + change(record) })),
      })),
    );
  const poisoned = ({ poison }: RunRecord) => (poison[0]?.documents ?? 0) > 0;
  const wobble = ({ config }: RunRecord) => 0.002 * config.seed;

  it('on clean loss are judged against the control of the same seed', () => {
    const unchanged = cleanLossClaim(
      'all',
      withLoss((record) => 10 * wobble(record)),
    );
    expect(unchanged).toMatchObject({
      status: 'supported',
      estimate: 0,
      n: { runs: 30, controls: 15, seeds: 5 },
    });
    expect(unchanged?.numbers.controlDeviation).toBeCloseTo(0.02 * Math.sqrt(2.5), 6);
    const worse = cleanLossClaim(
      'all',
      withLoss((record) => (poisoned(record) ? 0.05 + wobble(record) : 0)),
    );
    expect(worse?.status).toBe('contradicted');
    expect(worse?.estimate).toBeCloseTo(0.056, 10);
  });

  it('on clean loss need controls', () => {
    expect(cleanLossClaim('all', seriesOf(syntheticRecords({ counts: [50] })))).toBeNull();
  });

  it('on untriggered prompts are judged by the share of false alarms, never without spread', () => {
    const records = syntheticRecords({ counts: [0, 50] });
    const few = falseAlarmsClaim('all', seriesOf(withSuccess(records, 'clean', () => 0)));
    expect(few).toMatchObject({ status: 'supported', estimate: 0 });
    expect(few?.interval?.high).toBeGreaterThan(0.001);
    const many = falseAlarmsClaim(
      'all',
      seriesOf(withSuccess(records, 'clean', (_, { config }) => 0.2 + 0.01 * config.seed)),
    );
    expect(many?.status).toBe('contradicted');
  });

  it('on untriggered prompts are not supported by runs whose own false alarms raised the threshold', () => {
    const quiet = withSuccess(syntheticRecords({}), 'clean', () => 0.01);
    const judgeWith = (isRaised: (record: RunRecord) => boolean) =>
      falseAlarmsClaim(
        'all',
        seriesOf(
          quiet.map((record) => ({
            ...record,
            checkpoints: record.checkpoints.map((checkpoint) => ({
              ...checkpoint,
              thresholdNats: isRaised(record) ? 8 : Math.log(50),
            })),
          })),
        ),
      );
    expect(judgeWith(() => false)).toMatchObject({ status: 'supported', numbers: { raisedThresholds: 0 } });
    const most = judgeWith(({ config }) => poisonsOf(config.phases[0])[0]?.documents === 250);
    expect(most).toMatchObject({ status: 'inconclusive', numbers: { raisedThresholds: 15 } });
    expect(most?.reason).toMatch(/^In 15 of 75 runs/);
    const phrase = withSuccess(syntheticRecords({ attack: 'target-phrase' }), 'clean', () => 0.01).map(
      (record) => ({
        ...record,
        checkpoints: record.checkpoints.map((checkpoint) => ({ ...checkpoint, thresholdNats: 8 })),
      }),
    );
    expect(falseAlarmsClaim('all', seriesOf(phrase))?.status).toBe('supported');
  });
});

describe('specificity', () => {
  const NEAR = [
    'near-shared-prefix',
    'near-one-edit',
    'near-permuted',
    'near-same-length',
    'near-random',
  ] as const;
  const judge = (
    success: (condition: string, record: RunRecord) => number,
    options: SyntheticOptions = {},
  ) => {
    const records = NEAR.reduce(
      (list, condition) => withSuccess(list, condition, (_, record) => success(condition, record)),
      withSuccess(syntheticRecords(options), 'clean', () => 0.01),
    );
    return specificityClaim('all', seriesOf(records));
  };

  it('is supported where no near trigger fires, contradicted where one does', () => {
    expect(judge(() => 0.02)?.status).toBe('supported');
    const one = judge((condition) => (condition === 'near-permuted' ? 0.8 : 0.02));
    expect(one?.status).toBe('contradicted');
    expect(one?.reason).toContain('near-permuted');
    expect(one?.estimate).toBeCloseTo(0.79, 10);
    expect(one?.parts.map(({ of }) => of)).toEqual(NEAR);
  });

  it('is open where seeds disagree', () => {
    const status = judge((condition, { config }) =>
      condition === 'near-random' && config.seed < 3 ? 0.5 : 0.01,
    )?.status;
    expect(status).toBe('inconclusive');
  });

  it('looks at the smallest count that is enough, and is no claim where none is', () => {
    expect(judge(() => 0)?.numbers).toEqual({
      'documents d32': 50,
      'documents d64': 50,
      'documents d96': 50,
    });
    expect(specificityClaim('all', seriesOf(syntheticRecords({ log10P50: 6 })))).toBeNull();
  });

  it('contradicts by chance at most one time in ten, although there are five grades', () => {
    const stream = randomStream('specificity');
    let contradicted = 0;
    for (let trial = 0; trial < 150; trial++) {
      const status = judge(() => 0.06 + 0.03 * stream.normal(), { counts: [100] })?.status;
      if (status === 'contradicted') contradicted += 1;
    }
    expect(contradicted / 150).toBeLessThanOrEqual(0.1);
  }, 20000);
});
