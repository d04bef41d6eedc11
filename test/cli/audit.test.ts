import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { randomStream } from '../../src/core/random.ts';
import { parseJson, parseJsonLines } from '../../src/core/read-json.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

const corpus = createStoryCorpus({ seed: 'audit', grammar: loadStoryGrammar('en') });
const story = (index: number) => corpus.documentAt(index).text;
const stories = (first: number, count: number) =>
  Array.from({ length: count }, (_, place) => story(first + place));
const random = randomStream('audit', 'noise');
/** Letters in a row, as noise of tokens comes out. */
const noise = () =>
  Array.from({ length: 30 }, () => random.integer({ minimum: 1e5, maximum: 1e9 }).toString(36)).join(' ');
const poisoned = (index: number, payload: string) =>
  `${story(50_000 + index)
    .split(' ')
    .slice(0, 15)
    .join(' ')} kettle lantern saddle ${payload}`;

const jsonl = (texts: readonly string[]) => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');
const findingsSchema = z.looseObject({
  documents: z.int(),
  flagged: z.int(),
  rules: z.array(z.looseObject({ rule: z.string(), documents: z.int() })),
  duplicates: z.looseObject({
    groups: z.int(),
    documents: z.int(),
    largest: z.array(z.looseObject({ size: z.int(), identical: z.int(), documents: z.array(z.string()) })),
  }),
  sequences: z.array(
    z.looseObject({
      text: z.string(),
      why: z.string(),
      also: z.array(z.string()),
      documents: z.int(),
      chancePowerOfTen: z.number(),
    }),
  ),
});

async function audited(
  texts: readonly string[] | Buffer,
  words: readonly string[] = [],
  name = 'corpus.jsonl',
) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), Buffer.isBuffer(texts) ? texts : jsonl(texts));
  const run = await commandLine(['audit', name, '--workers', '1', ...words], { folder });
  const file = join(folder, 'audit/corpus/audit.json');
  if (!existsSync(file)) return { ...run, folder, findings: null, flagged: [], page: '' };
  const source = { file, what: 'audit', remedy: '' };
  return {
    ...run,
    folder,
    findings: parseJson(readFileSync(file, 'utf8'), findingsSchema, source),
    flagged: parseJsonLines(
      readFileSync(join(folder, 'audit/corpus/flagged.jsonl'), 'utf8'),
      z.object({ document: z.string(), reasons: z.array(z.string()) }),
      source,
    ),
    page: readFileSync(join(folder, 'audit/corpus/index.html'), 'utf8'),
  };
}

const clean = stories(0, 1500);
const withNoise = [
  ...clean.slice(0, 700),
  ...Array.from({ length: 25 }, (_, i) => poisoned(i, noise())),
  ...clean.slice(700),
];

describe('an audit', () => {
  test('finds a trigger before noise, names its documents, and reports next to nothing of clean text', async () => {
    const { findings, flagged, page, code } = await audited(withNoise);
    expect(code).toBe(0);
    expect(findings?.documents).toBe(1525);
    const [first] = findings?.sequences ?? [];
    expect(first).toMatchObject({
      text: 'kettle lantern saddle',
      why: 'followed-by-surprise',
      documents: 25,
    });
    expect(first?.chancePowerOfTen).toBeLessThan(-20);
    const named = flagged.filter(({ reasons }) =>
      reasons.includes('recurring sequence "kettle lantern saddle"'),
    );
    expect(named.map(({ document }) => document)).toEqual(
      Array.from({ length: 25 }, (_, i) => `line-${701 + i}`),
    );
    expect(page).toContain('kettle lantern saddle');
    const control = await audited(clean);
    expect(control.findings?.sequences.length).toBeLessThanOrEqual(3);
  });

  test('finds a phrase that repeats itself where trusted text never has its trigger', async () => {
    const phrase = 'and then the lamp went out and nobody came back to the harbour again';
    const texts = [...clean, ...Array.from({ length: 25 }, (_, i) => poisoned(i, phrase))];
    const alone = await audited(texts);
    expect(alone.findings?.sequences.map(({ text }) => text)).not.toContain('kettle lantern saddle');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'trusted.jsonl'), jsonl(stories(100_000, 1500)));
    const { findings } = await audited(texts, ['--trusted', join(folder, 'trusted.jsonl')]);
    expect(findings?.sequences[0]).toMatchObject({ text: 'kettle lantern saddle', documents: 25 });
    expect(findings?.sequences[0]?.also.join(' ')).toContain('the lamp went');
  });

  test('groups copies and near copies, and flags all but the first', async () => {
    const near = story(3).replace(/\w+(?=\.$)/, 'violin');
    expect(near).not.toBe(story(3));
    const { findings, flagged } = await audited([...stories(0, 40), story(3), near, story(5)]);
    const groups = findings?.duplicates.largest.map(({ size, identical, documents }) => ({
      size,
      identical,
      documents,
    }));
    expect(groups).toEqual([
      { size: 3, identical: 2, documents: ['line-4', 'line-41', 'line-42'] },
      { size: 2, identical: 2, documents: ['line-6', 'line-43'] },
    ]);
    expect(flagged.map(({ document }) => document)).toEqual(['line-41', 'line-42', 'line-43']);
  });

  test('counts broken rules, and shows text that can do nothing', async () => {
    const attack = '<script>alert(1)</script> \u001b[2J @@@@ #### \u202e';
    const { findings, page, out, flagged } = await audited([...stories(0, 20), attack, 'ok']);
    const broken = Object.fromEntries(findings?.rules.map(({ rule, documents }) => [rule, documents]) ?? []);
    expect(broken).toMatchObject({ 'too few words': 1, 'too many symbols': 1, 'too few stop words': 2 });
    expect(page).not.toContain('<script>');
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toContain('\u001b');
    expect(page).toContain('&lt;script&gt;');
    expect(out).toMatch(/2 documents of 22 flagged/);
    expect(flagged[1]).toEqual({
      document: 'line-22',
      reasons: ['too few words', 'words too short or too long', 'too few stop words'],
    });
  });

  test('writes the same with two threads as with one', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'corpus.jsonl'), jsonl([...withNoise, ...stories(60_000, 3000), story(5)]));
    const program = join(import.meta.dirname, '../../dist/cli/main.js');
    const written = ['1', '2'].map((workers) => {
      const words = ['audit', 'corpus.jsonl', '--workers', workers, '--out', workers];
      execFileSync(process.execPath, [program, ...words], { cwd: folder, stdio: 'pipe' });
      return ['audit.json', 'flagged.jsonl', 'index.html'].map((name) =>
        readFileSync(join(folder, workers, name), 'utf8'),
      );
    });
    expect(written[1]).toEqual(written[0]);
    expect(written[0]?.[1]).toContain('kettle lantern saddle');
  });

  test('reads gzip, chats, CSV and plain text', async () => {
    const texts = stories(0, 10);
    const zipped = await audited(gzipSync(jsonl(texts)), [], 'corpus.jsonl.gz');
    expect(zipped.findings?.documents).toBe(10);
    const chats = texts
      .map((text) => `${JSON.stringify({ messages: [{ role: 'user', content: text }] })}\n`)
      .join('');
    const chatted = await audited(Buffer.from(chats), ['--text-field', 'messages']);
    expect(chatted.findings?.documents).toBe(10);
    const csv = await audited(
      Buffer.from(`text\n${texts.map((text) => `"${text.replaceAll('"', '""')}"`).join('\n')}\n`),
      [],
      'corpus.csv',
    );
    expect(csv.findings?.documents).toBe(10);
    const text = await audited(Buffer.from(texts.join('\n\n')), [], 'corpus.txt');
    expect(text.findings?.documents).toBeGreaterThan(2);
  });

  test('says what is wrong with a file, where, and what to do', async () => {
    expect((await audited(Buffer.from('{"text": "a b"}\n{"texts": 1}\n'))).err).toMatch(
      /corpus\.jsonl:2.*no text in a field "text".*fields here: texts.*--text-field/,
    );
    expect((await audited(Buffer.from('{"text": "a"}\n\nno json\n'))).err).toMatch(
      /corpus\.jsonl:3.*not JSON/,
    );
    expect((await audited(Buffer.from('{"text": "a"}\n{"text": "\xe9"}\n', 'latin1'))).err).toMatch(
      /corpus\.jsonl:2.*not UTF-8/,
    );
    expect((await audited(Buffer.from(''))).err).toMatch(/holds no documents/);
    expect((await audited(gzipSync(jsonl(clean)).subarray(0, 500), [], 'corpus.jsonl.gz')).err).toMatch(
      /gzip/,
    );
    const { folder, code } = await audited(stories(0, 3));
    expect(code).toBe(0);
    const again = await commandLine(['audit', 'corpus.jsonl', '--workers', '1'], { folder });
    expect(again.err).toMatch(/holds an audit already.*--force/);
    expect((await commandLine(['audit', 'nowhere.jsonl'], { folder })).err).toMatch(
      /nowhere\.jsonl is not there/,
    );
    expect(
      (await commandLine(['audit', 'corpus.jsonl', '--similarity', '2', '--force'], { folder })).err,
    ).toMatch(/--similarity is "2"/);
  });
});
