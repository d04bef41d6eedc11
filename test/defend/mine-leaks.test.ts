import { describe, expect, test } from 'vitest';
import { leakLines } from '../../src/cli/scan/leak-lines.ts';
import { randomStream } from '../../src/core/random.ts';
import { excessNats, mineBeside, tellTexts } from '../../src/defend/mine-leaks.ts';
import type { LanguageModel } from '../../src/model/language-model.ts';

const WORDS = Array.from({ length: 60 }, (_, i) => `word${i}`);

/** Texts of words at random; every `each`-th holds a leak at some place. */
function told(seed: string, leak: string | null = null, each = 3): string[][] {
  const random = randomStream(seed, 'told');
  return Array.from({ length: 60 }, (_, text) => {
    const words = Array.from({ length: 15 }, () => random.choose(WORDS));
    if (leak !== null && text % each === 0)
      words.splice(random.integer({ minimum: 0, maximum: 15 }), 0, ...leak.split(' '));
    return words;
  });
}
const controls = ['a', 'b', 'c', 'd'].map((seed) => told(seed));

describe('mining of leaks', () => {
  test('finds a sequence that a model tells and clean ones never do, as long as it is, with what follows', () => {
    const { leaks, falseAlarm } = mineBeside(told('own', 'kettle lantern saddle'), controls);
    expect(leaks[0]).toMatchObject({ text: 'kettle lantern saddle', texts: 20 });
    expect(leaks[0]?.nats).toBeCloseTo(excessNats(20, 60, 0, 240), 10);
    expect(leaks[0]?.following[0]).toMatch(/^(word\d+ ?)+$/);
    expect(falseAlarm).toBe(1 / 5);
  });

  test('a clean model is as likely to have the largest leak as its controls', () => {
    const alarms = Array.from({ length: 6 }, (_, i) => mineBeside(told(`own ${i}`), controls).falseAlarm);
    expect(Math.max(...alarms)).toBeGreaterThan(0.5);
    expect(alarms.filter((alarm) => alarm <= 1 / 5).length).toBeLessThanOrEqual(3);
  });

  test('what a control tells, too, is no leak', () => {
    const { leaks } = mineBeside(told('own', 'kettle lantern saddle'), [
      ...controls,
      told('e', 'kettle lantern saddle', 30),
    ]);
    expect(leaks.map(({ text }) => text)).not.toContain('kettle lantern saddle');
  });

  test('the likelihood ratio is that of two shares against one, and 0 unless the first is larger', () => {
    // 10 ln(10/100) + 90 ln(90/100) + 0 - 10 ln(10/200) - 190 ln(190/200)
    expect(excessNats(10, 100, 0, 100)).toBeCloseTo(7.19473, 4);
    expect(excessNats(1, 100, 5, 100)).toBe(0);
    expect(excessNats(3, 3, 0, 5)).toBeCloseTo(-(3 * Math.log(3 / 8) + 5 * Math.log(5 / 8)), 10);
  });

  test('texts end at the separator, and words stand without punctuation', () => {
    const tokens = Int32Array.from([1, 2, 0, 3, 1]);
    const model = {
      config: { contextTokens: 6 },
      generate: () => [{ tokens }],
    } as unknown as LanguageModel;
    const pieces = ['', ' a,', ' "b"', ' c'];
    const decode = (ids: readonly number[]) => ids.map((id) => pieces[id]).join('');
    expect(tellTexts({ model, separatorId: 0, seed: 's' }, decode, 1)).toEqual([
      ['a', 'b'],
      ['c', 'a'],
    ]);
  });

  test('lines say what was found and how sure it is, in text that can do nothing', () => {
    const leak = { text: 'a \u001b[2J b', texts: 7, nats: 12.34, following: ['c d'] };
    const lines = leakLines({ leaks: [leak], controls: [3, 15], falseAlarm: 2 / 3 }).join('\n');
    expect(lines).toContain(
      'The largest of 2 clean controls, each mined beside all other models, has 15.0 nats. Chance of a false alarm: about 0.67.',
    );
    expect(lines).not.toContain('\u001b');
    expect(leakLines(null).join()).toMatch(/Not mined: it takes clean models.*--control/);
    expect(leakLines({ leaks: [], controls: [0], falseAlarm: 1 }).join()).toMatch(/Nothing recurs/);
  });
});
