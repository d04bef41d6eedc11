import { describe, expect, test } from 'vitest';
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
