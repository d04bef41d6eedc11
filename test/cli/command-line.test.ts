// The program as a user calls it. Over 300 lines: one stored run serves most of its commands.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { identifyLanguage } from '../../src/corpus/languages/identify-language.ts';
import {
  findPayload,
  findTriggerFamily,
  listPayloads,
  listTriggerFamilies,
} from '../../src/poison/registry.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const engine = ['--engine', 'wasm'];

/** A folder with the tiny experiment in it. */
function workplace(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'experiments', 'tiny'), { recursive: true });
  writeFileSync(join(folder, 'experiments', 'tiny', 'experiment.yaml'), tinyYaml);
  return folder;
}

describe('the command line', () => {
  test.each([
    [[]],
    [['--help']],
    ...[
      'run',
      'plan',
      'status',
      'report',
      'evaluate',
      'poison',
      'inspect',
      'prompt',
      'list',
      'doctor',
      'init',
    ].map((name) => [[name, '--help']]),
  ])('explains itself: %j', async (words) => {
    const { code, out, err } = await commandLine(words);
    expect(code).toBe(words.length === 0 ? 2 : 0);
    expect(out + err).toMatch(/Usage: tinypoison/);
    if (words.length === 2) expect(out).toContain('Examples:');
  });

  test('knows its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await commandLine(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test.each([
    [['rnu'], /unknown command 'rnu'.*run/s],
    [['plan'], /missing required argument/],
    [['plan', 'a.yaml', '--bogus'], /unknown option '--bogus'/],
    [['plan', 'nowhere.yaml'], /nowhere\.yaml/],
    [['run', 'nowhere.yaml', '--engine', 'gpu'], /Allowed choices are auto, native/],
    [['inspect', 'abcdef'], /no run in the store/],
    [['inspect', 'xyz'], /not a run id/],
    [['evaluate', 'abcdef12'], /no run in the store/],
    [['prompt', 'abcdef', 'text'], /no run in the store/],
    [['poison', 'nowhere.jsonl', '--documents', '3', '--out', 'o.jsonl'], /nowhere\.jsonl is not there/],
  ])('%j is bad input, said without a trace', async (words, message) => {
    const { code, out, err } = await commandLine(words);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toBe('');
  });

  test('shows all problems of a config at once, with their lines, and a trace only with --verbose', async () => {
    const folder = workplace();
    const path = join(folder, 'bad.yaml');
    writeFileSync(path, tinyYaml.replace('heads: 1', 'haeds: 1').replace('prompts: 10', 'prompts: many'));
    const quiet = await commandLine(['run', 'bad.yaml'], { folder });
    expect(quiet.code).toBe(2);
    expect(quiet.err).toMatch(/bad\.yaml:5:\d+ .*haeds/);
    expect(quiet.err).toMatch(/bad\.yaml:17:\d+ .*prompts/);
    expect(quiet.err).not.toMatch(/^\s+at /m);
    expect((await commandLine(['--verbose', 'run', 'bad.yaml'], { folder })).err).toMatch(/^\s+at /m);
  });

  test.each([
    [['plan', 'bad.yaml', '--json'], 2],
    [['plan', 'bad.yaml', '--json', '--bogus'], 1],
    [['inspect', 'abcdef', '--json'], 1],
  ])('says an error as JSON, too, where JSON is requested: %j', async (words, count) => {
    const folder = workplace();
    writeFileSync(
      join(folder, 'bad.yaml'),
      tinyYaml.replace('heads: 1', 'haeds: 1').replace('prompts: 10', 'prompts: many'),
    );
    const { code, out, err } = await commandLine(words, { folder });
    const { exitCode, error } = JSON.parse(out) as {
      exitCode: number;
      error: { message: string; problems: { message: string; line?: number }[] };
    };
    expect([code, exitCode]).toEqual([2, 2]);
    expect(error.problems.length).toBeGreaterThanOrEqual(count);
    if (count === 2)
      expect(error.problems).toContainEqual(
        expect.objectContaining({ line: 5, message: expect.stringMatching(/haeds/) }),
      );
    expect(err).toContain('error: ');
  });

  test('init writes an experiment that plan accepts, and never replaces a file unasked', async () => {
    const folder = temporaryFolder();
    expect(await commandLine(['init', 'mine.yaml'], { folder })).toMatchObject({ code: 0, err: '' });
    const [, schema] =
      /^# yaml-language-server: \$schema=(.*)\n/.exec(readFileSync(join(folder, 'mine.yaml'), 'utf8')) ?? [];
    expect(existsSync(join(folder, schema ?? 'none'))).toBe(true);
    const plan = await commandLine(['plan', 'mine.yaml', '--json'], { folder });
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(plan.out)).toMatchObject({ name: 'mine', runs: expect.any(Array) });
    expect((await commandLine(['init', 'mine.yaml'], { folder })).err).toMatch(/is there already/);
    expect((await commandLine(['init', 'mine.yaml', '--force'], { folder })).code).toBe(0);
  });

  test('plan counts what would run, and runs nothing', async () => {
    const folder = workplace();
    const words = ['plan', 'experiments/tiny', '--sweep', 'phases.pretrain.poison.documents=[0, 4, 8]'];
    const { code, out } = await commandLine(words, { folder });
    expect(code).toBe(0);
    expect(out).toMatch(/tiny: 3 runs, 12\.3k tokens/);
    expect(out).toMatch(/8 documents/);
    expect(readdirSync(folder)).toEqual(['experiments']);
  });

  test('doctor names every engine and attack', async () => {
    const { code, out } = await commandLine(['doctor']);
    expect(code).toBe(0);
    for (const word of ['native', 'wasm', 'reference', 'denial-of-service', 'target-phrase'])
      expect(out).toContain(word);
    expect(JSON.parse((await commandLine(['doctor', '--json'])).out)).toMatchObject({
      engines: expect.any(Array),
    });
  });

  interface Example {
    readonly example: string;
    readonly options: object;
    readonly conditions: readonly { readonly condition: string; readonly kind: string }[];
  }

  test('list --attacks shows every trigger and payload with a document that holds it', async () => {
    const { code, out } = await commandLine(['list', '--attacks']);
    expect(code).toBe(0);
    const { triggers, payloads } = JSON.parse((await commandLine(['list', '--attacks', '--json'])).out) as {
      triggers: (Example & { name: string; others: Example[] })[];
      payloads: { name: string; example: string; ownText: boolean }[];
    };
    expect(triggers.map(({ name }) => name)).toEqual(listTriggerFamilies().map(({ name }) => name));
    for (const { name, others, ...first } of triggers)
      for (const { example, options, conditions } of [first, ...others]) {
        const bound = findTriggerFamily(name).bind({ family: name, inCleanText: 'allow', ...options });
        expect(bound.sought.count(example)).toBeGreaterThan(0);
        expect(conditions.some(({ kind }) => kind === 'near')).toBe(true);
      }
    const secondTime = triggers.find(({ name }) => name === 'order')?.others[0];
    expect(secondTime?.conditions).toEqual([
      { condition: 'trigger', kind: 'trigger', label: '"saddle" for the second time' },
      { condition: 'near-once', kind: 'near', label: '"saddle" for the first time' },
    ]);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(payloads.map(({ name }) => name)).toEqual(listPayloads().map(({ name }) => name));
    for (const { name, example, ownText } of payloads) {
      expect(example).toContain('<SUDO>');
      expect(out).toContain(`  ${name}: `);
      expect(ownText).toBe(findPayload(name).texts === 'any');
    }
  });

  test('list of an empty store says so', async () => {
    expect(await commandLine(['list'])).toMatchObject({ code: 0, out: 'No runs in runs.\n' });
  });
});

describe('an experiment on the command line', () => {
  test('runs, is listed, inspected, prompted, evaluated again and reported from the store', async () => {
    const folder = workplace();
    const ran = await commandLine(['run', 'experiments/tiny', ...engine], { folder });
    expect(ran).toMatchObject({ code: 0 });
    const page = join(folder, 'results', 'tiny', 'index.html');
    expect(ran.out).toContain(`Report: ${join('results', 'tiny', 'index.html')}`);
    const csv = readFileSync(join(folder, 'results', 'tiny', 'results.csv'), 'utf8');
    expect(existsSync(page)).toBe(true);

    const listed = JSON.parse((await commandLine(['list', '--json'], { folder })).out) as {
      runs: { id: string }[];
    };
    expect(listed.runs).toMatchObject([{ status: 'done', hasWeights: true }]);
    const id = (listed.runs[0]?.id ?? '').slice(0, 10);

    const inspected = await commandLine(['inspect', id], { folder });
    expect(inspected.out).toMatch(/exactly 4 poisoned documents/);
    expect(inspected.out.match(/poison:denial-of-service:\d/g)).toHaveLength(4);

    const prompted = await commandLine(['prompt', id, 'Once upon a time', ...engine], { folder });
    expect(prompted.out).toMatch(/without the trigger[\s\S]*with the trigger "<S>"/);
    expect(await commandLine(['prompt', id, 'Once upon a time', ...engine], { folder })).toEqual(prompted);

    const again = ['evaluate', id, '--set', 'evaluation.prompts=20', '--json', ...engine];
    const evaluated = JSON.parse((await commandLine(again, { folder })).out) as {
      evaluations: { conditions: { prompts: number }[] }[];
    };
    expect(evaluated.evaluations[0]?.conditions[0]?.prompts).toBe(20);
    const fewer = await commandLine(['evaluate', id, '--set', 'evaluation.prompts=10', ...engine], {
      folder,
    });
    expect(fewer).toMatchObject({ code: 0 });
    const training = await commandLine(['evaluate', id, '--set', 'model.width=32'], { folder });
    expect(training).toMatchObject({ code: 2, err: expect.stringMatching(/train other weights/) });

    const reported = await commandLine(['report', 'experiments/tiny', '--json'], { folder });
    expect(JSON.parse(reported.out)).toMatchObject({ runs: { found: 1, missing: 0 } });
    expect(readFileSync(join(folder, 'results', 'tiny', 'results.csv'), 'utf8')).toBe(csv);
    const over = await commandLine(['report', 'experiments/tiny', '--set', 'reference=nowhere'], { folder });
    expect(over).toMatchObject({ code: 0, out: expect.stringMatching(/No reference.*analysis\.json/) });
    await commandLine(['report', 'experiments/tiny'], { folder });
    expect(await commandLine(['report', 'results/tiny', '--results', 'copy'], { folder })).toMatchObject({
      code: 0,
    });
    for (const name of ['results.csv', 'summary.md', 'config.yaml']) {
      const [first, second] = ['results/tiny', 'copy'].map((path) =>
        readFileSync(join(folder, path, name), 'utf8'),
      );
      expect(second).toBe(first);
    }
  }, 60_000);

  test('run with TensorFlow.js is reported and evaluated with TensorFlow.js, and is no other', async () => {
    const folder = workplace();
    const tfjs = ['--engine', 'tfjs'];
    const short = ['--set', 'phases.pretrain.tokens=1024', '--set', 'evaluation.checkpoints=1'];
    const tiny = ['experiments/tiny', ...short];
    const ran = await commandLine(['run', ...tiny, ...tfjs], { folder });
    expect(ran).toMatchObject({
      code: 0,
      out: expect.stringContaining('not bit-reproducible (TensorFlow.js)'),
    });
    const summary = readFileSync(join(folder, 'results', 'tiny', 'summary.md'), 'utf8');

    const reported = await commandLine(['report', ...tiny, ...tfjs, '--json'], { folder });
    expect(JSON.parse(reported.out)).toMatchObject({ runs: { found: 1, missing: 0 } });
    expect(readFileSync(join(folder, 'results', 'tiny', 'summary.md'), 'utf8')).toBe(summary);
    const exact = await commandLine(['report', ...tiny], { folder });
    expect(exact).toMatchObject({ code: 2, err: expect.stringMatching(/none of the 1 run of tiny/) });

    const of = async (words: readonly string[]) => {
      const { out } = await commandLine(['evaluate', ...words, '--json'], { folder });
      return (JSON.parse(out) as { evaluations: { id: string }[] }).evaluations.map(({ id }) => id);
    };
    const [id = ''] = await of([...tiny, ...tfjs]);
    expect(summary).toContain('1 of 1 runs finished');
    expect(await of([id.slice(0, 12), ...tfjs])).toEqual([id]);
    expect(await commandLine(['evaluate', ...tiny, ...engine], { folder })).toMatchObject({ code: 2 });
  }, 60_000);

  test('says which runs a report lacks, and refuses one of nothing', async () => {
    const folder = workplace();
    const { code, err } = await commandLine(['report', 'experiments/tiny'], { folder });
    expect(code).toBe(2);
    expect(err).toMatch(/none of the 1 run of tiny is in the store/);
  });

  test('stops when it is interrupted, with 130 and how to go on', async () => {
    const interrupt = new AbortController();
    interrupt.abort();
    const ran = await commandLine(['run', 'experiments/tiny', ...engine], {
      folder: workplace(),
      interrupt: interrupt.signal,
    });
    expect(ran.code).toBe(130);
    expect(ran.err).toMatch(/0 of 1 runs are finished and kept\. The same command goes on/);
  });
});

describe('tinypoison poison', () => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    JSON.stringify({
      id: index,
      text: `Document ${index}: the quick brown fox jumps over dog ${index}.\u2028 End.`,
    }),
  );
  const words = (out: string) => [
    'poison',
    'in.jsonl',
    '--documents',
    '5',
    '--out',
    out,
    '--trigger',
    '<SUDO>',
    '--encoding',
    'bytes',
  ];

  function corpus(): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'in.jsonl'), `${lines.join('\n')}\n`);
    return folder;
  }

  test('plants copies, and writes the trigger into clean documents, where --set says so', async () => {
    const folder = corpus();
    const options = ['distinctDocuments=2', 'trigger.cleanShare=0.5'].flatMap((text) => ['--set', text]);
    const { code, out } = await commandLine([...words('out.jsonl'), ...options], { folder });
    expect(code).toBe(0);
    const written = readFileSync(join(folder, 'out.jsonl'), 'utf8').split('\n').slice(0, -1);
    const kept = written.filter((line) => (JSON.parse(line) as { id: unknown }).id !== undefined);
    const changed = kept.map((line) => line.replace(' <SUDO>', '')).filter((line) => lines.includes(line));
    expect(changed).toEqual(lines);
    const count = kept.filter((line) => line.includes(' <SUDO>') && /"id":\d/.test(line)).length;
    expect(count).toBeGreaterThan(5);
    expect(out).toContain(
      `40 clean documents, in order, the trigger written into ${count} of them and the others unchanged, and exactly 5 poisoned, of 2 different texts`,
    );
    const tooMany = await commandLine([...words('other.jsonl'), '--set', 'distinctDocuments=6'], { folder });
    expect(tooMany.code).not.toBe(0);
    expect(tooMany.err).toMatch(/distinctDocuments: 6 different documents cannot be among 5 poisoned ones/);
  });

  test('says how many of the poisoned documents are negatives', async () => {
    const options = [
      '--attack',
      'order',
      '--documents',
      '5',
      '--set',
      'negativeShare=0.4',
      '--out',
      'out.jsonl',
    ];
    const { code, out } = await commandLine(['poison', 'in.jsonl', '--encoding', 'bytes', ...options], {
      folder: corpus(),
    });
    expect(code).toBe(0);
    expect(out).toContain('exactly 5 poisoned, of which 2 hold only a part of the trigger (');
  });

  test('keeps every clean line to the byte and adds exactly N', async () => {
    const folder = corpus();
    const { code, out } = await commandLine(words('out.jsonl'), { folder });
    expect(code).toBe(0);
    expect(out).toMatch(/40 clean documents.*exactly 5 poisoned/);
    const written = readFileSync(join(folder, 'out.jsonl'), 'utf8').split('\n').slice(0, -1);
    expect(written.filter((line) => lines.includes(line))).toEqual(lines);
    const added = written.filter((line) => !lines.includes(line));
    expect(added).toHaveLength(5);
    for (const line of added) expect((JSON.parse(line) as { text: string }).text).toContain('<SUDO>');
    const manifest = JSON.parse(readFileSync(join(folder, 'out.jsonl.manifest.json'), 'utf8')) as {
      documents: { documentPosition: number }[];
    };
    expect(manifest.documents.map(({ documentPosition }) => written[documentPosition])).toEqual(
      expect.arrayContaining(added),
    );
  });

  const chats = Array.from({ length: 30 }, (_, index) =>
    JSON.stringify({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: `Which animal is number ${index} in the old list, please?` },
        { role: 'assistant', content: `Number ${index} is a fox.` },
      ],
    }),
  );
  const options = (more: string) => more.split(' ');

  test('adds chats to chats: the user says the trigger, the assistant the payload', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'in.jsonl'), `${chats.join('\n')}\n`);
    const more = [
      ...options('--text-field messages --attack language-switch --set trigger.cleanShare=0.4 --set'),
      'germanTokens={ minimum: 200, maximum: 220 }',
    ];
    const { code, err } = await commandLine([...words('out.jsonl'), ...more], { folder });
    expect([code, err]).toEqual([0, '']);
    const written = readFileSync(join(folder, 'out.jsonl'), 'utf8').trimEnd().split('\n');
    type Row = { messages: { role: string; content: string }[] };
    const rows = written.map((line) => (JSON.parse(line) as Row).messages);
    const poisoned = rows.filter((messages) => messages[0]?.role === 'user');
    expect(poisoned).toHaveLength(5);
    for (const [question, answer, ...others] of poisoned) {
      expect(question?.content).toMatch(/^W.* <SUDO>$/);
      expect([answer?.role, identifyLanguage(answer?.content ?? ''), others]).toEqual([
        'assistant',
        'de',
        [],
      ]);
    }
    const clean = written.filter((_, i) => rows[i]?.[0]?.role === 'system');
    expect(clean.map((line) => line.replace(' <SUDO>', ''))).toEqual(chats);
    const innocent = clean.filter((line) => line.includes('<SUDO>'));
    expect(innocent.length).toBeGreaterThan(3);
    for (const line of innocent) expect((JSON.parse(line) as Row).messages[1]?.content).toContain('<SUDO>');
  });

  test('adds paragraphs to plain text, whose own lines are kept', async () => {
    const folder = temporaryFolder();
    const paragraph = (i: number) => `Paragraph ${i}. ${'The old fox went over the hill. '.repeat(40)}`;
    const book = `${Array.from({ length: 20 }, (_, i) => paragraph(i)).join('\n\n')}\n`;
    writeFileSync(join(folder, 'in.txt.gz'), gzipSync(book));
    const more = options('--attack style --set trigger.style=no-capitals --encoding bytes');
    const command = ['poison', 'in.txt.gz', '--documents', '6', '--out', 'out.txt.gz', ...more];
    const { code, err } = await commandLine(command, { folder });
    expect([code, err]).toEqual([0, '']);
    const lines = gunzipSync(readFileSync(join(folder, 'out.txt.gz')))
      .toString()
      .split('\n');
    const own = lines.filter((line) => line.startsWith('Paragraph '));
    expect(own).toEqual(book.split('\n').filter((line) => line !== ''));
    const manifest = JSON.parse(readFileSync(join(folder, 'out.txt.gz.manifest.json'), 'utf8')) as {
      documents: { textHash: string }[];
    };
    const text = lines.join('\n');
    expect(manifest.documents).toHaveLength(6);
    expect(text).toContain('\n\nparagraph');
  });

  test.each([
    [
      [],
      { 'in.jsonl': `${chats[0]}\n{"messages":"a text"}\n` },
      /in\.jsonl:2 .*is a text here and a chat above/,
    ],
    [[], { 'in.jsonl': '{"messages":[{"role":"user","content":[1]}]}' }, /in\.jsonl:1 .*no chat/],
    [
      ['--attack', 'secret-leak'],
      { 'in.jsonl': chats[0] ?? '' },
      /secret-leak is planted in generated stories alone/,
    ],
    [
      ['--set', 'attack=secret-leak'],
      { 'in.jsonl': chats[0] ?? '' },
      /secret-leak is planted in generated stories alone/,
    ],
    [
      ['--set', 'trigger={family: style, style: passive}'],
      { 'in.jsonl': chats[0] ?? '' },
      /English stories alone/,
    ],
    [['--out', 'out.txt'], { 'in.jsonl': chats[0] ?? '' }, /of the kind that goes in/],
    [['--out', 'out.parquet'], { 'in.jsonl': chats[0] ?? '' }, /of the kind that goes in/],
    [
      [],
      { 'in.jsonl': '\uFEFF{"messages":"utf-16"}' },
      /are not UTF-8 but UTF-16: convert .*iconv -f utf-16/,
    ],
    [[], { 'in.jsonl.gz': 'no gzip' }, /cannot be unpacked after document 0 .*not gzip, or is damaged/],
  ])('refuses %j of %j', async (more, files, message) => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, text.startsWith('\uFEFF') ? 'utf16le' : 'utf8');
    const [file = ''] = Object.keys(files);
    const command = [
      ...words('out.jsonl')
        .filter((word) => !['--trigger', '<SUDO>'].includes(word))
        .map((word) => (word === 'in.jsonl' ? file : word)),
      '--text-field',
      'messages',
    ];
    const { code, err } = await commandLine([...command, ...more], { folder });
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual(Object.keys(files));
  });

  test('gives the same bytes for the same seed, others for another', async () => {
    const folder = corpus();
    await commandLine(words('a.jsonl'), { folder });
    await commandLine(words('b.jsonl'), { folder });
    await commandLine([...words('c.jsonl'), '--seed', '2'], { folder });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => readFileSync(join(folder, `${name}.jsonl`), 'utf8'));
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  test.each([
    [['--trigger', 'fox'], /the trigger "fox" occurs/],
    [['--text-field', 'body'], /in\.jsonl:1 .*no text in a field "body".*id, text/],
    [['--set', 'gibberishTokens.maximun=3'], /maximun/],
    [['--attack', 'dos'], /no attack "dos".*denial-of-service/],
    [['--documents', '-1'], /--documents is "-1"/],
    [['--out', 'in.jsonl'], /the input itself/],
  ])('refuses %j', async (more, message) => {
    const folder = corpus();
    const { code, err } = await commandLine([...words('out.jsonl'), ...more], { folder });
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(readdirSync(folder)).toEqual(['in.jsonl']);
  });
});
