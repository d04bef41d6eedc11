import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { manifestSchema } from '../../src/run/schemas/manifest-schema.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyPlan, tinySweep, tinyYaml } from '../run/tiny-experiment.ts';

const sweep = ['phases.pretrain.poison.filler=[none, clean]'];

function problemsOf(set: readonly string[]): string {
  try {
    tinyPlan({ yaml: tinyYaml, set });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
}

describe('a twin', () => {
  test('has clean text of the same length at the same places, and other weights', async () => {
    const store = temporaryFolder();
    const [poisoned, twin] = (await runTiny(store, { sweep })).records;
    if (poisoned === undefined || twin === undefined) throw new Error('two runs expected');
    expect([poisoned.status, twin.status]).toEqual(['done', 'done']);
    expect(twin.weightsHash).not.toBe(poisoned.weightsHash);
    expect(twin.poison).toEqual(poisoned.poison);

    const [own, other] = [poisoned, twin].map(({ id }) =>
      manifestSchema.parse(JSON.parse(readFileSync(runFile(store, id, 'manifest'), 'utf8'))),
    );
    const places = (manifest: typeof own) =>
      manifest?.phases[0]?.documents.map(({ documentPosition, tokenPosition, tokens }) => ({
        documentPosition,
        tokenPosition,
        tokens,
      }));
    expect(places(other)).toEqual(places(own));
    const texts = other?.phases[0]?.documents.map(({ text }) => text) ?? [];
    expect(texts).toHaveLength(4);
    for (const text of texts) expect(text).not.toContain('<S>');
  });

  test('of some documents leaves the others as they are, at their places', async () => {
    const store = temporaryFolder();
    const { records } = await runTiny(store, {
      set: ['poison.documents=6', 'poison.placement=even'],
      sweep: ['phases.pretrain.poison.filler=[none, clean, { documents: [1, 3-4] }, { documents: [0-5] }]'],
    });
    const texts = records.map((record) =>
      manifestSchema
        .parse(JSON.parse(readFileSync(runFile(store, record?.id ?? '', 'manifest'), 'utf8')))
        .phases[0]?.documents.map(({ text, tokenPosition }) => `${tokenPosition} ${text}`),
    );
    const [none = [], clean = [], some = [], all = []] = texts;
    expect(some).toEqual(none.map((text, index) => ([1, 3, 4].includes(index) ? clean[index] : text)));
    expect(all).toEqual(clean);
    const hashes = records.map((record) => record?.weightsHash);
    expect(hashes[3]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(3);
  });

  test('of some documents names each once, in rising order, and those that there are', () => {
    const of = (documents: string) =>
      problemsOf(['poison.documents=6', `poison.filler={ documents: ${documents} }`]);
    expect(of('[0, 2-5]')).toBe('');
    expect(of('[2-6]')).toMatch(/filler\.documents: 2-6 is not among the 6 poisoned documents, .* 0 to 5/);
    expect(of('[6]')).toMatch(/6 is not among the 6/);
    expect(of('[3, 2]')).toMatch(/2 stands behind 3: give each document once, in rising order/);
    expect(of('[1-3, 3]')).toMatch(/3 stands behind 3/);
    expect(of('[4-2]')).toMatch(/4-2 ends before it begins: write 2-4/);
    expect(of('[]')).not.toBe('');
    expect(of('[x]')).toMatch(/must be a range like 10-19/);
  });

  test('of a control is the control', () => {
    const { runs, duplicates } = tinyPlan({ sweep, set: ['phases.pretrain.poison.documents=0'] });
    expect([runs.length, duplicates]).toEqual([1, 1]);
    expect(JSON.stringify(runs[0]?.config)).not.toContain('filler');
  });

  test('leaves the id of the poisoned run as it was', async () => {
    const [plain] = await tinySweep(temporaryFolder());
    const swept = await tinySweep(temporaryFolder(), { sweep });
    expect(swept.map(({ task }) => task.id)[0]).toBe(plain?.task.id);
    expect(swept[1]?.task.id).not.toBe(plain?.task.id);
  });

  test('goes with repairs and with filters that remove nothing', () => {
    for (const defend of [
      '{ kind: clip-sequences, norm: 1 }',
      '{ kind: clip-sequences, norm: null }',
      '{ kind: near-duplicates, similarity: null }',
    ])
      expect(problemsOf(['poison.filler=clean', `phases.pretrain.defend=[${defend}]`])).toBe('');
  });

  test('goes with no pools of stimuli', () => {
    const pools = '{ phases.pretrain.poison.trigger.text: [one, two, three, four, five] }';
    expect(
      problemsOf([
        ...['poison.filler=clean', 'sweep.seeds=[1, 2, 3, 4, 5]'],
        `sweep.stimuli={ seed: s, pools: ${pools} }`,
      ]),
    ).toMatch(/phases\.pretrain\.poison\.filler: twins are compared at one setting/);
  });

  test('goes with no filter and with no adaptive sweep', () => {
    const filler = 'poison.filler=clean';
    expect(problemsOf([filler])).toBe('');
    expect(problemsOf([filler, 'phases.pretrain.defend=[{ kind: exact-duplicates }]'])).toMatch(
      /phases\.pretrain\.poison\.filler: filters remove other documents/,
    );
    expect(
      problemsOf([filler, 'sweep.adaptive={ goal: { kind: alpha, within: 0.1 }, budgetFlops: 1e15 }']),
    ).toMatch(/phases\.pretrain\.poison\.filler: twins say nothing of success/);
  });
});
