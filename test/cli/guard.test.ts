import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../../src/core/read-json.ts';
import { runFile, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const use = z.looseObject({
  defence: z.string(),
  success: z.number().nullable(),
  withoutTrigger: z.number(),
  cleanLossNats: z.number(),
  changedClean: z.number(),
  changedTriggered: z.number().nullable(),
  detection: z
    .looseObject({
      auroc: z.number(),
      threshold: z.number().nullable(),
      caught: z.number(),
      falseAlarms: z.number(),
    })
    .nullable(),
});
const resultSchema = z.looseObject({
  runs: z.array(
    z.looseObject({
      run: z.string(),
      seed: z.int(),
      documents: z.int(),
      reference: z.looseObject({ of: z.string(), tokens: z.int().nullable(), passes: z.int().nullable() }),
      uses: z.array(use),
    }),
  ),
  summaries: z.array(z.looseObject({ defence: z.string(), documents: z.int() })),
  halfSuccess: z.array(z.looseObject({ defence: z.string() })),
});
const parse = (text: string) => parseJson(text, resultSchema, { file: 'out', what: 'guard', remedy: '' });

const yaml = `${tinyYaml.replace('corpus: { kind: stories }', 'corpus: { kind: stories, splits: { trusted: 0.2 } }')}sweep: { grid: { phases.pretrain.poison.documents: [0, 2, 4] }, seeds: [1] }\n`;
const DEFENCES = ['none', 'reference alone', 'prompt-perplexity', 'strip', 'clean-gen'];

describe('tinypoison guard', () => {
  /** A store with the runs of an experiment, and the command. */
  async function ready(text = yaml) {
    const store = temporaryFolder();
    await runTiny(store, { yaml: text });
    writeFileSync(join(store, 'tiny.yaml'), text);
    const guard = (...words: readonly string[]) =>
      commandLine(['guard', ...words, '--store', store, '--engine', 'wasm'], { folder: store });
    return { store, guard };
  }
  const few = ['--trusted-documents', '160', '--false-positives', '0.1'];

  test('measures the runs of an experiment behind each defence; switched off they give the bits of the run', async () => {
    const { store, guard } = await ready();
    const { code, out, err } = await guard('tiny.yaml', ...few, '--json');
    expect(err).toMatch(/training a reference on 120 trusted documents/);
    expect(code).toBe(0);
    const { runs, summaries, halfSuccess } = parse(out);
    expect(runs.map(({ run }) => run).sort()).toEqual([...storedRunIds(store)].sort());
    expect(runs.map(({ seed, documents }) => [seed, documents])).toEqual([
      [1, 0],
      [1, 2],
      [1, 4],
    ]);
    expect(summaries.map(({ defence }) => defence)).toEqual([...DEFENCES, ...DEFENCES, ...DEFENCES]);
    expect(halfSuccess.map(({ defence }) => defence)).toEqual(DEFENCES);
    // One reference serves all counts of a seed.
    expect(err.match(/training a reference/g)).toHaveLength(1);
    for (const { uses, reference } of runs) {
      expect(reference).toMatchObject({ tokens: 4096, passes: 1 });
      expect(uses.map(({ defence }) => defence)).toEqual(DEFENCES);
      const [none, alone, perplexity, strip, cleanGen] = uses;
      expect([none?.changedClean, none?.detection, alone?.changedClean]).toEqual([0, null, 1]);
      for (const own of [perplexity, strip]) {
        expect(own?.changedClean).toBe(own?.detection?.falseAlarms);
        expect(own?.changedTriggered).toBe(own?.detection?.caught);
        expect(own?.cleanLossNats).toBe(none?.cleanLossNats);
      }
      expect(cleanGen?.cleanLossNats).toBeCloseTo(none?.cleanLossNats ?? 0, 2);
    }
    expect(runs.some(({ uses }) => (uses.at(-1)?.changedTriggered ?? 0) > 0)).toBe(true);

    const off = parse(
      (await guard('tiny.yaml', ...few, '--false-positives', 'off', '--suspicion', 'off', '--json')).out,
    );
    for (const [place, { uses }] of off.runs.entries()) {
      const none = runs[place]?.uses[0];
      for (const own of uses.filter(({ defence }) => defence !== 'reference alone'))
        expect(own).toMatchObject({
          ...{ success: none?.success, withoutTrigger: none?.withoutTrigger },
          ...{ cleanLossNats: none?.cleanLossNats, changedClean: 0, changedTriggered: 0 },
        });
    }

    // A run as its own reference finds nothing suspicious.
    const [first] = runs;
    const same = parse(
      (await guard(first?.run ?? '', ...few, '--reference', first?.run ?? '', '--json')).out,
    );
    expect(same.runs[0]?.reference).toEqual({
      ...{ of: `run ${first?.run.slice(0, 12)}`, tokens: null, passes: null },
    });
    expect(same.runs[0]?.uses.at(-1)).toMatchObject({
      ...{ success: first?.uses[0]?.success, changedClean: 0, changedTriggered: 0 },
    });
    const { out: told } = await guard('tiny.yaml', ...few);
    expect(told).toMatch(/prompt-perplexity/);
    expect(told).toMatch(
      /Reference: a model of the same shape, trained on 120 trusted documents, 4096 tokens in 1 pass/,
    );
  }, 60_000);

  test('says what is wrong with runs, references and strengths', async () => {
    const { store, guard } = await ready(tinyYaml);
    const [id = ''] = storedRunIds(store);
    expect((await guard(id)).err).toMatch(/holds back no trusted text.*set corpus\.splits\.trusted/);
    expect((await guard(id, '--false-positives', '0.7')).err).toMatch(
      /--false-positives is "0.7": give the share/,
    );
    expect((await guard(id, '--suspicion', '1')).err).toMatch(/--suspicion is "1": give how many times/);
    expect((await guard(id, '--trusted-documents', '300')).err).toMatch(
      /--trusted-documents is 300: a threshold that costs 0.01 .* needs 792 documents/,
    );
    expect((await guard('tiny.yaml', id)).err).toMatch(/name one experiment, or runs by their ids/);
    expect((await guard('nothing.yaml')).code).toBe(2);
    expect(runFile(store, id, 'result')).toContain(id);
  });
});
