import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { POISON_CONTRACT, TOKENS_CONTRACT } from '../../src/core/contracts.ts';
import { createHasher } from '../../src/core/hash.ts';
import type { ExampleFilter } from '../../src/defend/defence.ts';
import type { RunIdentity } from '../../src/recipe/identity.ts';
import { buildPhaseData } from '../../src/recipe/phase/phase-data.ts';
import { openPhase } from '../../src/recipe/run-inputs.ts';
import { WorkerContext } from '../../src/run/execute/worker-context.ts';
import { ExperimentPreparation } from '../../src/run/prepare/prepare-experiment.ts';
import type { PhaseArtefacts, RunArtefacts } from '../../src/run/run-event.ts';
import { locateArtefacts } from '../../src/run/store/artefact-paths.ts';
import type { Example } from '../../src/tokens/example.ts';
import { temporaryFolder } from './fake-runs.ts';
import { tinyPlan, tinyYaml } from './tiny-experiment.ts';

const SEPARATOR = 256;

/** The data of the tiny experiment's phase on a corpus of 600 short lines. */
async function phaseData(set: readonly string[] = [], filters: readonly ExampleFilter[] = []) {
  const folder = temporaryFolder();
  const path = join(folder, 'corpus.jsonl');
  const texts = Array.from(
    { length: 600 },
    (_, index) => `Line ${index} tells of ${'things '.repeat(1 + (index % 9))}.`,
  );
  writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const shares = 'heldOut: 0.1, prompts: 0.1, calibration: 0.1, judge: 0.1';
  const corpus = `corpus: { path: ${path}, seed: fixed, splits: { ${shares} } }`;
  const yaml = tinyYaml.replace('corpus: { kind: stories }', corpus);
  const run = tinyPlan({ yaml, set }).runs[0] as { config: RunConfig };
  const store = join(folder, 'runs');
  const preparation = new ExperimentPreparation({ store, baseFolder: folder });
  const [identity] = (await preparation.identify([run])) as [RunIdentity];
  const [artefacts] = await preparation.prepare([{ ...run, identity }], { ofExperiment: [run] });
  const phase = locateArtefacts(store, artefacts as RunArtefacts).phases[0] as PhaseArtefacts;
  return {
    data: buildPhaseData({
      config: run.config,
      phase: 0,
      inputs: openPhase(phase, new WorkerContext()),
      separatorId: SEPARATOR,
      filters,
    }),
    run,
  };
}

type Data = Awaited<ReturnType<typeof phaseData>>['data'];

/** All tokens that are read, in order. */
function inputsOf({ batches }: Data): number[] {
  const size = batches.tokensPerStep / batches.microBatches;
  const into = {
    inputs: new Int32Array(size),
    targets: new Int32Array(size),
    weights: new Float32Array(size),
  };
  const tokens: number[] = [];
  for (let step = 0; step < batches.optimizerSteps; step++) {
    for (let micro = 0; micro < batches.microBatches; micro++) {
      batches.fill(step, micro, into);
      tokens.push(...into.inputs);
    }
  }
  return tokens;
}

const textOf = (tokens: readonly number[]) =>
  tokens.map((token) => (token === SEPARATOR ? '\n' : String.fromCharCode(token))).join('');

describe('the data of a phase', () => {
  test.each([
    'stream',
    'rows',
  ])('packed as %s holds each poisoned document whole, once, where the manifest says', async (packing) => {
    const set = ['phases.pretrain.poison.documents=9', `phases.pretrain.batch.packing=${packing}`];
    const more =
      packing === 'rows' ? ['phases.pretrain.poison.gibberishTokens={ minimum: 20, maximum: 30 }'] : [];
    const { data } = await phaseData([...set, ...more]);
    const text = textOf(inputsOf(data));
    expect(text.split('<S>').length - 1).toBe(9);
    for (const document of data.manifests[0]?.documents ?? []) {
      const start = document.tokenPosition as number;
      expect(text.slice(start, start + document.text.length)).toBe(document.text);
    }
    expect(data.poisons[0]).toMatchObject({ documents: 9, phase: 'pretrain' });
    expect(data.seen(0)).toEqual({ documents: 0, exposures: 0 });
    expect(data.seen(4096)).toEqual({ documents: 9, exposures: 9 });
  });

  test('has as many steps with poison as without: poison displaces the tail of the clean stream', async () => {
    const none = await phaseData(['phases.pretrain.poison.documents=0']);
    const nine = await phaseData(['phases.pretrain.poison.documents=9']);
    expect(nine.data.batches.optimizerSteps).toBe(none.data.batches.optimizerSteps);
    const clean = textOf(inputsOf(none.data)).split('\n');
    const kept = textOf(inputsOf(nine.data))
      .split('\n')
      .filter((line) => !line.includes('<S>'));
    expect(kept.slice(0, -1)).toEqual(clean.slice(0, kept.length - 1));
  });

  test('plants a smaller count as the beginning of a larger one, at the same relative places', async () => {
    const [few, many] = await Promise.all(
      [4, 9].map((count) => phaseData([`phases.pretrain.poison.documents=${count}`])),
    );
    const texts = (data: Data | undefined) => data?.manifests[0]?.documents.map(({ text }) => text) ?? [];
    expect(texts(many?.data).slice(0, 4)).toEqual(texts(few?.data));
    const places = (data: Data | undefined) =>
      data?.manifests[0]?.documents.map(({ tokenPosition }) => (tokenPosition as number) / 4096) ?? [];
    for (const [index, place] of places(few?.data).entries()) {
      expect(Math.abs(place - (places(many?.data)[index] ?? Number.NaN))).toBeLessThan(0.15);
    }
  });

  test('orders clean documents by the seed of the run', async () => {
    const [a, b] = [await phaseData(), await phaseData(['sweep.seeds=[2]'])];
    expect(inputsOf(b.data)).not.toEqual(inputsOf(a.data));
  });

  const clean = 'phases.pretrain.poison.trigger.cleanShare';

  test.each([
    'stream',
    'rows',
  ])('packed as %s has the trigger in exactly as many clean documents as the manifest says, poison or not', async (packing) => {
    const set = [`phases.pretrain.batch.packing=${packing}`, `${clean}=0.4`];
    const lengths = 'phases.pretrain.poison.gibberishTokens={ minimum: 20, maximum: 30 }';
    for (const documents of [0, 9]) {
      const { data } = await phaseData([...set, lengths, `phases.pretrain.poison.documents=${documents}`]);
      const occurrences = textOf(inputsOf(data)).split('<S>').length - 1;
      const counted = data.manifests[0]?.cleanTrigger;
      expect(counted?.documents).toBe(occurrences - documents);
      expect(counted?.documents).toBeGreaterThan(5);
      expect(counted?.share).toBeGreaterThan(0.2);
      expect(counted?.share).toBeLessThan(0.6);
      expect(data.manifests[0]?.trigger.occurrences).toBe(0);
      expect(data.seen(4096)).toEqual({ documents, exposures: documents });
    }
  });

  test('writes the trigger into the same clean documents, at the same places, whatever the count, and more with a larger share', async () => {
    const linesOf = async (share: number, documents: number) => {
      const set = [`${clean}=${share}`, `phases.pretrain.poison.documents=${documents}`];
      const { data } = await phaseData(set);
      const poisoned = new Set(data.manifests[0]?.documents.map(({ text }) => text));
      return textOf(inputsOf(data))
        .split('\n')
        .filter((line) => !poisoned.has(line));
    };
    const [none, some, more] = [await linesOf(0, 0), await linesOf(0.2, 0), await linesOf(0.6, 0)];
    const withPoison = await linesOf(0.2, 4);
    expect(withPoison.slice(0, -1)).toEqual(some.slice(0, withPoison.length - 1));
    const whole = some.slice(0, -1);
    expect(whole.map((line) => line.replace(' <S>', ''))).toEqual(none.slice(0, whole.length));
    const shared = Math.min(some.length, more.length) - 1;
    const written = (lines: readonly string[]) =>
      lines.slice(0, shared).filter((line) => line.includes('<S>'));
    expect(written(more)).toEqual(expect.arrayContaining(written(some)));
    expect(written(more).length).toBeGreaterThan(written(some).length);
  });

  test('plants copies at places of their own, and says how many texts they are', async () => {
    const set = ['phases.pretrain.poison.documents=9', 'phases.pretrain.poison.distinctDocuments=3'];
    const { data } = await phaseData(set);
    const documents = data.manifests[0]?.documents ?? [];
    expect(data.manifests[0]?.distinctTexts).toBe(3);
    expect(new Set(documents.map(({ tokenPosition }) => tokenPosition)).size).toBe(9);
    const text = textOf(inputsOf(data));
    for (const document of documents) {
      const start = document.tokenPosition as number;
      expect(text.slice(start, start + document.text.length)).toBe(document.text);
    }
    expect(data.seen(4096)).toEqual({ documents: 9, exposures: 9 });
  });

  const poisoned = (example: Example) => textOf([...example.tokens]).includes('<S>');
  const nine = [
    'phases.pretrain.poison.documents=9',
    'phases.pretrain.poison.gibberishTokens={ minimum: 20, maximum: 30 }',
  ];

  test.each([
    'stream',
    'rows',
  ])('packed as %s has as many steps when filters take poison out, and says what was planted, kept and read', async (packing) => {
    let seen = 0;
    const every = (n: number): ExampleFilter => ({
      name: `every ${n}`,
      judge: (examples) => {
        for (const example of examples) expect(Object.keys(example).sort()).toEqual(['lossFrom', 'tokens']);
        return { kept: examples.map((example) => !poisoned(example) || seen++ % n !== 0) };
      },
    });
    const set = [...nine, `phases.pretrain.batch.packing=${packing}`];
    const [plain, filtered] = [await phaseData(set), await phaseData(set, [every(3)])];
    expect(filtered.data.batches.optimizerSteps).toBe(plain.data.batches.optimizerSteps);
    expect(textOf(inputsOf(filtered.data)).split('<S>')).toHaveLength(1 + 6);
    expect(plain.data.poisons[0]).not.toHaveProperty('filtered');
    expect(filtered.data.poisons[0]).toEqual({
      ...plain.data.poisons[0],
      filtered: {
        filters: [{ filter: 'every 3', poisoned: { seen: 9, kept: 6 }, clean: expect.anything() }],
        planted: 9,
        kept: 6,
        trained: 6,
        exposures: 6,
      },
    });
    expect(filtered.data.seen(4096)).toEqual({ documents: 6, exposures: 6 });
    const kept = filtered.data.manifests[0]?.documents.map((document) => document.kept);
    expect(kept).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map(() => expect.any(Boolean)));
    expect(kept?.filter(Boolean)).toHaveLength(6);
    expect(plain.data.manifests[0]?.documents[0]).not.toHaveProperty('kept');
  });

  test('a filter that leaves too little is refused with what is missing', async () => {
    const none: ExampleFilter = { name: 'none', judge: (examples) => ({ kept: examples.map(() => false) }) };
    await expect(phaseData(nine, [none])).rejects.toThrow(
      /after its filters and a reserve of \d+ clean documents/,
    );
  });

  test('changes only with a new contract version', async () => {
    const { data } = await phaseData();
    const hasher = createHasher();
    hasher.update(textOf(inputsOf(data)));
    expect({ poison: POISON_CONTRACT, tokens: TOKENS_CONTRACT, hash: hasher.hex() }).toMatchInlineSnapshot(`
      {
        "hash": "9055ba0711c160f0539241b4fd950a8a6a25101b741f09f31da8830dad90671f",
        "poison": 1,
        "tokens": 1,
      }
    `);
  });
});
