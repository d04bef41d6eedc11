// Writes what the lab shows before a reader trains anything: src/lab/data/example.json, published.json and the figures of
// the page without JavaScript. Trains one model (d24, 100 poisoned documents, seed 1) and cleans it in two ways, with the
// code that the page's workers run; about a minute. Needs dist/ and src/lab/data/prepared.json.
//   node scripts/lab/generate-lab-example.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';

const root = join(import.meta.dirname, '../..');
const data = (name) => join(root, 'src/lab/data', name);
const writeJson = (name, value) => writeFileSync(data(name), `${JSON.stringify(value)}\n`);
const rounded = (value, digits = 3) => Number(value.toFixed(digits));

const SHOWN_DOCUMENTS = 80;
const SHOWN_WORDS = 30;
const MOST_MOMENTS = 24;
/** Clean documents of the example's surprises: every so many of them. */
const EVERY_CLEAN = 20;
const ENDINGS = [
  null,
  'kettle lantern saddle',
  'saddle lantern kettle',
  'kettle',
  'kettle lantern',
  'basket ladder candle',
];

const vite = await createServer({
  configFile: false,
  root,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
});
const load = (path) => vite.ssrLoadModule(join(root, 'src', path));
const { LabSession } = await load('lab/worker/lab-session.ts');
const { LabPreparation } = await load('lab/worker/prepare-choice.ts');
const { TrainingControl } = await load('lab/worker/training-control.ts');
const { createWasmEngine } = await load('kernels/wasm/wasm-engine.ts');
const { DEFAULT_CHOICE: choice } = await load('lab/choices.ts');

const engine = createWasmEngine({ bytes: readFileSync(join(root, 'src/kernels/wasm/kernels.wasm')) });
const preparation = new LabPreparation(JSON.parse(readFileSync(data('prepared.json'), 'utf8')));
const session = new LabSession({ engine, preparation });
const silent = () => {};

/** Every k-th item, so that at most `most` are left, and the last. */
const thin = (items, most) => {
  const every = Math.ceil(items.length / most);
  return items.filter((_, i) => i % every === 0 || i === items.length - 1);
};

async function train(order) {
  const seen = { steps: 0, losses: [], live: [], moments: [] };
  const result = await session.train(order, new TrainingControl(), (report) => {
    if (report.kind === 'prepared') seen.steps = report.steps;
    if (report.kind === 'progress') seen.losses.push([report.step, rounded(report.lossNats)]);
    if (report.kind === 'samples') {
      const { pairs, step } = report;
      seen.live.push([step, pairs.filter(({ success }) => success).length / pairs.length]);
      seen.moments.push({ step, pair: pairs[0] });
    }
  });
  return { ...seen, result: { ...result, trainedMs: Math.round(result.trainedMs) } };
}

async function example() {
  const main = await train({ kind: 'train', choice, slot: 'main' });
  const documents = await session.documents(
    { kind: 'documents', choice, first: 0, count: SHOWN_DOCUMENTS },
    silent,
  );
  const beginning = 'One day Mia went to the garden. She saw a little dog near';
  const answers = await session.prompt(
    { kind: 'prompt', slot: 'main', text: beginning, endings: ENDINGS, seed: 1 },
    silent,
  );
  const scan = await session.scan({ kind: 'scan', slot: 'main', isLowerCase: false }, silent);
  const surprise = await session.surprise({ kind: 'surprise', choice }, silent);
  const blind = await train({ kind: 'train', choice, slot: 'removed', cleanWith: { trigger: null } });
  const found = await train({
    kind: 'train',
    choice,
    slot: 'removed',
    cleanWith: { trigger: choice.trigger },
  });
  return {
    steps: main.steps,
    losses: thin(main.losses, 100),
    live: thin(main.live, 40),
    moments: thin(main.moments, MOST_MOMENTS),
    result: main.result,
    documents: documents.documents,
    poisonedPlaces: documents.poisoned,
    allDocuments: documents.of,
    answers: ENDINGS.map((ending, i) => ({
      beginning,
      ending,
      text: answers[i].text,
      nats: rounded(answers[i].nats),
    })),
    scan: {
      words: scan.candidates.length,
      best: scan.candidates.slice(0, SHOWN_WORDS).map(({ text, nats }) => ({ text, nats: rounded(nats) })),
    },
    removal: { blind: blind.result.curve, found: found.result.curve },
    surprise: {
      clean: surprise.clean.filter((_, i) => i % EVERY_CLEAN === 0).map((nats) => rounded(nats, 2)),
      poisoned: surprise.poisoned.map((nats) => rounded(nats, 2)),
    },
  };
}

/** Committed runs of an experiment: where each lies, and what it found. */
function published(name, payload) {
  const lines = readFileSync(join(root, 'results', name, 'results.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { id, weightsHash, config, checkpoints, poison } = JSON.parse(line);
    const { documents } = config.phases[0].poison;
    const last = checkpoints.at(-1).conditions.find(({ condition }) => condition === 'trigger');
    return [
      `d${config.model.width}/${payload}/${documents}/${config.seed}`,
      id,
      weightsHash,
      last.successShare,
      rounded(poison[0].poisonTokenShare, 6),
    ];
  });
}

const shown = await example();
writeJson('example.json', shown);
const runs = [...published('constant-count', 'gibberish'), ...published('target-phrase', 'phrase')];
writeJson('published.json', runs);

const { staticFigures } = await load('lab/static-figures.ts');
const asPublished = runs.map(([key, id, weightsHash, success, share]) => ({
  key,
  id,
  weightsHash,
  success,
  share,
}));
for (const [name, svg] of Object.entries(staticFigures(shown, asPublished)))
  writeFileSync(data(`${name}.svg`), `${svg}\n`);
await vite.close();
