import { describe, expect, it } from 'vitest';
import {
  type AdaptivePlan,
  type Arm,
  adaptiveSweep,
  type Candidate,
  type Outcome,
} from '../../src/analyse/adaptive/adaptive-sweep.ts';
import { decide, replay } from '../../src/analyse/adaptive/decide.ts';
import { Design, flopsOf } from '../../src/analyse/adaptive/design.ts';
import { leastHalfWidth } from '../../src/analyse/adaptive/measure-goal.ts';
import { drawSuccess, simulateSweep } from '../../src/analyse/adaptive/simulate-sweep.ts';
import { chosenRecords, decisionLines, sweepRecord } from '../../src/analyse/adaptive/sweep-record.ts';
import type { AdaptiveSettings } from '../../src/config/schema/adaptive-schema.ts';
import type { PlannedRun } from '../../src/config/sweep/expand-plan.ts';
import { randomStream } from '../../src/core/random.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { diverged, syntheticRecords } from './synthetic-records.ts';

const COUNTS = [0, 10, 14, 20, 28, 40, 56, 80, 112];
const SIZES = [32, 48, 64, 96].map((width) => ({
  width,
  parameters: Math.round(40_000 * (width / 32) ** 1.8),
}));
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const ALPHA: AdaptiveSettings = {
  goal: { kind: 'alpha', within: 0.15, sizes: 'these' },
  budgetFlops: 1e18,
  controls: 1,
};

/** Records of every run that may be chosen, and the plan that they are of. */
function everyRun(options: Parameters<typeof syntheticRecords>[0] = {}) {
  return syntheticRecords({ sizes: SIZES, counts: COUNTS, seeds: SEEDS, dispersion: 0.06, ...options });
}

function planOf(records: readonly RunRecord[], adaptive = ALPHA): AdaptivePlan {
  const runs = records.map(
    ({ config, parameters }, index): PlannedRun => ({
      index,
      config,
      labels: {},
      parameters,
      tokens: config.phases[0]?.tokens ?? 0,
      flops: 6 * parameters * (config.phases[0]?.tokens ?? 0),
    }),
  );
  return { runs, adaptive };
}

const all = everyRun();
const outcomes = new Map(
  all.map((record, place): [number, Outcome] => {
    const triggered = record.checkpoints.at(-1)?.conditions.find(({ condition }) => condition === 'trigger');
    return [place, { asr: triggered?.successShare ?? null, prompts: 200 }];
  }),
);
const sweep = adaptiveSweep(planOf(all));
const made = replay(sweep, { outcomes, draws: 50 });

describe('an adaptive sweep', () => {
  it('begins with a small grid of the cheapest size: five counts over their range, two seeds, and controls', () => {
    const { batch } = decide(sweep, { chosen: [], outcomes: new Map(), draws: 50 });
    const runs = batch.map((place) => sweep.candidates[place] as Candidate);
    expect(new Set(runs.map(({ parameters }) => parameters))).toEqual(new Set([40_000]));
    const poisoned = runs.filter(({ documents }) => documents > 0);
    expect([...new Set(poisoned.map(({ documents }) => documents))]).toEqual([10, 20, 40, 56, 112]);
    expect([...new Set(poisoned.map(({ seed }) => seed))]).toEqual([1, 2]);
    expect(runs.filter(({ documents }) => documents === 0).map(({ seed }) => seed)).toEqual([1]);
  });

  it('ends when the interval is as narrow as is wanted, with five seeds on both sides of P50 at every size', () => {
    const { decisions, missing, chosen } = made;
    const last = decisions.at(-1);
    expect(last?.end).toEqual({ kind: 'reached', text: 'The goal is reached.' });
    expect(last?.targets[0]?.halfWidth).toBeLessThanOrEqual(0.15);
    expect(missing).toEqual([]);
    expect(new Set(chosen).size).toBe(chosen.length);
    for (const { outcomes: runs } of sweep.groups[0]?.arms ?? []) {
      const own = runs.filter(({ place, documents }) => documents > 0 && chosen.includes(place));
      expect(new Set(own.map(({ seed }) => seed)).size).toBeGreaterThanOrEqual(5);
      expect(new Set(own.map(({ documents }) => documents)).size).toBeGreaterThanOrEqual(2);
    }
  });

  it('spends most runs where they are cheap, and less than a third of the whole grid of five seeds', () => {
    const runs = made.chosen.map((place) => sweep.candidates[place] as Candidate);
    const at = (parameters: number) => runs.filter((run) => run.parameters === parameters).length;
    expect(at(40_000)).toBeGreaterThan(at(SIZES[3]?.parameters as number));
    const grid = sweep.candidates.filter(
      ({ seed, documents }) => seed <= 5 && [0, 10, 28, 40, 56, 112].includes(documents),
    );
    expect(flopsOf(runs)).toBeLessThan(flopsOf(grid) / 3);
  });

  it('decides by nothing but the config and the outcomes of the batches before', () => {
    // Outcomes of runs that were never chosen, and the order in which outcomes came, change nothing.
    const chosen = new Set(made.chosen);
    const few = new Map([...outcomes].filter(([place]) => chosen.has(place)).reverse());
    expect(replay(sweep, { outcomes: few, draws: 50 })).toEqual(made);
  });

  it('goes on after an interruption as if there had been none', () => {
    const [first, second] = made.decisions;
    const known = new Map([...outcomes].filter(([place]) => first?.batch.includes(place)));
    const half = second?.batch.slice(0, 2) ?? [];
    for (const place of half) known.set(place, outcomes.get(place) as Outcome);
    const resumed = replay(sweep, { outcomes: known, draws: 50 });
    expect(resumed.decisions).toEqual(made.decisions.slice(0, 2));
    expect(resumed.missing).toEqual(second?.batch.filter((place) => !half.includes(place)));
  });

  it('fills a batch so that two workers end together, and spends no more than the budget', () => {
    const budgetFlops = flopsOf(made.chosen.map((place) => sweep.candidates[place] as Candidate)) / 2;
    const poor = adaptiveSweep(planOf(all, { ...ALPHA, budgetFlops }));
    const { decisions, chosen } = replay(poor, { outcomes, draws: 50 });
    expect(decisions.at(-1)?.end?.kind).toBe('budget');
    expect(flopsOf(chosen.map((place) => poor.candidates[place] as Candidate))).toBeLessThanOrEqual(
      budgetFlops,
    );
    for (const { batch } of made.decisions.slice(1, -1)) {
      const flops = batch.map((place) => (sweep.candidates[place] as Candidate).flops);
      expect(flops.length === 1 ? 2 : flops.reduce((a, b) => a + b, 0) / Math.max(...flops)).toBeGreaterThan(
        1.4,
      );
    }
  });

  it('wants more counts where every run of the largest one fails, and says so', () => {
    const hard = everyRun({ log10P50: 3 });
    const record = sweepRecord(planOf(hard), hard);
    expect(record.decisions.at(-1)?.end).toMatchObject({ kind: 'lost' });
    expect(record.decisions.at(-1)?.end?.text).toContain(
      'more documents than the largest count of the grid, 112',
    );
  });

  it('gives up a size that diverges, but takes a run that diverges here and there as one without an outcome', () => {
    const broken = all.map((record) =>
      record.config.model.width === 96 && record.config.phases[0]?.name === 'pretrain'
        ? diverged(record)
        : record,
    );
    const record = sweepRecord(planOf(broken), broken);
    expect(record.decisions.at(-1)?.end?.text).toMatch(/of d96 diverged; lower its learning rate/);
    const once = all.map((item, place) => (place === made.chosen[3] ? diverged(item) : item));
    const other = sweepRecord(planOf(once), once);
    expect(other.decisions.at(-1)?.end?.kind).toBe('reached');
    expect(other.chosen).toContain(made.chosen[3]);
  });

  it('waits for a run that failed, since a fault of a machine decides nothing', () => {
    const [first] = made.decisions;
    const failed = first?.batch[2] as number;
    const faulty = all.map((record, place) =>
      place === failed ? { ...diverged(record), status: 'failed' as const } : record,
    );
    const record = sweepRecord(planOf(faulty), faulty);
    expect(record.missing).toEqual([failed]);
    expect(decisionLines(record).trim().split('\n')).toHaveLength(1);
  });

  it('knows the runs that it did not choose', () => {
    const record = sweepRecord(planOf(all), all);
    expect(record.chosen.length + record.surplus.length).toBe(all.length);
    const { runs, adaptive } = planOf(all);
    const plan = { name: 'x', varying: [], seeds: SEEDS, duplicates: 0, tokens: 0, flops: 0, runs, adaptive };
    expect(chosenRecords(plan, all)).toHaveLength(record.chosen.length);
    const { adaptive: _, ...whole } = plan;
    expect(chosenRecords(whole, all)).toHaveLength(all.length);
  });

  it.each([
    { shifts: [0, 0.15, -0.15, 0.1], isLimited: true },
    { shifts: [0, 0, 0, 0], isLimited: false },
  ])('says when the number of sizes limits α for new ones, and only then: $shifts', ({
    shifts,
    isLimited,
  }) => {
    const scattered = everyRun();
    const moved = adaptiveSweep(
      planOf(scattered, { ...ALPHA, goal: { kind: 'alpha', within: 0.15, sizes: 'new' } }),
    );
    const stream = randomStream('scattered', 1);
    const draw = ({ documents, parameters }: Candidate): Outcome => {
      const size = SIZES.findIndex((own) => own.parameters === parameters);
      const eta = 8 * (Math.log10(Math.max(documents, 1e-9)) - 1.6 - (shifts[size] ?? 0));
      return { asr: drawSuccess(stream, { p: 1 / (1 + Math.exp(-eta)), dispersion: 0.05 }), prompts: 200 };
    };
    const { last } = simulateSweep(moved, { draw, draws: 50 });
    expect(last.end?.kind === 'limited').toBe(isLimited);
    expect(last.end?.text.includes('limited by the number of sizes')).toBe(isLimited);
  });

  it('refuses a budget that does not hold the first grid', () => {
    const poor = adaptiveSweep(planOf(all, { ...ALPHA, budgetFlops: 1 }));
    expect(() => decide(poor, { chosen: [], outcomes: new Map(), draws: 10 })).toThrow(
      /budgetFlops is 1\.00, and the small grid that comes first takes/,
    );
  });

  it.each([
    ['two counts', { counts: [0, 10, 50] }, ALPHA.goal, /needs three counts above 0/],
    ['four seeds', { seeds: [1, 2, 3, 4] }, ALPHA.goal, /needs 5 seeds or more/],
    [
      'one size',
      { sizes: SIZES.slice(0, 1) },
      ALPHA.goal,
      /needs 2 sizes or amounts of data; the grid has 1/,
    ],
    ['one setting', {}, { kind: 'ratio', factor: 1.5 }, /the grid has one setting/],
  ] as const)('refuses a goal that cannot be reached: %s', (_, options, goal, message) => {
    expect(() => adaptiveSweep(planOf(everyRun(options), { ...ALPHA, goal }))).toThrow(message);
  });
});

describe('a ratio', () => {
  const base = everyRun({ sizes: SIZES.slice(0, 1) });
  const other = everyRun({ sizes: SIZES.slice(0, 1), log10P50: 1.9 }).map((record) => ({
    ...record,
    config: {
      ...record.config,
      phases: record.config.phases.map((phase) => ({
        ...phase,
        optimizer: { ...phase.optimizer, weightDecay: 0.1 },
      })),
    },
  })) as RunRecord[];

  it('runs whole seeds: every seed as often on both sides', () => {
    const plan = planOf([...base, ...other], { ...ALPHA, goal: { kind: 'ratio', factor: 1.4 } });
    const record = sweepRecord(plan, [...base, ...other]);
    expect(record.decisions.at(-1)?.end?.kind).toBe('reached');
    const [one, two] = record.sweep.groups.map(({ arms: [arm] }) => {
      const chosen = (arm as Arm).outcomes.filter(
        ({ place, documents }) => documents > 0 && record.chosen.includes(place),
      );
      return SEEDS.map((seed) => chosen.filter((run) => run.seed === seed).length);
    });
    expect(one).toEqual(two);
  });
});

describe('the design', () => {
  it('takes the next run where success is in transition, of the seed that is used least', () => {
    const design = new Design(sweep, { chosen: made.chosen, outcomes });
    const arm = sweep.groups[0]?.arms[3];
    const run = design.nextRun(arm as Arm);
    expect([28, 40, 56, 80]).toContain(run?.documents);
    expect(made.chosen).not.toContain(run?.place);
  });

  it('knows the least interval of a line through sizes: ordinary least squares, by hand', () => {
    // x = 0, 1, 2: squares about the mean sum to 2; one degree of freedom, t = 6.314.
    const curves = [0, 1, 2].map((x) => ({ tokens: 10 ** x }));
    expect(leastHalfWidth(curves, 0.1)).toBeCloseTo((6.314 * 0.1) / Math.sqrt(2), 3);
    expect(leastHalfWidth(curves, 0)).toBe(0);
  });

  it('draws success with the mean and the variance that it is told', () => {
    const stream = randomStream('draws', 1);
    const drawn = Array.from({ length: 4000 }, () => drawSuccess(stream, { p: 0.3, dispersion: 0.1 }));
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(0.3, 1);
    expect(variance / (0.3 * 0.7)).toBeCloseTo(0.1, 1);
  });
});
