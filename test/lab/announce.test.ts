// Messages to screen readers: at most one in five seconds, the newest, also where timers come late.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let now = 0;
vi.mock('../../src/core/clock.ts', () => ({ nowMs: () => now }));
const { announce } = await import('../../src/lab/dom.ts');

/** What the region said, and when, in milliseconds. */
let spoken: { text: string; at: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  now += 60_000;
  spoken = [];
  const region = {
    set textContent(text: string) {
      spoken.push({ text, at: now });
    },
  };
  vi.stubGlobal('document', { getElementById: () => region });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the first is spoken at once, then the newest after five seconds', () => {
  const begin = now;
  for (const text of ['one', 'two', 'three']) announce(text);
  expect(spoken).toEqual([{ text: 'one', at: begin }]);
  now = begin + 5000;
  vi.advanceTimersByTime(5000);
  expect(spoken).toEqual([
    { text: 'one', at: begin },
    { text: 'three', at: begin + 5000 },
  ]);
});

test('a timer that comes late, as in a tab that slept, does not speak right behind another message', () => {
  const begin = now;
  announce('one');
  announce('two');
  now = begin + 7000;
  announce('three');
  vi.advanceTimersByTime(7000);
  expect(spoken).toEqual([
    { text: 'one', at: begin },
    { text: 'three', at: begin + 7000 },
  ]);
});
