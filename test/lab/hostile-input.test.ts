// Whatever comes from outside the page is read without an exception: addresses, pasted lines, challenge links.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CHOICE } from '../../src/lab/choices.ts';
import { hideTrigger, isHidden, parseChallenge, printChallenge } from '../../src/lab/state/challenge.ts';
import { groupPool, parsePool, parsePoolLine, printPoolLine } from '../../src/lab/state/pool-line.ts';
import { parseUrlState, printUrlState, SECTIONS } from '../../src/lab/state/url-state.ts';

const fieldName = fc.constantFrom(
  'size',
  'count',
  'seed',
  'payload',
  'lang',
  'hide',
  'embed',
  'challenge',
  'x',
);
const hash = fc.oneof(
  fc.string({ maxLength: 2000 }),
  fc
    .array(fc.tuple(fieldName, fc.string()), { maxLength: 12 })
    .map((fields) => fields.map(([name, value]) => `${name}=${value}`).join('&')),
);

describe('the state in the address', () => {
  test('reads any address, keeps within its bounds, and names what it did not understand', () => {
    fc.assert(
      fc.property(hash, (text) => {
        const { choice, bad } = parseUrlState(`#${text}`);
        expect(choice.documents).toBeLessThanOrEqual(250);
        expect(choice.trigger).toBe(DEFAULT_CHOICE.trigger);
        for (const name of bad) expect(name.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 1000 },
    );
    expect(parseUrlState('#size=d999&count=-3&seed=x&lang=fr&hide=nothing&embed=2').bad).toEqual([
      'size',
      'count',
      'seed',
      'lang',
      'hide',
      'embed',
    ]);
  });

  test('is read as it was written', () => {
    const challenge = hideTrigger('river whistle', 'abc');
    const state = {
      choice: { ...DEFAULT_CHOICE, size: 'd32', documents: 50, seed: 7, payload: 'phrase' },
      language: 'de',
      hidden: ['hunt', 'filter'],
      isEmbedded: true,
      challenge,
    } as const;
    expect(parseUrlState(printUrlState(state))).toEqual({ ...state, bad: [] });
  });

  test('is not asked of links to sections', () => {
    for (const name of SECTIONS) expect(parseUrlState(`#${name}`).bad).toEqual([]);
  });
});

describe('a challenge', () => {
  test('knows its trigger and holds no word of it', () => {
    const hidden = hideTrigger('river whistle anchor', 's4lt');
    expect(isHidden(' river  whistle anchor ', hidden)).toBe(true);
    expect(isHidden('whistle river anchor', hidden)).toBe(false);
    expect(isHidden('river whistle', hidden)).toBe(false);
    expect(printChallenge(hidden)).not.toMatch(/river|whistle|anchor/);
    expect(parseChallenge(printChallenge(hidden))).toEqual(hidden);
  });
});

describe('pooled lines', () => {
  const run = { size: 'd32', payload: 'gibberish', documents: 50, seed: 17, success: 0.52 } as const;
  const weightsHash = '0123456789abcdef'.repeat(4);

  test('are read as they were written, and nothing else is', () => {
    const line = printPoolLine({ ...run, weightsHash });
    expect(line).toBe('tp1:d32:gibberish:50:17:0.52:0123456789ab');
    expect(parsePoolLine(line)).toEqual({ ...run, hash: weightsHash.slice(0, 12) });
    for (const wrong of [
      '',
      'tp2:d32',
      line.replace('0.52', '1.2'),
      line.replace(':50:', ':5000:'),
      `${line}:x`,
    ])
      expect(parsePoolLine(wrong)).toBeUndefined();
  });

  test('count each run once, and leave out runs that contradict one another', () => {
    const line = printPoolLine({ ...run, weightsHash });
    const other = line.replace('0123456789ab', 'ffffffffffff');
    const good = printPoolLine({ ...run, seed: 3, success: 0.5, weightsHash });
    const pool = parsePool([line, other, good, good, 'nonsense'].join('\n'));
    expect(pool.runs.map(({ seed }) => seed)).toEqual([3]);
    expect(pool.conflicting).toEqual(['d32:gibberish:50:17']);
    expect(pool.repeated).toEqual(['d32:gibberish:50:3']);
    expect(pool.bad).toEqual(['nonsense']);
  });

  test('give a mean, and an interval of Student from five seeds on', () => {
    const lines = [0.1, 0.3, 0.5, 0.7, 0.9].map((success, i) => ({
      ...run,
      seed: i + 1,
      success,
      hash: 'x',
    }));
    const [group] = groupPool(lines);
    expect(group).toMatchObject({ seeds: 5, documents: 50 });
    expect(group?.mean).toBeCloseTo(0.5, 12);
    // t(0.95, 4) = 2.131847; standard deviation sqrt(0.1)
    expect(group?.interval?.[0]).toBeCloseTo(0.5 - 2.131847 * Math.sqrt(0.1 / 5), 5);
    expect(groupPool(lines.slice(1))[0]?.interval).toBeNull();
  });

  test('survive any paste', () => {
    fc.assert(fc.property(fc.string({ maxLength: 3000 }), (text) => void groupPool(parsePool(text).runs)));
  });
});
