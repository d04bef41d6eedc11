// Loaded before every test file: a test that prints to the console fails, so that nothing warns unread. What a test has
// to tell (a seed, a tally, why it is skipped) it says with `say` of test/say.ts.
import { afterAll, afterEach } from 'vitest';

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
let printed: string[] = [];

for (const method of METHODS) {
  const original = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    printed.push(`console.${method}: ${values.map(String).join(' ')}`);
    original(...values);
  };
}

function failIfPrinted(): void {
  const lines = printed;
  printed = [];
  if (lines.length > 0) throw new Error(`unexpected output:\n${lines.join('\n')}`);
}

afterEach(failIfPrinted);
// What was printed outside of tests, such as while a file was loaded.
afterAll(failIfPrinted);
