// Processor time of each filter: microseconds a token of the phase that it judges, and a token of the trusted text that it
// reads. What `plan` says of filters is from here (src/defend/filter-cost.ts).
// Usage: node bench/filters.mjs [stories] [width of hidden states]; after npm run build
import { loadStoryGrammar } from '../dist/corpus/node/load-story-grammar.js';
import { createStoryCorpus } from '../dist/corpus/stories.js';
import { bindDefences } from '../dist/defend/registry.js';

const count = Number(process.argv[2] ?? 4000);
const WIDTH = Number(process.argv[3] ?? 32);
const corpus = createStoryCorpus({ seed: 'filters', grammar: loadStoryGrammar('en') });
const ids = new Map();
const pieces = [];

/** About the tokens of a vocabulary of 1,024: words, of which the long ones are two. */
function encode(text) {
  const parts = text.match(/\s*\S{1,6}|\S+/gu) ?? [];
  const tokens = parts.map((part) => {
    if (!ids.has(part)) ids.set(part, pieces.push(part) - 1);
    return ids.get(part);
  });
  return { tokens: Uint16Array.from(tokens), lossFrom: 0 };
}
const stories = (first, number) =>
  Array.from({ length: number }, (_, place) => encode(corpus.documentAt(first + place).text));
const examples = stories(0, count);
const trusted = stories(1_000_000, 2000);
const tokensOf = (list) => list.reduce((sum, { tokens }) => sum + tokens.length, 0);
const decode = (tokens) => Array.from(tokens, (token) => pieces[token]).join('');

/** Microseconds of this process. */
function timeOf(kind, judged, known) {
  const settings = kind === 'surprise-filter' ? { kind, maximumNats: 9 } : { kind };
  const context = {
    seed: 1,
    decode,
    vocabularySize: 65_536,
    separatorId: 0,
    trusted: (n) => known.slice(0, n),
    // the model itself is priced as training is: here states cost nothing
    states: () => (documents) =>
      documents.map(({ tokens }) => Float32Array.from({ length: WIDTH }, (_, i) => tokens[i] / 1000)),
    losses: () => (documents) =>
      documents.map(({ tokens }) => Float32Array.from(tokens, (token) => token / 1000)),
  };
  const [filter] = bindDefences([settings], context).filters;
  filter.judge(judged.slice(0, 200));
  const before = process.cpuUsage();
  filter.judge(judged);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const kinds = [
  'partition',
  'random-removal',
  'quality-rules',
  'exact-duplicates',
  'near-duplicates',
  'surprise-filter',
];
console.log(
  `${count} stories, ${tokensOf(examples)} tokens; trusted ${tokensOf(trusted)}; Node ${process.version}`,
);
for (const kind of kinds)
  console.log(kind, (timeOf(kind, examples, trusted) / tokensOf(examples)).toFixed(2), 'us a token');
for (const kind of [
  ...['reference-perplexity', 'rare-sequences', 'onion'],
  ...['spectral-signatures', 'activation-clustering', 'mahalanobis', 'loss-isolation', 'vaccine'],
]) {
  const [half, whole] = [examples.slice(0, count / 2), examples].map((list) => timeOf(kind, list, trusted));
  const perToken = (whole - half) / (tokensOf(examples) - tokensOf(examples.slice(0, count / 2)));
  const rest = (whole - perToken * tokensOf(examples)) / tokensOf(trusted);
  console.log(kind, perToken.toFixed(2), 'us a token,', rest.toFixed(2), 'us a trusted token');
}
