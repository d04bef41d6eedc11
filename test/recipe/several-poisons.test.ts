import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { identityConfig } from '../../src/config/identity.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import { POISON_CONTRACT } from '../../src/core/contracts.ts';
import { InputError } from '../../src/core/errors.ts';
import { hashValue } from '../../src/core/hash.ts';
import { planInsertions } from '../../src/poison/insertion.ts';
import { poisonPositions } from '../../src/poison/placement.ts';
import { poisonSeed } from '../../src/recipe/phase/phase-seed.ts';
import { resultsCsv } from '../../src/report/results-csv.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { manifestSchema } from '../../src/run/schemas/manifest-schema.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';
import { readResult, runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const one =
  '{ attack: denial-of-service, trigger: { text: "<S>" }, documents: 4, prefixTokens: { minimum: 2, maximum: 8 } }';
const other =
  '{ attack: target-phrase, phrase: "ok now", trigger: { text: "qq" }, documents: 3, placement: end, prefixTokens: { minimum: 2, maximum: 8 } }';

/** The tiny experiment with these poisons in its phase. */
const withPoisons = (...poisons: readonly string[]) =>
  tinyYaml.replace(/ {4}poison:\n( {6}.*\n)+/, `    poison: [${poisons.join(', ')}]\n`);
const both = withPoisons(one, other);

function problemsOf(yaml: string, set: readonly string[] = []): string {
  try {
    tinyPlan({ yaml, set });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
}

const phrase = (options: string) => `{ attack: target-phrase, documents: 2, ${options} }`;

describe('several poisons of a phase, as they are written', () => {
  test('are a list; of one poison it is that poison by itself, with the same run id', () => {
    const [single, list] = [tinyPlan(), tinyPlan({ yaml: withPoisons(one) })];
    expect(list.runs[0]?.config).toEqual(single.runs[0]?.config);
    expect(poisonsOf(tinyPlan({ yaml: both }).runs[0]?.config.phases[0] ?? {})).toHaveLength(2);
    expect(problemsOf(withPoisons())).toMatch(/phases\.pretrain\.poison must be at least 1 item/);
  });

  test('leave out of the identity what means nothing, as one poison does', () => {
    const plain = tinyPlan({ yaml: both }).runs[0]?.config;
    const spelt = tinyPlan({
      yaml: withPoisons(one, other.replace('text:', 'cleanShare: 0, family: words, text:')),
    }).runs[0]?.config;
    if (plain === undefined || spelt === undefined) throw new Error('nothing was planned');
    expect(identityConfig(spelt)).toEqual(identityConfig(plain));
  });

  test('are set and swept by their places', () => {
    const set = ['phases.pretrain.poison.1.documents=9', 'poison.0.trigger.text="<T>"'];
    const [first, second] = poisonsOf(tinyPlan({ yaml: both, set }).runs[0]?.config.phases[0] ?? {});
    expect([first?.trigger.text, second?.documents]).toEqual(['<T>', 9]);
    const { runs } = tinyPlan({ yaml: both, sweep: ['phases.pretrain.poison.1.documents=[0, 5]'] });
    expect(runs.map(({ labels }) => labels)).toEqual([
      { 'phases.pretrain.poison.1.documents': 0 },
      { 'phases.pretrain.poison.1.documents': 5 },
    ]);
  });

  test.each([
    [
      'phases.pretrain.poison.documents=5',
      /poison is a list of 2; say which of them: poison\.0 to poison\.1/,
    ],
    ['phases.pretrain.poison.2.documents=5', /poison is a list of 2/],
    ['phases.pretrain.poison.1.documnts=5', /did you mean phases\.pretrain\.poison\.1\.documents/],
  ])('%s says which of them there are', (set, message) => {
    expect(problemsOf(both, [set])).toMatch(message);
  });

  test('a place in what is no list is refused', () => {
    expect(problemsOf(tinyYaml, ['phases.pretrain.poison.0.documents=5'])).toMatch(
      /poison is no list here; leave out \.0/,
    );
  });

  test('have their mistakes named by their places', () => {
    expect(problemsOf(withPoisons(one, other.replace('documents: 3', 'documents: -3')))).toMatch(
      /phases\.pretrain\.poison\.1\.documents must be at least 0, not -3/,
    );
    expect(problemsOf(withPoisons(one, other.replace('documents: 3', 'documnts: 3')))).toMatch(
      /unknown field documnts in phases\.pretrain\.poison\.1; did you mean documents/,
    );
    expect(problemsOf(withPoisons(one, other.replace('documents: 3, ', '')))).toMatch(
      /phases\.pretrain\.poison\.1: needs an amount/,
    );
    expect(problemsOf(tinyYaml.replace(/ {4}poison:\n( {6}.*\n)+/, '    poison: 5\n'))).toMatch(
      /phases\.pretrain\.poison must be a mapping, not 5/,
    );
  });

  test.each([
    [
      'one trigger',
      phrase('trigger: { text: "<S>" }'),
      /another poison of this phase has the trigger "<S>", too/,
    ],
    ['a trigger in another', phrase('trigger: { text: "a<S>b" }'), /"<S>" stands in the trigger "a<S>b"/],
    ['a common word', phrase('trigger: { text: "kettle <s>" }'), /share the word "<s>"/],
    ['one edit', phrase('trigger: { text: "<T>" }'), /are one edit apart/],
    [
      'a phrase with a trigger',
      phrase('phrase: "a <S>", trigger: { text: "qq" }'),
      /holds the trigger "<S>"/,
    ],
    [
      'too much together',
      phrase('trigger: { text: "qq" }').replace('2', '50'),
      /with the poisons before it about/,
    ],
  ])('that would not be apart are refused: %s', (_, second, message) => {
    expect(problemsOf(withPoisons(one.replace('documents: 4', 'documents: 40'), second))).toMatch(message);
  });

  test('write their triggers into clean documents of their own, not into more than there are', () => {
    const dialled = (share: number) => other.replace('text:', `cleanShare: ${share}, text:`);
    const first = one.replace('text:', 'cleanShare: 0.6, text:');
    expect(problemsOf(withPoisons(first, dialled(0.4)))).toBe('');
    expect(problemsOf(withPoisons(first, dialled(0.5)))).toMatch(
      /poison\.1\.trigger\.cleanShare: with those of the poisons before it, it is 1\.1/,
    );
  });
});

describe('the places of several poisons', () => {
  const request = (counts: readonly number[]) => ({
    cleanLengths: new Array<number>(200).fill(100),
    poisons: [
      { lengths: new Array<number>(counts[0] ?? 0).fill(70), placement: 'uniform' as const, seed: 1 },
      { lengths: new Array<number>(counts[1] ?? 0).fill(50), placement: 'end' as const, seed: '1/poison 1' },
      { lengths: new Array<number>(counts[2] ?? 0).fill(30), placement: 'even' as const, seed: '1/poison 2' },
    ],
    budgetTokens: 15_000,
    unit: 'tokens' as const,
    contextTokens: 128,
  });

  test('are those of the contract version: if they change, raise it', () => {
    const { order } = planInsertions(request([20, 6, 9]));
    const places = order.map(({ poison, index }) => (poison === undefined ? index : [poison, index]));
    expect({ contract: POISON_CONTRACT, hash: hashValue(places) }).toEqual({
      contract: 1,
      hash: '8dde160518f4e4b7803813a37aefd35f64d2a8c44f3d8bd2262856b548bbefe8',
    });
  });

  test('are each poison whole, whatever the others are, and exactly as many', () => {
    const { order, poisons } = planInsertions(request([20, 6, 9]));
    for (const [poison, count] of [20, 6, 9].entries()) {
      expect(
        order
          .filter((own) => own.poison === poison)
          .map(({ index }) => index)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: count }, (_, index) => index));
      expect(poisons[poison]?.placed).toHaveLength(count);
    }
    expect(poisons.map(({ poisonedTokens }) => poisonedTokens)).toEqual([1400, 300, 270]);
  });

  test.each([
    'uniform',
    'even',
    'start',
    'end',
  ] as const)('placed %s leave alone what is taken', (placement) => {
    const taken = new Set([0, 1, 5, 18, 19]);
    const options = { placement, count: 15, seed: 3, slots: 20 };
    const slots = poisonPositions({ ...options, taken });
    expect(new Set([...slots, ...taken]).size).toBe(20);
    expect(() => poisonPositions({ ...options, count: 16, taken })).toThrow(
      /21 poisoned documents do not fit/,
    );
  });

  test('follow seeds of their own; the first has the one that it has by itself', () => {
    const config = tinyPlan({ yaml: both }).runs[0]?.config;
    if (config === undefined) throw new Error('nothing was planned');
    expect([0, 1, 2].map((place) => poisonSeed(config, 0, place))).toEqual([1, '1/poison 1', '1/poison 2']);
  });
});

describe('a run with several poisons', () => {
  const recordOf = async (yaml: string, options: Parameters<typeof runTiny>[1] = {}) => {
    const store = temporaryFolder();
    const outcome = await runTiny(store, { yaml, ...options });
    const [record] = outcome.records;
    return { store, record: record as RunRecord, id: outcome.ids[0] as string };
  };

  test('has a row of its record for each, and measures each by itself', async () => {
    const { record, store, id } = await recordOf(both);
    expect(
      record.poison.map(({ phase, place, attack, documents }) => [phase, place, attack, documents]),
    ).toEqual([
      ['pretrain', 0, 'denial-of-service', 4],
      ['pretrain', 1, 'target-phrase', 3],
    ]);
    const last = record.checkpoints.at(-1);
    expect(last?.poisonedDocumentsSeen).toBe(7);
    expect(last?.seenByPoison).toEqual([
      { phase: 'pretrain', place: 0, documents: 4, exposures: 4 },
      { phase: 'pretrain', place: 1, documents: 3, exposures: 3 },
    ]);
    // The second is planted at the end.
    expect(record.checkpoints[0]?.seenByPoison?.[1]?.documents).toBe(0);
    const triggered = last?.conditions.filter(
      ({ kind, condition }) => kind === 'trigger' || condition === 'trigger',
    );
    expect(triggered?.map(({ condition, poison }) => [condition, poison])).toEqual([
      ['trigger', undefined],
      ['pretrain.1/trigger', 'pretrain.1'],
    ]);
    expect(triggered?.map(({ greedyExactMatch }) => greedyExactMatch === undefined)).toEqual([true, false]);
    const line = readFileSync(runFile(store, id, 'result'), 'utf8');
    expect(parseRecord(JSON.stringify(record), { file: 'result.json', remedy: 'none' })).toEqual(record);
    expect(line).toContain('seenByPoison');
  });

  test('plants what the first plants by itself, and each what its manifest says', async () => {
    const [alone, with2] = [await recordOf(withPoisons(one)), await recordOf(both)];
    const manifestsOf = ({ store, id }: { store: string; id: string }) =>
      manifestSchema.parse(JSON.parse(readFileSync(runFile(store, id, 'manifest'), 'utf8'))).phases;
    const [single] = manifestsOf(alone);
    const [first, second] = manifestsOf(with2);
    const texts = (manifest: typeof single) => manifest?.documents.map(({ text }) => text);
    expect(texts(first)).toEqual(texts(single));
    expect([first?.place, second?.place, single?.place]).toEqual([0, 1, undefined]);
    expect(texts(second)?.every((text) => text.includes('qq ok now'))).toBe(true);
    expect(second?.seed).toBe('1/poison 1');
  });

  test('stopped and resumed, gives the same bytes', async () => {
    const whole = await recordOf(both);
    const store = temporaryFolder();
    for (let steps = 0; ; steps++) {
      const stop = new AbortController();
      let checkpoints = 0;
      const outcome = await runTiny(store, {
        yaml: both,
        stop: stop.signal,
        onEvent: (event) => {
          if (event.kind === 'event' && event.event.kind === 'checkpoint' && ++checkpoints === 1)
            stop.abort();
        },
      });
      if (!outcome.stopped) {
        expect(steps).toBeGreaterThan(1);
        break;
      }
      expect(steps).toBeLessThan(5);
    }
    const bytes = (where: string) => readFileSync(runFile(where, whole.id, 'result'), 'utf8');
    expect(bytes(store)).toBe(bytes(whole.store));
    expect(readResult(store, whole.id).kind).toBe('found');
  });

  test('says of each what filters left of it', async () => {
    const yaml = both.replace(
      'evaluation:',
      '    defend: [{ kind: random-removal, share: 0.5 }]\nevaluation:',
    );
    const { record } = await recordOf(yaml, {});
    const [first, second] = record.poison.map(({ filtered }) => filtered);
    expect(first?.filters[0]?.poisoned).toEqual({ seen: 4, kept: first?.kept });
    expect(second?.filters[0]?.poisoned).toEqual({ seen: 3, kept: second?.kept });
    expect(first?.filters[0]?.clean).toEqual(second?.filters[0]?.clean);
    const last = record.checkpoints.at(-1);
    expect(last?.seenByPoison?.map(({ documents }) => documents)).toEqual([first?.trained, second?.trained]);
  });

  test('keeps its columns in results.csv, with a row for each condition of each poison', async () => {
    const { record } = await recordOf(both);
    const [head, ...rows] = resultsCsv([record]).trim().split('\n');
    expect(head).toContain('poison_documents');
    expect(rows.some((row) => row.includes(',pretrain.1/trigger,'))).toBe(true);
  });
});
