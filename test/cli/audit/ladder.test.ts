import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { audit } from '../../../src/cli/commands/audit.ts';
import { parseJson } from '../../../src/core/read-json.ts';
import { loadStoryGrammar } from '../../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../../src/corpus/stories.ts';
import { storedRunIds } from '../../../src/run/store/store.ts';
import { temporaryFolder } from '../../run/fake-runs.ts';

const corpus = createStoryCorpus({ seed: 'ladder', grammar: loadStoryGrammar('en') });
/** Models that learn nothing, in no time: what is looked at is the way from a corpus to a page. */
const scale = { sizes: ['d24'], seeds: [1], tokensPerParameter: 0.6, vocabularySize: 512, prompts: 10 };
const schema = z.looseObject({
  ladder: z.looseObject({
    attack: z.string(),
    runs: z.int(),
    counts: z.array(z.int()),
    rows: z.array(
      z.looseObject({
        filter: z.string(),
        byCount: z.array(z.looseObject({ documents: z.int(), survivors: z.number() })),
        filters: z.array(z.looseObject({ caughtShare: z.number().nullable() })),
      }),
    ),
  }),
});

describe('audit --budget', () => {
  test('trains a ladder, says what each filter buys, and writes the same on a second run from stored runs', async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: 2600 }, (_, i) => `${JSON.stringify(corpus.documentAt(i))}\n`);
    writeFileSync(join(folder, 'corpus.jsonl'), lines.join(''));
    let err = '';
    let out = '';
    const options = {
      ...{ textField: 'text', similarity: '0.8', least: '5', workers: '1', store: 'runs', budget: '60m' },
      ...{ force: true },
    };
    const command = (stop = new AbortController().signal) =>
      audit(
        'corpus.jsonl',
        options,
        {
          out: { write: (text: string) => (out += text), columns: 100 },
          err: {
            write: (text: string) => {
              err += text;
            },
            columns: 100,
          },
          ...{ folder, interrupt: stop, live: false, color: false, verbose: false },
        },
        scale,
      );
    const read = (name: string) => readFileSync(join(folder, 'audit/corpus', name), 'utf8');

    // Stopped before anything: nothing is written but what was decided, and the same command goes on.
    const stop = new AbortController();
    stop.abort();
    expect(await command(stop.signal)).toBe(130);
    expect(existsSync(join(folder, 'audit/corpus/audit.json'))).toBe(false);

    expect(await command()).toBe(0);
    expect(err).toMatch(/d24 +no filter +6/);
    expect(err).toMatch(/30 runs, about .* with 1 worker/);
    expect(out).toMatch(/With rare-sequences it takes .* until half of the prompts fire/);
    const { ladder } = parseJson(read('audit.json'), schema, {
      file: 'audit.json',
      what: 'audit',
      remedy: '',
    });
    expect(ladder).toMatchObject({ attack: 'denial-of-service', trigger: '<SUDO>', runs: 30, failed: null });
    expect(ladder.rows.map(({ filter }) => filter)).toEqual([
      'rare-sequences',
      'quality-rules',
      'reference-perplexity',
      'near-duplicates',
    ]);
    const caught = Object.fromEntries(
      ladder.rows.map(({ filter, filters }) => [filter, filters[0]?.caughtShare]),
    );
    // Noise is what reference perplexity is for, and no copy of anything.
    expect(caught['reference-perplexity']).toBeGreaterThan(0.9);
    expect(caught['near-duplicates']).toBe(0);
    for (const { byCount } of ladder.rows)
      expect(byCount.map(({ documents }) => documents)).toEqual(ladder.counts);
    expect(read('index.html')).toContain('What filters buy against denial-of-service');
    expect(read('ladder/summary.md')).toContain('reference-perplexity');
    const stored = storedRunIds(join(folder, 'runs')).length;
    expect(stored).toBe(30);

    const written = ['index.html', 'audit.json', 'ladder.yaml', 'ladder.json'].map(read);
    expect(await command()).toBe(0);
    expect(['index.html', 'audit.json', 'ladder.yaml', 'ladder.json'].map(read)).toEqual(written);
    expect(storedRunIds(join(folder, 'runs'))).toHaveLength(stored);
    expect(err).toMatch(/d24 +no filter +6 +in the store/);
  });
});
