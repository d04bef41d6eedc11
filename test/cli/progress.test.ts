import { afterEach, describe, expect, test, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import type { SweepEvent } from '../../src/run/pool/run-sweep.ts';
import type { CheckpointRecord } from '../../src/run/record.ts';

const checkpoint = {
  cleanLossNats: 1.234,
  conditions: [{ condition: 'trigger', successShare: 0.425 }],
} as unknown as CheckpointRecord;

const runs = [
  { title: 'd32, 0 documents', flops: 1 },
  { title: 'd48, 50 documents', flops: 3 },
];

const events: SweepEvent[] = [
  { kind: 'kept', run: 0, status: 'done' },
  { kind: 'begun', run: 1 },
  { kind: 'event', run: 1, event: { kind: 'started', engine: 'wasm', resumedAtStep: 0 } },
  {
    kind: 'event',
    run: 1,
    event: { kind: 'progress', phase: 'pretrain', optimizerStep: 5, runProgress: 0.5, trainLossNats: 2.5 },
  },
  { kind: 'event', run: 1, event: { kind: 'checkpoint', record: checkpoint } },
];

function show(live: boolean, more: readonly SweepEvent[]): string {
  let text = '';
  const output = { write: (part: string) => (text += part), columns: 80 };
  const progress = createProgress({ runs, output, live });
  for (const event of [...events, ...more]) progress.onEvent(event);
  progress.say('a line');
  progress.close();
  return text;
}

describe('progress', () => {
  test('in plain lines says how each run ended, without control characters', () => {
    const text = show(false, [{ kind: 'finished', run: 1, status: 'done' }]);
    expect(text).toMatch(
      /^\[2\/2\] d48, 50 documents: done in \d.* s: attack success 0.4[23], clean loss 1.23 nats\na line\n$/,
    );
  });

  test('says a failure at once, with what the error holds made inert', () => {
    const text = show(false, [{ kind: 'finished', run: 1, status: 'failed', error: 'bad \u001b[2J end' }]);
    expect(text).toContain('FAILED: bad ␛[2J end');
  });

  test('on a terminal redraws the bar under the lines that stay, and takes it away at the end', () => {
    const text = show(true, []);
    expect(text).toContain('a line\n');
    expect(text).toMatch(/█+░+ +62 % {2}1 of 2 runs/);
    expect(text).toContain('d48, 50 documents  loss 2.50  attack success 0.42');
    expect(text.endsWith('\u001b[2A\u001b[0J')).toBe(true);
  });

  test('never draws a line wider than the terminal', () => {
    const text = show(true, []);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the cursor movements are taken out
    const lines = text.replace(/\u001b\[\d+[AJ]/g, '').split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the remaining time', () => {
  afterEach(() => vi.useRealTimers());

  /** What is drawn at some second of a sweep on two slots, whose runs train for 10 s and are evaluated for 2 s. */
  function drawnAt(seconds: number): string {
    vi.useFakeTimers({ now: 0 });
    let text = '';
    const three = Array.from({ length: 4 }, (_, run) => ({ title: `run ${run}`, flops: 100 }));
    const progress = createProgress({ runs: three, output: { write: (part) => (text = part) }, live: true });
    vi.advanceTimersByTime(20_000); // preparing is not training
    for (let second = 0; second <= seconds; second += 1) {
      for (const [slot, run] of [
        [0, second < 12 ? 0 : 2],
        [1, second < 12 ? 1 : 3],
      ] as const) {
        const own = second % 12;
        if (own === 0 && second > 0) progress.onEvent({ kind: 'finished', run: slot, status: 'done' });
        if (own === 0) progress.onEvent({ kind: 'begun', run });
        const runProgress = Math.min(1, own / 10);
        const event = {
          kind: 'progress',
          phase: 'p',
          optimizerStep: 1,
          runProgress,
          trainLossNats: 1,
        } as const;
        if (own <= 10) progress.onEvent({ kind: 'event', run, event });
      }
      vi.advanceTimersByTime(1000);
    }
    progress.close();
    progress.say('');
    return text;
  }

  const left = (text: string) => Number(/about ([\d.]+) s left/.exec(text)?.[1]);

  test('is not told before there is something to tell it from', () => {
    expect(drawnAt(0)).not.toMatch(/left/);
  });

  test.each([
    [4, 19],
    [9, 14],
    [14, 9],
    [22, 2],
  ])('after %d s is near %d s, evaluations and waiting runs included', (at, due) => {
    const told = left(drawnAt(at));
    expect(told).toBeGreaterThan(0.6 * due);
    expect(told).toBeLessThan(1.6 * due);
  });
});
