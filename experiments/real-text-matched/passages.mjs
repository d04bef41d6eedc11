// Passages of at least 400 characters from the verses that `bible` prints (Debian's bible-kjv): verses of one chapter put together.
//   bible -f "gen1:1-rev22:21" | node experiments/real-text-matched/passages.mjs > experiments/real-text-matched/king-james.jsonl
import { createInterface } from 'node:readline';

const LENGTH = 400;
let chapter = '';
let verses = [];
let documents = 0;

function flush() {
  if (verses.length === 0) return;
  process.stdout.write(`${JSON.stringify({ id: documents++, text: verses.join(' ') })}\n`);
  verses = [];
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = /^(\w+?\d+):\d+ (.*)$/.exec(line.trim());
  if (!found)
    throw new Error(
      `not a verse: ${JSON.stringify(line)}; wanted "Ge1:1 In the beginning ...", as bible -f prints it`,
    );
  if (found[1] !== chapter) flush();
  chapter = found[1];
  verses.push(found[2].trim());
  if (verses.join('').length >= LENGTH) flush();
}
flush();
