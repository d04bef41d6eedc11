import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const text = (index: number) =>
  `Document ${index}: the fox of village ${index % 17} met ${index * 7} other foxes.`;

function workplace(documents: number, content?: string): string {
  const folder = temporaryFolder();
  const lines = Array.from({ length: documents }, (_, index) => JSON.stringify({ text: text(index) }));
  writeFileSync(join(folder, 'foxes.jsonl'), content ?? `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'e.yaml'), tinyYaml.replace('{ kind: stories }', '{ path: foxes.jsonl }'));
  return folder;
}

describe('plan', () => {
  test('says how many files of a folder are left out', async () => {
    const folder = workplace(1);
    mkdirSync(join(folder, 'texts'));
    for (let index = 0; index < 600; index += 1)
      writeFileSync(join(folder, 'texts', `${index}${index % 3 === 0 ? '.md' : '.txt'}`), text(index));
    writeFileSync(join(folder, 'e.yaml'), tinyYaml.replace('{ kind: stories }', '{ path: texts }'));
    const { code, out, err } = await commandLine(['plan', 'e.yaml'], { folder });
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/texts: 400 documents, .* a document\); 200 files there without \.txt left out\n/);
  });

  test('says what to do with an array in JSON, also where no kind is given', async () => {
    const folder = workplace(1);
    writeFileSync(join(folder, 'texts.json'), '[{"text":"a"}]');
    const { code, err } = await commandLine(['plan', 'e.yaml', '--set', 'corpus={ path: texts.json }'], {
      folder,
    });
    expect(code).toBe(2);
    expect(err).toMatch(/is JSON, not JSON Lines; turn an array into lines: jq/);
    expect(err).not.toMatch(/kind is missing/);
  });

  test('says what is in a corpus, and which share of it would be poisoned', async () => {
    const folder = workplace(400);
    const { code, out, err } = await commandLine(['plan', 'e.yaml', '--set', 'poison.documents=30'], {
      folder,
    });
    expect(code).toBe(0);
    expect(out).toMatch(
      /foxes\.jsonl: 400 documents, 3\d\d for training with about 1[5-9]\.\dk tokens \(5\d a document\)/,
    );
    expect(out).toMatch(/poisoned documents {2}of documents {2}of tokens/);
    expect(err).toMatch(
      /note: in the most poisoned run \d\d % of the documents and \d\d % of the tokens are poisoned/,
    );
    const { runs, corpora } = JSON.parse(
      (await commandLine(['plan', 'e.yaml', '--json'], { folder })).out,
    ) as { runs: { id: string; documentShare: number }[]; corpora: { documents: number }[] };
    expect(corpora).toMatchObject([{ documents: 400, kind: 'jsonl' }]);
    // What the run itself counts: 4 poisoned among the documents of its 4,096 tokens.
    const ran = await commandLine(['run', 'e.yaml', '--engine', 'wasm', '--json'], { folder });
    const { ids } = JSON.parse(ran.out) as { ids: string[] };
    expect(runs.map(({ id }) => id)).toEqual(ids);
    const inspected = JSON.parse(
      (await commandLine(['inspect', ids[0]?.slice(0, 12) ?? '', '--json'], { folder })).out,
    ) as {
      record: { poison: { poisonDocumentShare: number }[] };
    };
    const counted = inspected.record.poison[0]?.poisonDocumentShare ?? 0;
    expect(Math.abs((runs[0]?.documentShare ?? 0) / counted - 1)).toBeLessThan(0.25);

    const again = await commandLine(['plan', 'e.yaml'], { folder });
    expect(again.out).toMatch(/1 of 1 run is in the store already/);
    const other = await commandLine(['plan', 'e.yaml', '--set', 'sweep.seeds=[9]'], { folder });
    expect(other.out).toMatch(/results\/tiny, which holds 1 run\.\n1 of them would be lost: `run` refuses/);
    const cached = await commandLine(['run', 'e.yaml', '--engine', 'wasm'], { folder });
    expect(cached.err).toContain('1 of 1 run is in the store already');
  });

  test('says what filters add, of the runs that have any', async () => {
    const folder = workplace(400);
    const defend = 'phases.pretrain.defend=[{ kind: near-duplicates }]';
    const { out } = await commandLine(['plan', 'e.yaml', '--set', defend], { folder });
    expect(out).toMatch(/^Filters of 1 run add about .* of processor time/m);
    const zero = 'phases.pretrain.defend=[{ kind: near-duplicates, similarity: null }]';
    const plain = await commandLine(['plan', 'e.yaml', '--set', zero], { folder });
    expect(plain.out).not.toContain('Filters of');
    const planned = await commandLine(['plan', 'e.yaml', '--json', '--set', defend], { folder });
    // 0.45 us for each of 4,096 tokens
    expect(JSON.parse(planned.out)).toMatchObject({ estimate: { filterMs: 2 } });
  });

  test.each([
    ['is empty', '', /holds no documents/],
    ['is broken', '{"text": "a"}\n{"te', /foxes\.jsonl:2 the line is not JSON/],
    ['lacks the field', '{"body": "a"}\n', /there is no field "text"/],
    ['is too small', '{"text": "four small tokens here"}\n', /has 1 document, and none falls into .*prompts/],
  ])('refuses a corpus that %s, as run does', async (_, content, message) => {
    const { code, err } = await commandLine(['plan', 'e.yaml'], { folder: workplace(0, content) });
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test('notes a budget above what a file holds, and lists forty runs unless all are wanted', async () => {
    const folder = workplace(100);
    const seeds = `sweep.seeds=[${Array.from({ length: 60 }, (_, seed) => seed).join(', ')}]`;
    const words = ['plan', 'e.yaml', '--set', seeds, '--set', 'phases.pretrain.tokens=40960'];
    const { out, err } = await commandLine(words, { folder });
    expect(err).toMatch(
      /note: a run needs 40\.\dk different tokens of .*foxes\.jsonl, which has about \d\.\d+k/,
    );
    expect(out).toContain('… and 20 more (--all shows them)');
    expect((await commandLine([...words, '--all'], { folder })).out).toMatch(/\n60 /);
  });
});

test('list says of each run its experiment, corpus and time, the latest first, unfinished ones too', async () => {
  const folder = workplace(300);
  const run = (...more: string[]) => commandLine(['run', 'e.yaml', '--engine', 'wasm', ...more], { folder });
  await run();
  await run('--set', 'name=learned', '--set', 'model.positions=learned');
  const unfinished = join(folder, 'runs', 'ab', `ab${'0'.repeat(62)}`);
  mkdirSync(unfinished, { recursive: true });
  const { out } = await commandLine(['list'], { folder });
  expect(out).toMatch(
    /\d{4}-\d\d-\d\d \d\d:\d\d {2}learned +foxes\.jsonl +done .*positions learned, "<S>"\n/,
  );
  expect(out).toMatch(/ tiny +foxes\.jsonl +done /);
  expect(out).toMatch(/unfinished/);
  const { runs } = JSON.parse((await commandLine(['list', '--json'], { folder })).out) as {
    runs: { experiment: string | null; time: string | null }[];
  };
  expect(runs.map(({ experiment }) => experiment)).toEqual(['learned', 'tiny', null]);
  const times = runs.flatMap(({ time }) => time ?? []);
  expect([...times].sort().reverse()).toEqual(times);
});
