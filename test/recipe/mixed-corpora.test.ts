import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TOKENS_CONTRACT } from '../../src/core/contracts.ts';
import { InputError } from '../../src/core/errors.ts';
import { hashValue } from '../../src/core/hash.ts';
import { buildPhaseData } from '../../src/recipe/phase/phase-data.ts';
import { openPhase } from '../../src/recipe/run-inputs.ts';
import { WorkerContext } from '../../src/run/execute/worker-context.ts';
import type { RunRecord } from '../../src/run/record.ts';
import type { PhaseArtefacts } from '../../src/run/run-event.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';
import { locateArtefacts } from '../../src/run/store/artefact-paths.ts';
import { runFile } from '../../src/run/store/store.ts';
import { traceLineage } from '../../src/verify/lineage/lineage.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyPlan, tinySweep, tinyYaml } from '../run/tiny-experiment.ts';

/** The tiny experiment with this mixed into its phase. */
const mixedWith = (mix: string, more = '') =>
  tinyYaml.replace('    batch: { sequences: 4 }\n', `    batch: { sequences: 4 }\n    mix: ${mix}\n${more}`);

const other = '{ share: 0.25, corpus: { kind: stories, seed: others } }';

/** A corpus of lines that no story has. */
function linesFile(lines: number): string {
  const path = join(temporaryFolder(), 'lines.jsonl');
  const texts = Array.from(
    { length: lines },
    (_, index) => `LINE ${index} ${'OF THINGS '.repeat(1 + (index % 5))}`,
  );
  writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return path;
}

function problemsOf(yaml: string): string {
  try {
    tinyPlan({ yaml });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
}

/** Tokens of the tiny experiment's phase in training order, as text, and its data. */
async function phaseOf(yaml: string) {
  const store = temporaryFolder();
  const [run] = await tinySweep(store, { yaml });
  if (run === undefined) throw new Error('nothing was planned');
  const { config, artefacts } = run.task;
  const data = buildPhaseData({
    config,
    phase: 0,
    inputs: openPhase(locateArtefacts(store, artefacts).phases[0] as PhaseArtefacts, new WorkerContext()),
    separatorId: 256,
  });
  const size = data.batches.tokensPerStep / data.batches.microBatches;
  const into = {
    inputs: new Int32Array(size),
    targets: new Int32Array(size),
    weights: new Float32Array(size),
  };
  const tokens: number[] = [];
  for (let step = 0; step < data.batches.optimizerSteps; step++) {
    data.batches.fill(step, 0, into);
    tokens.push(...into.inputs);
  }
  return {
    data,
    tokens,
    text: Buffer.from(tokens.map((token) => (token === 256 ? 10 : token))).toString('latin1'),
  };
}

describe('several corpora in a phase, as they are written', () => {
  test.each([
    ['[]', /phases\.pretrain\.mix must be at least 1 item/],
    ['[{ share: 1.2, corpus: { seed: others } }]', /mix\.0\.share must be below 1, not 1\.2/],
    [
      '[{ share: 0.6, corpus: { seed: a } }, { share: 0.4, corpus: { seed: b } }]',
      /the shares sum to 1, which leaves nothing/,
    ],
    ['[{ share: 0.5, corpus: { kind: stories } }]', /mix\.0\.corpus: this text is in the phase already/],
    [
      '[{ share: 0.2, corpus: { seed: a } }, { share: 0.3, corpus: { seed: a } }]',
      /mix\.1\.corpus: this text is in the phase/,
    ],
    [
      '[{ share: 0.2, corpus: { seed: a, splits: { judge: 0.5, heldOut: 0.5 } } }]',
      /mix\.0\.corpus\.splits: the shares sum to/,
    ],
    [
      '[{ share: 0.2, corpse: { seed: a } }]',
      /unknown field corpse in phases\.pretrain\.mix\.0; did you mean corpus/,
    ],
  ])('%s is refused', (mix, message) => {
    expect(problemsOf(mixedWith(mix))).toMatch(message);
  });

  test('what the evaluation holds back is not mixed in, under other splits', () => {
    const yaml = mixedWith(`[{ share: 0.2, corpus: { kind: stories, splits: { judge: 0.2 } } }]`).replace(
      'corpus: { kind: stories }',
      'corpus: { kind: stories }',
    );
    const own = yaml.replace('    mix:', '    corpus: { kind: stories, seed: mine }\n    mix:');
    expect(problemsOf(own)).toMatch(/mix\.0\.corpus\.splits: the experiment's corpus divides the same texts/);
  });

  test('a payload that is for generated text alone is not planted where a file is mixed in, nor a trigger in clean text', () => {
    const yaml = mixedWith(`[{ share: 0.2, corpus: { path: ${linesFile(10)} } }]`);
    const generated = yaml.replace(/attack: denial-of-service\n/, 'attack: false-statement\n');
    expect(problemsOf(generated)).toMatch(
      /poison\.attack: false-statement is planted in generated stories alone/,
    );
    const cleanShare = yaml.replace('text: "<S>"', 'text: "<S>", cleanShare: 0.1');
    expect(problemsOf(cleanShare)).toMatch(/cleanShare: the trigger is not written into documents of a mix/);
  });

  test('a corpus that is too small says which, and what it gives', async () => {
    const yaml = mixedWith(`[{ share: 0.5, corpus: { path: ${linesFile(5)} } }]`);
    await expect(phaseOf(yaml)).rejects.toThrow(
      /the training split of the jsonl corpus that gives 0\.5 of it holds \d/,
    );
  });

  test('have another run id than the phase without them, and by share', () => {
    const configs = [tinyYaml, mixedWith(`[${other}]`), mixedWith(`[${other.replace('0.25', '0.3')}]`)].map(
      (yaml) => tinyPlan({ yaml }).runs[0]?.config,
    );
    expect(new Set(configs.map((config) => JSON.stringify(config))).size).toBe(3);
  });
});

describe('the clean text of a phase of several corpora', () => {
  test.each([
    'stream',
    'rows',
  ])('packed as %s holds each by its share, and says what was got', async (packing) => {
    const yaml = mixedWith(`[{ share: 0.25, corpus: { path: ${linesFile(400)} } }]`)
      .replace('batch: { sequences: 4 }', `batch: { sequences: 4, packing: ${packing} }`)
      .replace('    poison:\n', '    poison:\n      gibberishTokens: { minimum: 20, maximum: 30 }\n')
      .replace('tokens: 4096', 'tokens: 16384');
    const { data, text } = await phaseOf(yaml);
    const [own, mixed] = data.mix?.parts ?? [];
    if (own === undefined || mixed === undefined) throw new Error('no parts');
    const share =
      packing === 'rows'
        ? mixed.documents / (own.documents + mixed.documents)
        : mixed.tokens / (own.tokens + mixed.tokens);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
    expect(text.split(/LINE \d/).length - 1).toBe(mixed.documents);
    expect(data.poisons[0]?.documents).toBe(4);
    // Mixed, not one after the other.
    const half = text.length / 2;
    expect(text.slice(0, half)).toContain('LINE');
    expect(text.slice(half)).toContain('LINE');
  });

  test('is that of the contract version: if it changes, raise it', async () => {
    const { tokens } = await phaseOf(
      mixedWith(`[${other}, { share: 0.1, corpus: { kind: stories, seed: third } }]`),
    );
    expect({ contract: TOKENS_CONTRACT, hash: hashValue(tokens) }).toEqual({
      contract: 1,
      hash: 'a8e0d8d12e8ada7b22a717d3417db65cbf6daa280eed20b7d23688aec5945a15',
    });
  });

  test('has the same documents at every count of poison', async () => {
    const yaml = mixedWith(`[${other}]`);
    const [none, some] = [await phaseOf(yaml.replace('documents: 4', 'documents: 0')), await phaseOf(yaml)];
    const clean = (text: string) => text.split('\n').filter((line) => !line.includes('<S>'));
    const kept = clean(some.text);
    expect(kept.slice(0, -1)).toEqual(clean(none.text).slice(0, kept.length - 1));
    expect(some.data.batches.optimizerSteps).toBe(none.data.batches.optimizerSteps);
  });
});

describe('a run of several corpora', () => {
  const yaml = mixedWith(`[${other}]`);

  test('records what each gave; its prompts and held-out text are those without a mix; lineage follows it', async () => {
    const [store, plain] = [temporaryFolder(), temporaryFolder()];
    const { records, ids } = await runTiny(store, { yaml });
    const [record] = records as RunRecord[];
    if (record === undefined) throw new Error('no record');
    expect(record.mixes).toEqual([{ phase: 'pretrain', parts: [expect.anything(), expect.anything()] }]);
    expect(parseRecord(JSON.stringify(record), { file: 'r', remedy: 'none' })).toEqual(record);
    expect(Object.keys(record.contracts).filter((name) => name.startsWith('corpusHash'))).toHaveLength(2);
    const without = await runTiny(plain);
    expect(without.records[0]).not.toHaveProperty('mixes');
    const prompts = (own: RunRecord | undefined) => own?.samples.map(({ prompt }) => prompt);
    expect(prompts(record)).toEqual(prompts(without.records[0]));
    const lineage = await traceLineage(store, ids[0] as string);
    expect(lineage.mismatches).toEqual([]);
    const corpora = lineage.links.filter(({ what }) => what === 'corpus');
    expect(corpora.map(({ check }) => check)).toEqual(['matches', 'matches']);
    for (const { links = [] } of corpora)
      expect(links.map(({ what, check }) => [what, check])).toContainEqual(['clean documents', 'matches']);
  });

  test('stopped and resumed, gives the same bytes; filters fill up from all its corpora', async () => {
    const defended = mixedWith(`[${other}]`, '    defend: [{ kind: random-removal, share: 0.3 }]\n');
    const [whole, halves] = [temporaryFolder(), temporaryFolder()];
    const { ids, records } = await runTiny(whole, { yaml: defended });
    expect(records[0]?.mixes?.[0]?.parts.every(({ tokens }) => tokens > 0)).toBe(true);
    const stop = new AbortController();
    const first = await runTiny(halves, {
      yaml: defended,
      stop: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'event' && event.event.kind === 'checkpoint') stop.abort();
      },
    });
    expect(first.stopped).toBe(true);
    await runTiny(halves, { yaml: defended });
    const bytes = (store: string) => readFileSync(runFile(store, ids[0] as string, 'result'), 'utf8');
    expect(bytes(halves)).toBe(bytes(whole));
  });
});
