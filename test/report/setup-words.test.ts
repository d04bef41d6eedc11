import { describe, expect, it } from 'vitest';
import { evaluationSentences } from '../../src/export/methods-evaluation.ts';
import { listPayloads } from '../../src/poison/registry.ts';
import { setupSentences } from '../../src/report/page/setup-words.ts';
import { syntheticRecords, withSetting } from '../analyse/synthetic-records.ts';

const matched = syntheticRecords({ counts: [50], seeds: [1], attack: 'target-phrase' });

/** What the page and the methods text say about runs of an attack whose generations are matched. */
function wordsOn(attack: string): string {
  const records = matched.map((record) => withSetting(record, 'phases.0.poison.attack', attack));
  return [...setupSentences(records), ...evaluationSentences(records).map(({ text }) => text)].join(' ');
}

describe('what counts as a success', () => {
  it.each(
    listPayloads().map(({ name, success }) => ({ name, success })),
  )('is said of $name by its own judge, on the page and in the methods text', ({ name, success }) => {
    expect(wordsOn(name).split(success)).toHaveLength(3);
  });

  it('is said of each attack by its name where runs have several', () => {
    const two = ['secret-leak', 'unauthorised-action'].flatMap((attack) =>
      matched.map((record) => withSetting(record, 'phases.0.poison.attack', attack)),
    );
    expect(setupSentences(two).join(' ')).toMatch(
      /The attack secret-leak succeeds .*The attack unauthorised-action succeeds/,
    );
  });

  it('warns where the judge of noise finds hardly any of it in the text', () => {
    const noise = syntheticRecords({ counts: [50], seeds: [1], attack: 'denial-of-service' });
    const seeing = (noiseUniformShare: number) =>
      noise.map((record) => ({
        ...record,
        config: { ...record.config, evaluation: { ...record.config.evaluation, contract: 2 as const } },
        checkpoints: record.checkpoints.map((checkpoint) => ({ ...checkpoint, noiseUniformShare })),
      }));
    expect(setupSentences(seeing(0.03)).join(' ')).toContain('only 3 % of uniformly random tokens');
    expect(setupSentences(seeing(0.89)).join(' ')).not.toContain('uniformly random tokens');
    // A phrase is matched: what the judge sees plays no part.
    const phrase = matched.map((record) => ({
      ...record,
      checkpoints: record.checkpoints.map((checkpoint) => ({ ...checkpoint, noiseUniformShare: 0.03 })),
    }));
    expect(setupSentences(phrase).join(' ')).not.toContain('uniformly random tokens');
  });

  it('is the planted text to the letter for a phrase alone', () => {
    const toTheLetter = listPayloads().filter(({ name }) => wordsOn(name).includes('to the letter'));
    expect(toTheLetter.map(({ name }) => name)).toEqual(['target-phrase']);
  });
});
