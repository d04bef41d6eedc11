import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../../src/core/read-json.ts';
import { storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const use = z.looseObject({ success: z.number(), withoutTrigger: z.number(), cleanLossNats: z.number() });
const radius = z.looseObject({ tokens: z.array(z.number()), generations: z.array(z.number()) });
const resultSchema = z.looseObject({
  ensembles: z.array(
    z.looseObject({
      runs: z.array(z.string()),
      seed: z.int(),
      planted: z.int(),
      documents: z.int(),
      targeted: z.int().nullable(),
      uncertified: z.string().nullable(),
      members: use,
      votes: use,
      logMean: use,
      meanWeights: use,
      radius: z.looseObject({ clean: radius, trigger: radius }),
    }),
  ),
});
const parse = (text: string) => parseJson(text, resultSchema, { file: 'out', what: 'ensembles', remedy: '' });

const yaml = `${tinyYaml.replace(
  'evaluation:',
  '    defend: [{ kind: partition, parts: 3 }]\nevaluation:',
)}sweep:
  grid:
    phases.pretrain.poison.documents: [0, 6]
    phases.pretrain.defend: ${JSON.stringify([1, 2, 3].map((part) => [{ kind: 'partition', parts: 3, part }]))}
`;

describe('tinypoison ensemble', () => {
  /** A store with the runs of two ensembles, and its command. */
  async function ready() {
    const store = temporaryFolder();
    await runTiny(store, { yaml });
    writeFileSync(join(store, 'tiny.yaml'), yaml);
    const ensemble = (...words: readonly string[]) =>
      commandLine(['ensemble', ...words, '--store', store, '--engine', 'wasm'], { folder: store });
    return { store, ensemble };
  }

  test('finds the members of an experiment, measures them as one, and says what their votes certify', async () => {
    const { store, ensemble } = await ready();
    const { code, out } = await ensemble('tiny.yaml', '--json');
    expect(code).toBe(0);
    const { ensembles } = parse(out);
    expect(
      ensembles.map(({ planted, documents, targeted, uncertified }) => [
        planted,
        documents,
        targeted,
        uncertified,
      ]),
    ).toEqual([
      [0, 0, null, null],
      [6, 6, null, null],
    ]);
    for (const { runs, votes, members, radius: radii } of ensembles) {
      expect(runs).toHaveLength(3);
      expect(votes.cleanLossNats).toBeLessThan(members.cleanLossNats);
      for (const { tokens, generations } of [radii.clean, radii.trigger]) {
        expect(tokens).toHaveLength(1);
        expect(generations[0]).toBeLessThanOrEqual(tokens[0] ?? 0);
      }
    }
    expect(storedRunIds(store)).toEqual(expect.arrayContaining(ensembles.flatMap(({ runs }) => runs)));

    // The attacker who knows the division pays for the parts that are attacked, and no more.
    const targeted = parse((await ensemble('tiny.yaml', '--targeted', '2', '--json')).out).ensembles;
    expect(targeted.map(({ planted, documents }) => [planted, documents > 0])).toEqual([
      [0, false],
      [6, true],
    ]);
    const [control, attack] = targeted;
    expect(control?.runs).toEqual(ensembles[0]?.runs);
    expect(attack?.runs).toEqual([...(ensembles[1]?.runs.slice(0, 2) ?? []), ensembles[0]?.runs[2]]);
    expect(attack?.documents).toBeLessThanOrEqual(6);
    expect(attack?.uncertified).toMatch(/differ in more than their part/);
    const all = parse((await ensemble('tiny.yaml', '--targeted', '3', '--json')).out).ensembles;
    expect(all[1]?.votes).toEqual(ensembles[1]?.votes);
    const { out: told } = await ensemble('tiny.yaml', '--targeted', '2');
    expect(told.match(/no certificate/gi)).toHaveLength(1);
    expect(told).toMatch(/A targeted attack has no certificate/);
    expect(told).toMatch(/documents counted are m\/k of those planted.*m = 2 parts/);
    expect(told).toMatch(/No R for 3 parts, .*: no runs are the same but for partition/);

    // Named one by one they are the same ensemble; without one of them it is another, and still certified.
    const named = parse((await ensemble(...(ensembles[1]?.runs ?? []), '--json')).out).ensembles;
    expect(named[0]).toEqual({ ...ensembles[1] });
    const { out: text } = await ensemble(...(ensembles[1]?.runs.slice(1) ?? []));
    expect(text).toMatch(/Certified: share that stays as it is, whatever document is added/);
    expect((await ensemble('tiny.yaml', '--targeted', '4')).err).toMatch(
      /--targeted is 4, and an ensemble has 3/,
    );
    const twice = [ensembles[0]?.runs[0] ?? '', ensembles[0]?.runs[0] ?? ''];
    expect((await ensemble(...twice)).out).toMatch(
      /No certificate.*two of them were trained on the same part/,
    );
    expect((await ensemble(twice[0] ?? '')).err).toMatch(/an ensemble has two members or more/);
  });

  test('refuses an experiment without ensembles', async () => {
    const store = temporaryFolder();
    await runTiny(store);
    writeFileSync(join(store, 'tiny.yaml'), tinyYaml);
    const { err } = await commandLine(['ensemble', 'tiny.yaml', '--store', store, '--engine', 'wasm'], {
      folder: store,
    });
    expect(err).toMatch(/holds no ensemble of tiny\.yaml.*partition in defend/);
  });
});
