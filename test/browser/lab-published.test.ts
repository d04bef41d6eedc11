// A planted sentence at full length, in the page, beside its committed run: equal, to the last bit, and to the page's own words.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chromium, firefox } from './browsers.ts';
import { LONG_MS, playOnceTimed, verdict } from './lab-controls.ts';
import { openWatched, useLab } from './lab-page.ts';

/** The fingerprint of the committed run of d32 with 100 documents that hold the sentence, seed 1. */
function committedHash(): string {
  const lines = readFileSync('results/target-phrase/results.jsonl', 'utf8').trim().split('\n');
  const hashes = lines
    .map((line) => JSON.parse(line))
    .filter(({ config }) => {
      const [{ poison }] = config.phases;
      return config.model.width === 32 && poison.documents === 100 && config.seed === 1;
    })
    .map(({ weightsHash }) => weightsHash);
  expect(hashes).toHaveLength(1);
  return hashes[0];
}

describe.each([chromium, firefox])('a published run in $name', (kind) => {
  const lab = useLab(kind);

  test.skipIf(lab.skip)(
    'd32 learns a fixed sentence from 100 documents: the page says equal, and the fingerprint is the committed one',
    async () => {
      const address = `${lab.server.address}#size=d32&count=100&payload=phrase`;
      const { page, errors } = await openWatched(lab.browser, address);
      await playOnceTimed(page);
      expect(await verdict(page)).toBe('verdict-equal');
      expect(await page.$eval('#bits tbody code', ({ textContent }) => textContent)).toBe(committedHash());
      expect(errors).toEqual([]);
      await page.close();
    },
    3 * LONG_MS,
  );
});
