// Writes what the lab's workers are spared to make: src/lab/data/prepared.json (story grammar, vocabulary, token ids of the
// pieces of stories and prompts, configs, poisoned documents of seed 1). Needs dist/ (`npm run prepare`).
//   node scripts/lab/generate-lab-data.mjs            writes
//   node scripts/lab/generate-lab-data.mjs --check    fails where the file is not what would be written
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadExperiment } from '../../dist/config/node/load-experiment.js';
import { expandPlan } from '../../dist/config/sweep/expand-plan.js';
import { loadStoryGrammar } from '../../dist/corpus/node/load-story-grammar.js';
import { createStoryCorpus } from '../../dist/corpus/stories.js';
import { createMemoryMemo } from '../../dist/recipe/memo.js';
import { prepareConfigs } from '../../dist/recipe/prepare-configs.js';
import { registered } from '../../dist/recipe/registered.js';
import { recordPieces } from '../../dist/tokens/piece-table.js';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'src/lab/data/prepared.json');
const SIZES = ['d24', 'd32', 'd48', 'd64'];
const MOST_DOCUMENTS = 250;
/** Seeds whose fixed phrase is planted without the ranks. */
const PHRASE_SEEDS = 40;
/** Stories whose pieces are in the table, beyond those that the runs read. */
const STORIES = 20_000;

/** One run of constant-count with another attack and size. */
function configOf(attack, size) {
  const experiment = loadExperiment(join(root, 'experiments/constant-count/experiment.yaml'), {
    ...registered,
    set: [
      `phases.pretrain.poison={ extends: configs/attacks/${attack}.yaml, documents: 100 }`,
      'sweep.seeds=[1]',
    ],
    sweep: [`model=[configs/models/${size}.yaml]`, 'phases.pretrain.poison.documents=[100]'],
  });
  return expandPlan(experiment).runs[0].config;
}

async function generate() {
  const grammar = loadStoryGrammar('en');
  const gibberish = Object.fromEntries(SIZES.map((size) => [size, configOf('denial-of-service', size)]));
  const phrase = configOf('target-phrase', 'd24');
  const base = gibberish.d32;
  const withDocuments = (config, documents, seed = config.seed) => ({
    ...config,
    seed,
    phases: [{ ...config.phases[0], poison: { ...config.phases[0].poison, documents } }],
  });
  const memo = createMemoryMemo();
  const pieces = new Map();
  const options = {
    memo,
    openCorpus: async ({ seed }) => createStoryCorpus({ seed, grammar }),
    openEncoder: (vocabulary) => recordPieces(vocabulary, pieces),
  };
  // the random text of gibberish is taken as it is: its pieces need not be in the table
  const scratch = new Map();
  const poisoned = withDocuments(gibberish.d64, MOST_DOCUMENTS);
  const whole = { ...options, openEncoder: (vocabulary) => recordPieces(vocabulary, scratch) };
  await prepareConfigs([poisoned], whole);
  const { values } = memo.snapshot();
  const [[vocabularyRef, vocabulary]] = values.vocabularies;
  const [[poisonRef, poison]] = values.poison;
  const known = createMemoryMemo({
    values: { ...values, evaluation: [], triggers: [], prompts: [], 'clean-triggers': [] },
    encoded: [],
  });
  const seeds = Array.from({ length: PHRASE_SEEDS }, (_, index) => index + 1);
  await prepareConfigs([poisoned, ...seeds.map((seed) => withDocuments(phrase, MOST_DOCUMENTS, seed))], {
    ...options,
    memo: known,
  });
  const recorder = await recordPieces(vocabulary, pieces);
  const corpus = createStoryCorpus({ seed: base.corpus.seed, grammar });
  for (let index = 0; index < STORIES; index++) recorder.encode(corpus.documentAt(index).text);
  // each word behind a space, too: what a reader puts behind a prompt
  for (const piece of [...pieces.keys()]) recorder.encode(` ${piece.trim()}`);
  return {
    grammar,
    vocabulary: { ref: vocabularyRef, value: vocabulary },
    pieces: Object.fromEntries([...pieces].sort(([a], [b]) => (a < b ? -1 : 1))),
    base,
    sizes: Object.fromEntries(
      SIZES.map((size) => [size, { model: gibberish[size].model, tokens: gibberish[size].phases[0].tokens }]),
    ),
    poisons: { gibberish: base.phases[0].poison, phrase: phrase.phases[0].poison },
    poison: {
      ref: poisonRef,
      attack: 'denial-of-service',
      documents: poison.map(({ tokens }) => tokens),
    },
  };
}

process.chdir(root); // paths of options are relative to it
const text = `${JSON.stringify(await generate())}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/lab/data/prepared.json is stale: run node scripts/lab/generate-lab-data.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
  console.log(`wrote ${target}: ${text.length} bytes`);
}
