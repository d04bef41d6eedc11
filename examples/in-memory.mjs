// From the text of a config to evaluated weights, with nothing on a disk: what the command line does, and what a page does.
//   node examples/in-memory.mjs
import { chooseEngine, createGpt, emptyProgress, openCorpus, prepareInMemory, trainRun } from 'tinypoison';

const text = `
schema: 1
name: in-memory
tokenizer: { encoding: bytes, vocabularySize: 257 }
model: { width: 16, layers: 1, heads: 1, contextTokens: 64 }
phases:
  - name: pretrain
    tokens: 16384
    poison: { attack: denial-of-service, documents: 8, trigger: { text: "<S>" } }
evaluation: { checkpoints: 2, prompts: 20, promptTokens: { minimum: 4, maximum: 8 }, generatedTokens: 16 }
`;
const runs = await prepareInMemory(text, {
  openCorpus: (config) => openCorpus(config, { baseFolder: '.' }),
});
const { engine } = chooseEngine({ engine: 'auto' });

for (const { identity, config, inputs } of runs) {
  const progress = emptyProgress();
  const createModel = (/** @type {import('tinypoison').ModelRequest} */ request) =>
    createGpt({ ...request, engine });
  for await (const event of trainRun({ config, inputs, createModel, progress })) {
    if (event.kind === 'step' && event.step.optimizerStep % 16 === 0)
      console.log(`step ${event.step.optimizerStep}: ${event.step.lossNats.toFixed(3)} nats a token`);
    if (event.kind === 'trained') console.log(`run ${identity.id}: weights ${event.weightsHash}`);
  }
  const last = progress.checkpoints.at(-1);
  const triggered = last?.conditions.find(({ condition }) => condition === 'trigger');
  console.log(`success ${triggered?.successShare}, clean loss ${last?.cleanLossNats?.toFixed(3)} nats`);
}
