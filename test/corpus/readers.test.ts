// Readers of clean text, format by format. Over 300 lines: each format has the same list of faults.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Document } from '../../src/corpus/document.ts';
import { openCorpus } from '../../src/corpus/node/open-corpus.ts';

const baseFolder = mkdtempSync(join(tmpdir(), 'corpus-'));
afterAll(() => rmSync(baseFolder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(baseFolder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return name;
}

function open(fields: {
  kind: 'text' | 'jsonl' | 'parquet' | 'csv';
  path: string;
  textField?: string;
  skipEmpty?: boolean;
  promptField?: string;
}) {
  return openCorpus(corpusSchema.parse(fields), { baseFolder });
}

async function read(fields: Parameters<typeof open>[0]): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of (await open(fields)).documents()) documents.push(document);
  return documents;
}

const textsOf = (documents: readonly Document[]) => documents.map(({ text }) => text);

async function refusal(fields: Parameters<typeof open>[0]): Promise<string> {
  const error = await open(fields).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
}

describe('prompts of JSON Lines', () => {
  const path = write(
    'prompts.jsonl',
    [
      { question: 'What is it?', text: 'A lamp.' },
      { question: 'Say: ', text: 'yes' },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  );

  it('stand before the text, with one space between', async () => {
    const documents = await read({ kind: 'jsonl', path, promptField: 'question' });
    expect(documents.map(({ text, promptCharacters }) => [text, promptCharacters])).toEqual([
      ['What is it? A lamp.', 11],
      ['Say: yes', 5],
    ]);
    const hash = async (promptField?: string) =>
      (await open({ kind: 'jsonl', path, ...(promptField === undefined ? {} : { promptField }) }))
        .contentHash;
    expect(await hash('question')).not.toBe(await hash());
  });

  it('are refused with the line where there is none', async () => {
    const found = await refusal({ kind: 'jsonl', path, promptField: 'prompt' });
    expect(found).toMatch(/prompts\.jsonl:1 there is no prompt in a field "prompt" .*question, text/);
  });
});

describe('a pipe', () => {
  it.runIf(process.platform !== 'win32')(
    'is refused: opening it would wait for a writer',
    async ({ skip }) => {
      const made = spawnSync('mkfifo', [join(baseFolder, 'pipe.jsonl')]);
      if (made.error !== undefined) skip('mkfifo is not there');
      expect(made.status).toBe(0);
      for (const kind of ['text', 'jsonl'] as const)
        await expect(open({ kind, path: 'pipe.jsonl' })).rejects.toThrow(
          /is a pipe or a device: name a file/,
        );
    },
  );
});

describe('text files', () => {
  it('reads a folder recursively in code-unit order of the relative paths', async () => {
    for (const name of ['b.txt', 'B.txt', 'a/z.txt', 'a.txt', 'ä.txt', 'a/note.md'])
      write(`folder/${name}`, name);
    const documents = await read({ kind: 'text', path: 'folder' });
    expect(documents.map(({ id }) => id)).toEqual(['B.txt', 'a.txt', 'a/z.txt', 'b.txt', 'ä.txt']);
    expect(textsOf(documents)).toEqual(documents.map(({ id }) => id));
  });

  it('reads one file, by absolute path too, and drops its byte order mark only', async () => {
    const path = write('bom.txt', '\uFEFFone\r\ntwo\uFEFF\n');
    expect(textsOf(await read({ kind: 'text', path }))).toEqual(['one\r\ntwo\uFEFF\n']);
    expect(textsOf(await read({ kind: 'text', path: join(baseFolder, path) }))).toHaveLength(1);
  });

  it('cuts a single file between lines, at blank ones where it can, and loses nothing', async () => {
    const paragraph = (words: number) => `${'word '.repeat(words)}\n\n`;
    const text = `${paragraph(150)}${paragraph(150)}${paragraph(300)}${'line of verse\n'.repeat(200)}end`;
    const documents = await read({ kind: 'text', path: write('book.txt', text) });
    expect(textsOf(documents).join('')).toBe(text);
    expect(documents.map((document) => [document.id, document.text.length])).toEqual([
      ['line-1', 1504],
      ['line-5', 1502],
      ['line-7', 2002],
      ['line-150', 801],
    ]);
    const once = await read({ kind: 'text', path: write('short.txt', 'a\n\nb') });
    expect(once).toEqual([{ id: 'line-1', text: 'a\n\nb', origin: 'short.txt:1' }]);
  });

  it('keeps every document with something to see in it, whatever the lines', async () => {
    const lines = fc.array(fc.constantFrom('\n', '\r\n', ' \n', 'word ', 'x'.repeat(700), 'ü'.repeat(1200)));
    await fc.assert(
      fc.asyncProperty(lines, async (parts) => {
        const text = `a${parts.join('')}`;
        const texts = textsOf(await read({ kind: 'text', path: write('any.txt', text) }));
        expect(texts.every((piece) => piece.trim() !== '')).toBe(true);
        expect(texts.join('').replace(/\s+/g, ' ').trim()).toBe(text.replace(/\s+/g, ' ').trim());
      }),
      { numRuns: 50 },
    );
  });

  it('leaves hidden files and folders out, and counts the other files that it leaves out', async () => {
    for (const name of ['a.txt', 'b.TXT', '.c.txt', '.git/d.txt', 'e/.f/g.txt', 'e/h.txt', 'i', 'e/j.md'])
      write(`mixed/${name}`, name);
    const corpus = await open({ kind: 'text', path: 'mixed' });
    expect(textsOf(await read({ kind: 'text', path: 'mixed' }))).toEqual(['a.txt', 'b.TXT', 'e/h.txt']);
    expect(corpus.leftOutFiles).toBe(2);
    expect((await open({ kind: 'text', path: 'mixed/a.txt' })).leftOutFiles).toBeUndefined();
  });

  it('refuses a link to nothing, naming it', async () => {
    write('links/a.txt', 'text');
    symlinkSync(join(baseFolder, 'nowhere'), join(baseFolder, 'links/b.txt'));
    expect(await refusal({ kind: 'text', path: 'links' })).toMatch(/b\.txt is a link to nothing/);
  });

  it('refuses what is no text, naming the file', async () => {
    write('latin1.txt', Buffer.from('caf\xe9', 'latin1'));
    write('utf16.txt', Buffer.from('\uFEFFtext', 'utf16le'));
    write('nul.txt', 'a\0b');
    write('white.txt', ' \n');
    expect(await refusal({ kind: 'text', path: 'latin1.txt' })).toMatch(
      /latin1\.txt these bytes are not UTF-8/,
    );
    expect(await refusal({ kind: 'text', path: 'utf16.txt' })).toMatch(
      /UTF-16: convert .*iconv -f utf-16 -t/,
    );
    expect(await refusal({ kind: 'text', path: 'nul.txt' })).toMatch(/NUL at character 1/);
    expect(await refusal({ kind: 'text', path: 'white.txt' })).toMatch(/empty/);
    mkdirSync(join(baseFolder, 'nothing'));
    expect(await refusal({ kind: 'text', path: 'nothing' })).toMatch(/no \.txt file/);
    expect(await refusal({ kind: 'text', path: 'missing.txt' })).toMatch(/is not there/);
  });
});

describe('JSON Lines', () => {
  const lines = ['{"text":"one"}', '', '{"text":"<|endoftext|> 🦊\\u00e9","n":1}', '{"text":"three"}'];
  const expected = ['one', '<|endoftext|> 🦊é', 'three'];

  it('reads plain and gzipped files alike, with or without a last line feed, and numbers the lines', async () => {
    write('plain.jsonl', `\uFEFF${lines.join('\r\n')}`);
    write('zipped.jsonl.gz', gzipSync(`${lines.join('\n')}\n`));
    const plain = await open({ kind: 'jsonl', path: 'plain.jsonl' });
    const zipped = await open({ kind: 'jsonl', path: 'zipped.jsonl.gz' });
    expect(plain.contentHash).toBe(zipped.contentHash);
    const documents = await read({ kind: 'jsonl', path: 'plain.jsonl' });
    expect(textsOf(documents)).toEqual(expected);
    expect(documents.map(({ id }) => id)).toEqual(['line-1', 'line-3', 'line-4']);
    expect(documents[1]?.origin).toBe('plain.jsonl:3');
  });

  it('reads lines that are longer than a chunk of the file', async () => {
    const long = '漢字🦊 '.repeat(200_000);
    write('long.jsonl', `{"text":"a"}\n${JSON.stringify({ text: long })}\n{"text":"b"}\n`);
    expect(textsOf(await read({ kind: 'jsonl', path: 'long.jsonl' }))).toEqual(['a', long, 'b']);
  });

  it('can be left before the end', async () => {
    write('many.jsonl.gz', gzipSync('{"text":"a"}\n'.repeat(30_000)));
    for await (const { text } of (await open({ kind: 'jsonl', path: 'many.jsonl.gz' })).documents()) {
      expect(text).toBe('a');
      break;
    }
  });

  it.each([
    ['{"text":"ok"}\n{"text":', /:2 the line is not JSON/],
    ['[1]', /:1 the line is not a JSON object/],
    ['{"body":"x"}', /no field "text" \(fields here: body\)/],
    ['{"text":7}', /the field "text" is a number/],
    ['{"text":null}', /the field "text" is null/],
    ['{"text":"a"}\n\n{"text":" "}', /:3 the document is empty/],
    ['{"text":"a\\u0000"}', /NUL at character 1/],
    ['{"text":"ab\\ud83e"}', /lone surrogate U\+D83E at character 2/],
    ['\n\n', /holds no documents/],
  ])('refuses %j with the line', async (content, message) => {
    write('bad.jsonl', content);
    expect(await refusal({ kind: 'jsonl', path: 'bad.jsonl' })).toMatch(message);
  });

  it('refuses bytes that are no UTF-8, damaged gzip data, and a folder', async () => {
    write('bytes.jsonl', Buffer.from('{"text":"a"}\n{"text":"\xff"}\n', 'latin1'));
    write('cut.jsonl.gz', gzipSync('{"text":"a"}\n'.repeat(1000)).subarray(0, 40));
    expect(await refusal({ kind: 'jsonl', path: 'bytes.jsonl' })).toMatch(
      /bytes\.jsonl:2 these bytes are not UTF-8/,
    );
    expect(await refusal({ kind: 'jsonl', path: 'cut.jsonl.gz' })).toMatch(
      /gzip data is damaged or cut short/,
    );
    expect(await refusal({ kind: 'jsonl', path: '.' })).toMatch(/is a folder/);
  });

  it('has a content hash that any change of a text changes', async () => {
    write('x.jsonl', '{"text":"one"}\n{"text":"two"}\n');
    const first = (await open({ kind: 'jsonl', path: 'x.jsonl' })).contentHash;
    write('x.jsonl', '{"text":"onet"}\n{"text":"wo"}\n');
    expect((await open({ kind: 'jsonl', path: 'x.jsonl' })).contentHash).not.toBe(first);
  });
});

describe('Parquet', () => {
  const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.parquet`, import.meta.url));
  const texts = ['The first text.', 'Zweiter Text: größer 🦊', '<|endoftext|> is text', 'the last'];

  it.each([
    'none',
    'snappy',
    'gzip',
    'brotli',
    'zstd',
    'lz4',
  ])('reads all row groups with compression %s', async (name) => {
    const documents = await read({ kind: 'parquet', path: fixture(name) });
    expect(textsOf(documents)).toEqual(texts);
    expect(documents[3]).toMatchObject({ id: 'row-4', origin: `${name}.parquet:4` });
  });

  it('lists the columns when the requested one is not there, and refuses one without text', async () => {
    const path = fixture('snappy');
    expect(await refusal({ kind: 'parquet', path, textField: 'body' })).toMatch(
      /no column "body" \(columns: title, text, score\)/,
    );
    expect(await refusal({ kind: 'parquet', path, textField: 'score' })).toMatch(/holds INT64, not text/);
  });

  it('refuses nulls, bytes that are no UTF-8, and files that are no Parquet', async () => {
    expect(await refusal({ kind: 'parquet', path: fixture('null') })).toMatch(/row 2 has no text/);
    expect(await refusal({ kind: 'parquet', path: fixture('binary') })).toMatch(/not UTF-8/);
    const path = write('no.parquet', 'this is no parquet file at all');
    expect(await refusal({ kind: 'parquet', path })).toMatch(/Parquet file cannot be read/);
  });
});

describe('CSV', () => {
  const csv = { kind: 'csv', path: 'a.csv' } as const;

  it('gives the text of each row, quotes, commas and line feeds in it included', async () => {
    write('a.csv', '\ufefflabel,text\r\n1,"one, ""two""\nthree"\r\n2,four\r\n\r\n');
    expect(await read(csv)).toEqual([
      { id: 'row-1', text: 'one, "two"\nthree', origin: 'a.csv:1' },
      { id: 'row-2', text: 'four', origin: 'a.csv:2' },
    ]);
    write('b.TSV', 'review\tstars\ngood, really\t5\n');
    expect((await read({ kind: 'csv', path: 'b.TSV', textField: 'review' })).map(({ text }) => text)).toEqual(
      ['good, really'],
    );
  });

  it.each([
    ['label,body\n1,x\n', /a\.csv:1 there is no column "text" \(columns: label, body\): set textField/],
    ['label,text\n1,x\n2,y,z\n', /the CSV cannot be read: .*line 3/],
    ['text\n"open\n', /the CSV cannot be read: .*[Qq]uote/],
    ['label,text\n1,x\n2," "\n', /a\.csv:3 the document is empty: .*skipEmpty: true/],
    [Buffer.from('text\nna\xefve\n', 'latin1'), /not UTF-8.*latin1/],
    ['label,text\n', /holds no documents/],
  ])('refuses %j', async (content, message) => {
    write('a.csv', content);
    expect(await refusal(csv)).toMatch(message);
  });

  it.each([
    ['csv', 'e.csv', 'text,n\n,1\nfull,2\n" ",3\n'],
    ['jsonl', 'e.jsonl', '{"text":null}\n{"text":"full"}\n{"text":" "}\n'],
  ] as const)('and other rows without text are left out only where that is said: %s', async (kind, path, content) => {
    write(path, content);
    expect(await refusal({ kind, path })).toMatch(/skipEmpty: true/);
    expect((await read({ kind, path, skipEmpty: true })).map(({ text }) => text)).toEqual(['full']);
  });
});

describe('a folder of texts', () => {
  it('takes endings in capitals, and no hidden files', async () => {
    for (const name of ['b.TXT', 'a.txt', '._a.txt', 'c.md']) write(`odd/${name}`, `text of ${name}`);
    expect((await read({ kind: 'text', path: 'odd' })).map(({ id }) => id)).toEqual(['a.txt', 'b.TXT']);
  });
});
