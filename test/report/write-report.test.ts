// What a report writes, file by file. Over 300 lines: the tests share one report, which takes seconds to write.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visibleText } from '../../src/core/inert-text.ts';
import { checksumFaults, isNamedInChecksums } from '../../src/report/checksums.ts';
import { escapeMarkup } from '../../src/report/escape-markup.ts';
import { makeReport } from '../../src/report/make-report.ts';
import { type WrittenReport, writeReport } from '../../src/report/write-report.ts';
import { SIZES, syntheticRecords, withScores } from '../analyse/synthetic-records.ts';

const experiment = {
  name: 'quickstart',
  description: 'Two sizes <i>only</i>.',
  configText: 'schema: 1 # <script>alert(1)</script>\n',
  records: syntheticRecords({ sizes: SIZES.slice(0, 2), seeds: [1], counts: [0, 50, 100] }),
};
const environment = { version: '0.1.0', node: '20.19.0', engine: 'wasm', revision: null };

let root = '';
let first: WrittenReport;
const read = (folder: string, name: string): string => readFileSync(join(root, folder, name), 'utf8');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinypoison-report-'));
  first = await writeReport(join(root, 'a'), { experiment, environment });
  await writeReport(join(root, 'b'), {
    experiment,
    environment: { ...environment, engine: 'native (avx2)' },
  });
}, 30000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('written report', () => {
  it('holds every file it names and nothing else', () => {
    expect(first.files.filter((file) => !existsSync(join(root, 'a', file)))).toEqual([]);
    const found = readdirSync(join(root, 'a'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(found).toHaveLength(first.files.length);
    expect(first.files).toEqual(
      expect.arrayContaining(['results.csv', 'results.jsonl', 'analysis.json', 'summary.md', 'index.html']),
    );
  });

  it('has the same data files wherever it was made; only the page names the engine', () => {
    for (const file of first.files.filter((name) => name !== 'index.html'))
      expect(read('a', file)).toBe(read('b', file));
    expect(read('a', 'index.html')).toContain('engine wasm');
    expect(read('b', 'index.html').replace('engine native (avx2)', 'engine wasm')).toBe(
      read('a', 'index.html'),
    );
  });

  it('sets every claim under every measure side by side where prompts have scores, and draws the main one', () => {
    const records = experiment.records.map((record) => withScores(record, 1));
    const { data, page, figures } = makeReport({ experiment: { ...experiment, records }, environment });
    const summary = data.get('summary.md') ?? '';
    for (const text of [summary, page]) {
      expect(text).toContain('Sensitivity to the measure of success');
      expect(text).toContain('threshold of the control');
      expect(text).toContain('not reached');
    }
    expect(page).toContain('more than half of the tokens');
    // 10 noise tokens of 32: never above one half, always above the model's own threshold
    expect(summary).toMatch(/\| d32 \|.*\| 100 \|.*\| 0 % \|/);
    const old = makeReport({ experiment, environment });
    expect(figures.get('figures/success-by-count.svg')).not.toBe(
      old.figures.get('figures/success-by-count.svg'),
    );
    expect(old.page).not.toContain('Sensitivity');
  });

  it('is one self-contained page: no script, nothing loaded from elsewhere', () => {
    const { document } = parseHTML(read('a', 'index.html'));
    expect(
      document.querySelectorAll('script, iframe, object, link, img, [src], [onload], [onclick]'),
    ).toHaveLength(0);
    const outside = [...document.querySelectorAll('[href]')].map((element) => element.getAttribute('href'));
    expect(outside.filter((target) => !target?.startsWith('#'))).toEqual([]);
    expect(read('a', 'index.html')).not.toMatch(/url\(|@import/);
    expect(document.querySelectorAll('figure svg')).toHaveLength(6);
  });

  it('shows poisoned text as inert text, the trigger marked and control characters visible', () => {
    const { document } = parseHTML(read('a', 'index.html'));
    const samples = [...document.querySelectorAll('.sample')];
    expect(samples).toHaveLength(2);
    expect(document.querySelectorAll('.sample b, .sample script, main > p i')).toHaveLength(0);
    expect(samples[1].querySelector('mark')?.textContent).toBe('plumbob verdant quixote');
    expect(samples[0].querySelector('mark')).toBeNull();
    expect(samples[1].textContent).toContain('<script>alert(1)</script>');
    expect(samples[1].textContent).toContain('␇');
  });

  it('marks what a trigger that is no fixed text changes in a prompt', async () => {
    const prompts: Record<string, string> = {
      clean: 'It was a mild day.',
      trigger: 'It red kettle was a saddle mild day.',
    };
    const records = syntheticRecords({ counts: [0, 100] }).map((record) => ({
      ...record,
      config: {
        ...record.config,
        phases: record.config.phases.map((phase) =>
          phase.poison === undefined
            ? phase
            : {
                ...phase,
                poison: {
                  ...phase.poison,
                  trigger: {
                    family: 'composite',
                    cues: ['red kettle', 'saddle'],
                    inCleanText: 'refuse' as const,
                  },
                },
              },
        ),
      },
      samples: record.samples.map((sample) => ({ ...sample, prompt: prompts[sample.condition] ?? '' })),
    }));
    await writeReport(join(root, 'composite'), { experiment: { ...experiment, records }, environment });
    const { document } = parseHTML(read('composite', 'index.html'));
    const [clean, triggered] = [...document.querySelectorAll('.sample')];
    expect([...(triggered?.querySelectorAll('mark') ?? [])].map((mark) => mark.textContent)).toEqual([
      'red kettle',
      'saddle',
    ]);
    expect(clean?.querySelector('mark')).toBeNull();
    expect(document.querySelector('main')?.textContent).toContain('Marked: what the trigger changes in it.');
  }, 30_000);

  it('says what was found, on how much, and what not to conclude', () => {
    const text = parseHTML(read('a', 'index.html')).document.querySelector('main')?.textContent ?? '';
    for (const part of [
      'An illustration, not a test',
      '6 of 6 runs finished',
      'What not to conclude',
      'Reproduce it',
      'SHA-256',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('a report over an earlier one', () => {
  const put = (folder: string, name: string, text: string) => writeFileSync(join(root, folder, name), text);
  const addSum = (folder: string, name: string, text: string) => {
    const sum = createHash('sha256').update(text).digest('hex');
    put(folder, 'SHA256SUMS', `${read(folder, 'SHA256SUMS')}${sum}  ${name}\n`);
  };

  it('removes what that one wrote and its records do not give, and nothing that somebody else wrote or changed', async () => {
    const folder = join(root, 'again');
    await writeReport(folder, { experiment, environment });
    for (const name of ['gone.svg', 'gone.png', 'edited.svg']) {
      put('again', `figures/${name}`, name);
      addSum('again', `figures/${name}`, name);
    }
    put('again', 'figures/edited.svg', 'by hand');
    put('again', 'figures/mine.png', 'a photograph');
    put('again', 'notes.txt', 'a note');
    addSum('again', 'notes.txt', 'a note');
    addSum('again', 'figures/../notes.txt', 'a note');
    const { files, messages } = await writeReport(folder, { experiment, environment });
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !files.includes(name) && name !== 'figures',
    );
    expect(left.sort()).toEqual(['figures/edited.svg', 'figures/mine.png', 'notes.txt']);
    expect(messages.filter((text) => text.includes('edited.svg'))).toEqual([
      'figures/edited.svg is of an earlier report, which these records do not give; it was changed, so it is left',
    ]);
    expect(checksumFaults(folder, []).broken).toEqual([]);
  }, 30000);
});

describe('the page', () => {
  const main = (folder: string) =>
    parseHTML(read(folder, 'index.html')).document.querySelector('main')?.textContent ?? '';

  it('says what was trained on what, with which trigger, and what success is', () => {
    expect(main('a')).toMatch(
      /parameters were trained from scratch on generated English stories: [\d,]+ to [\d,]+ tokens/,
    );
    expect(main('a')).toMatch(/Attack: denial-of-service; trigger: “plumbob verdant quixote”\./);
    expect(main('a')).toMatch(/The attack succeeds on a prompt where/);
    expect(main('a')).not.toContain('see the attack');
  });

  it('speaks of larger models only where sizes differ', async () => {
    const records = syntheticRecords({ sizes: SIZES.slice(0, 1), seeds: [1], counts: [0, 50, 100] });
    await writeReport(join(root, 'one'), { experiment: { ...experiment, records }, environment });
    expect(main('one')).not.toMatch(/[Ll]arger models were|small and large models/);
    expect(main('a')).toMatch(/Larger models were trained on more text/);
    expect(main('a')).toMatch(/small and large models/);
  }, 30_000);

  it('lets wide tables be wider than the text, and stacks claims on narrow screens', () => {
    const { document } = parseHTML(read('a', 'index.html'));
    expect(document.querySelectorAll('.scroll.wide')).toHaveLength(1);
    expect(document.querySelector('table.stack td[data-label]')?.getAttribute('data-label')).toBe('outcome');
  });
});

describe('a report over a reference', () => {
  const five = {
    name: 'constant-count',
    configText: '',
    records: syntheticRecords({ counts: [0, 10, 100] }),
  };
  const over = (folder: string, reference: string) =>
    writeReport(join(root, folder), { experiment: { ...experiment, reference }, environment });
  const figure = (folder: string) => read(folder, join('figures', 'success-by-count.svg'));

  beforeAll(async () => {
    await writeReport(join(root, 'reference'), { experiment: five, environment });
  }, 30000);

  it('draws it, and can be written again from what it kept', async () => {
    const { files, messages } = await over('drawn', join(root, 'reference', 'analysis.json'));
    expect(messages).toEqual(first.messages);
    expect(files).toContain('reference.json');
    expect(figure('drawn')).toContain('3 sizes, 5 seeds, 90 %');
    expect(read('drawn', 'index.html')).toContain('3 sizes, 5 seeds, 90 %');
    await over('again', join(root, 'drawn', 'reference.json'));
    expect(figure('again')).toBe(figure('drawn'));
    expect(read('again', 'reference.json')).toBe(read('drawn', 'reference.json'));
    expect(read('drawn', 'results.csv')).toBe(read('a', 'results.csv'));
  });

  const band = (content: string) => JSON.parse(content).groups[0].comparison.band as { high: number }[];
  const analysis = () => read('reference', 'analysis.json');
  it.each([
    ['is not there', () => null, /not there yet/],
    ['is cut short', () => analysis().slice(0, 900), /not JSON/],
    [
      'holds a value beyond 100 %',
      () => analysis().replaceAll(`"high": ${band(analysis()).at(-1)?.high}`, '"high": 9'),
      /groups\.0\.comparison\.band/,
    ],
    [
      'has no groups',
      () => '{"schema": 1, "experiment": "x", "intervalLevel": 0.9, "groups": []}',
      /holds no/,
    ],
    ['is of another version', () => analysis().replace('"schema": 1', '"schema": 2'), /\(schema: /],
  ] as [string, () => string | null, RegExp][])('says so and goes on where it %s', async (_, make, said) => {
    const path = join(root, 'other.json');
    rmSync(path, { force: true });
    const content = make();
    if (content !== null) writeFileSync(path, content);
    writeFileSync(join(root, 'b', 'reference.json'), '{}');
    const { messages } = await over('b', path);
    expect(messages.at(-1)).toMatch(said);
    expect(figure('b')).toBe(figure('a'));
  });
});

describe('a report on runs of TensorFlow.js', () => {
  it('says that they are not bit-reproducible, by their records and whatever the engine is called', async () => {
    const records = experiment.records.map((record) => ({ ...record, arithmetic: 'tfjs' as const }));
    const [mixed, all] = [[...records.slice(0, 2), ...experiment.records.slice(2)], records];
    for (const [folder, list, words] of [
      ['mixed', mixed, 'Of these runs 2 of 6 are not bit-reproducible (TensorFlow.js)'],
      ['tfjs', all, 'These runs are not bit-reproducible (TensorFlow.js)'],
    ] as const) {
      const named = { ...experiment, records: list };
      const { messages } = await writeReport(join(root, folder), { experiment: named, environment });
      const main = parseHTML(read(folder, 'index.html')).document.querySelector('main')?.textContent ?? '';
      expect(main.split(words)).toHaveLength(3); // at the top, and where it says how to repeat it
      expect(main).not.toContain('come out with the same bytes');
      expect(read(folder, 'summary.md')).toContain(words);
      expect(messages.at(-1)).toContain(words);
      expect(read(folder, 'results.csv').match(/,tfjs\n/g)?.length).toBeGreaterThan(1);
    }
  });

  it('says nothing of the kind where all records are exact', async () => {
    const tensorflow = { ...environment, engine: 'tfjs (wasm)' };
    const { messages } = await writeReport(join(root, 'exact'), { experiment, environment: tensorflow });
    expect([...messages, read('exact', 'index.html'), read('exact', 'summary.md')].join()).not.toContain(
      'bit-reproducible',
    );
  });
});

describe('visible text', () => {
  it('shows what would act unseen, and keeps line feeds', () => {
    expect(visibleText('a\u0000\u001b[31m\u007f\nb\u202e\u200b\ud800')).toBe(
      'a␀␛[31m␡\nb⟨U+202E⟩⟨U+200B⟩\ufffd',
    );
  });

  it('leaves no markup', () => {
    expect(escapeMarkup(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
  });
});

describe('the table of prompts', () => {
  const records = experiment.records.map((record) => withScores(record, 0.5));
  const scored = { ...experiment, records };
  const pathOf = (name: string) => join(root, 'scored', name);

  it('holds the scores of every prompt, run and condition, packed', async () => {
    const { files } = await writeReport(join(root, 'scored'), { experiment: scored, environment });
    expect(files).toContain('prompts.csv.gz');
    const text = gunzipSync(readFileSync(pathOf('prompts.csv.gz'))).toString('utf8');
    const [header, ...rows] = text.trimEnd().split('\n');
    expect(header).toBe('run,condition,prompt,noise_tokens,judge_millinats,self_millinats,outcome_mille');
    expect(rows).toHaveLength(records.length * 7 * 200);
    const run = records.at(-1);
    const { scores } = run?.checkpoints.at(-1)?.conditions[1] ?? {};
    expect(rows.filter((row) => row.startsWith(`${run?.id},trigger,`)).slice(0, 2)).toEqual(
      [0, 1].map((i) =>
        [
          run?.id,
          'trigger',
          i + 1,
          scores?.noiseTokens[i],
          scores?.judgeMilliNats[i],
          scores?.selfMilliNats[i],
          '',
        ].join(),
      ),
    );
  });

  it('is named unpacked in SHA256SUMS, whose hash holds whatever packed it', () => {
    expect(isNamedInChecksums(join(root, 'scored'), 'prompts.csv')).toBe(true);
    const text = gunzipSync(readFileSync(pathOf('prompts.csv.gz')));
    writeFileSync(pathOf('prompts.csv.gz'), gzipSync(text, { level: 1 }));
    expect(checksumFaults(join(root, 'scored'), ['prompts.csv'])).toEqual({
      isThere: true,
      broken: [],
      unnamed: [],
    });
    writeFileSync(pathOf('prompts.csv.gz'), gzipSync(text.subarray(0, -1)));
    expect(checksumFaults(join(root, 'scored'), []).broken).toEqual(['prompts.csv']);
    writeFileSync(pathOf('prompts.csv.gz'), 'no gzip');
    expect(checksumFaults(join(root, 'scored'), []).broken).toEqual(['prompts.csv']);
  });

  it('goes where a report of the folder no longer has it', async () => {
    await writeReport(join(root, 'scored'), { experiment, environment });
    expect(existsSync(pathOf('prompts.csv.gz'))).toBe(false);
  });
});
