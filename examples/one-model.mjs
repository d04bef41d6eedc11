// One model by itself: a vocabulary, packed tokens, training, and the loss as it falls. Nothing is
// written to disk.
//   node examples/one-model.mjs [experiment.yaml]
import {
  attackSchemas,
  batchesOf,
  chooseEngine,
  createGpt,
  examplesOf,
  expandPlan,
  loadExperiment,
  openCorpus,
  packStream,
  takeSplit,
  tokenizeTexts,
  trainPhase,
  trainTokenizer,
} from 'tinypoison';

const [file = 'examples/tiny.yaml'] = process.argv.slice(2);
const [run] = expandPlan(loadExperiment(file, { attacks: attackSchemas })).runs;
if (run === undefined) throw new Error(`${file} plans no run`);
const { config } = run;
const [phase] = config.phases;
if (phase === undefined) throw new Error(`${file} has no phase`);

const corpus = await openCorpus(config.corpus, { baseFolder: '.' });
const documents = await takeSplit(corpus, 'train', { ...config.corpus, documents: 400 });
const texts = documents.map(({ text }) => text);
const tokenizer = await trainTokenizer(config.tokenizer, texts);

const { sequences, accumulation } = phase.batch;
const T = config.model.contextTokens;
const steps = 30;
const packed = packStream({
  examples: examplesOf(tokenizeTexts(tokenizer, texts)),
  separatorId: tokenizer.separatorId,
  tokens: steps * accumulation * sequences * T,
});
const batches = batchesOf(packed, { sequences, accumulation, contextTokens: T, epochs: 1 });

const { engine } = chooseEngine({ engine: 'auto' });
const { vocabularySize } = tokenizer;
const model = createGpt({ config: config.model, vocabularySize, engine, training: { sequences } });
model.initialise(config.seed);
for await (const step of trainPhase({
  model,
  batches,
  optimizer: phase.optimizer,
  schedule: phase.schedule,
})) {
  if (step.optimizerStep % 10 === 0) {
    console.log(`step ${step.optimizerStep}: ${step.lossNats.toFixed(3)} nats a token`);
  }
}
model.release();
