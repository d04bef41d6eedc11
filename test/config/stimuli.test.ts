import { describe, expect, test } from 'vitest';
import { identityConfig } from '../../src/config/identity.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import { expandPlan, type Plan } from '../../src/config/sweep/expand-plan.ts';
import { minimal, parse, problemsOf } from './fixtures.ts';

const TRIGGER = 'phases.pretrain.poison.trigger.text';
const triggers = ['a b', 'c d', 'e f', 'g h', 'i j'];
const grid = 'grid: { model.layers: [1, 2], phases.pretrain.poison.documents: [0, 10, 20, 30, 40] }';

function config(
  options: { pools?: string; seeds?: number; seed?: number; extra?: string; sweptGrid?: string } = {},
): string {
  const { pools = `${TRIGGER}: [${triggers.join(', ')}]`, seeds = 5, seed = 1, extra = '' } = options;
  const list = Array.from({ length: seeds }, (_, i) => i + 1).join(', ');
  return `${minimal}sweep: { ${options.sweptGrid ?? grid}, seeds: [${list}], stimuli: { seed: ${seed}, pools: { ${pools} } }${extra} }\n`;
}

const planOf = (yaml: string): Plan => expandPlan(parse(yaml));

/** Seed, count, layers and trigger of each run. */
const runsOf = (plan: Plan) =>
  plan.runs.map(({ config: own }) => {
    const [poison] = poisonsOf(own.phases[0] ?? {});
    return {
      seed: own.seed,
      documents: poison?.documents ?? 0,
      layers: own.model.layers,
      trigger: String(poison?.trigger.text),
    };
  });

const distinct = (values: readonly unknown[]) => new Set(values).size;

describe('sweep.stimuli', () => {
  test('deals a Latin square: every seed and every count meets each stimulus once', () => {
    const runs = runsOf(planOf(config())).filter(({ layers }) => layers === 2);
    expect(runs).toHaveLength(25);
    for (const seed of [1, 2, 3, 4, 5])
      expect(distinct(runs.filter((run) => run.seed === seed).map(({ trigger }) => trigger))).toBe(5);
    for (const documents of [0, 10, 20, 30, 40])
      expect(distinct(runs.filter((run) => run.documents === documents).map(({ trigger }) => trigger))).toBe(
        5,
      );
  });

  test('gives settings of equal seed and count the same', () => {
    const runs = runsOf(planOf(config()));
    for (const { seed, documents, trigger } of runs.filter(({ layers }) => layers === 2))
      expect(
        runs.find((run) => run.layers === 1 && run.seed === seed && run.documents === documents)?.trigger,
      ).toBe(trigger);
  });

  test('is keyed by its seed, and the same each time', () => {
    expect(runsOf(planOf(config()))).toEqual(runsOf(planOf(config())));
    expect(runsOf(planOf(config({ seed: 2 })))).not.toEqual(runsOf(planOf(config())));
  });

  test('keeps the runs of the first seeds when more are added', () => {
    const more = runsOf(planOf(config({ seeds: 10 })));
    for (const run of runsOf(planOf(config()))) expect(more).toContainEqual(run);
    expect(distinct(more.filter(({ documents }) => documents === 10).map(({ trigger }) => trigger))).toBe(5);
  });

  test('gives the runs that a sweep without it would have, with the same identity', () => {
    const [first] = planOf(config()).runs;
    const trigger = runsOf(planOf(config()))[0]?.trigger ?? '';
    const [plain] = expandPlan(
      parse(`${minimal}sweep: { ${grid} }\n`, { set: [`${TRIGGER}="${trigger}"`] }),
    ).runs;
    if (first === undefined || plain === undefined) throw new Error('no run');
    expect(identityConfig(first.config)).toEqual(identityConfig(plain.config));
  });

  test('keeps what is of no poison the same within a seed, and pairs two pools in all ways', () => {
    const pools = `${TRIGGER}: [${triggers.join(', ')}], corpus.seed: [s1, s2, s3, s4, s5]`;
    const { runs, stimuli } = planOf(config({ pools }));
    expect(stimuli).toEqual([TRIGGER, 'corpus.seed']);
    const seedOf = (run: (typeof runs)[number]) =>
      run.config.corpus.kind === 'stories' ? run.config.corpus.seed : '';
    for (const seed of [1, 2, 3, 4, 5])
      expect(distinct(runs.filter((run) => run.config.seed === seed).map(seedOf))).toBe(1);
    const two = planOf(
      config({
        pools: `${TRIGGER}: [${triggers.join(', ')}], phases.pretrain.poison.gibberishTokens: [1, 2, 3, 4, 5]`,
      }),
    );
    const pairs = two.runs
      .filter(({ config: own }) => own.model.layers === 2)
      .map(({ config: own }) => {
        const [poison] = poisonsOf(own.phases[0] ?? {});
        return `${poison?.trigger.text}/${String(poison?.gibberishTokens)}`;
      });
    // A Graeco-Latin square of five: each pair once.
    expect(distinct(pairs)).toBe(25);
  });

  test.each([
    [
      { pools: `${TRIGGER}: [a, b, c, d]` },
      /trigger\.text: the pool holds 4 values; intervals that cover it need 5/,
    ],
    [{ pools: `${TRIGGER}: [a, b, c, d, d]` }, /a value stands there twice/],
    [{ seeds: 4 }, /the pool holds 5 values, but there are 4 seeds/],
    [{ pools: 'phases.pretrain.poison.documents: [1, 2, 3, 4, 5]' }, /documents: the field is swept, too/],
    [{ pools: 'phases.pretrain.poison.triger.text: [1, 2, 3, 4, 5]' }, /triger/],
    [{ pools: `${TRIGGER}: []` }, /has no values/],
    [{ pools: '' }, /there is no pool/],
    [{ pools: `${TRIGGER}: [a, b, c, d, 5]` }, /trigger\.text/],
    [
      { extra: ', adaptive: { goal: { kind: alpha, within: 0.1 }, budgetFlops: 1.0e+12 }' },
      /an adaptive sweep deals no stimuli/,
    ],
  ])('refuses %o', (options, message) => {
    expect(problemsOf(config(options)).join('\n')).toMatch(message);
  });
});
