// From an experiment's YAML to numbers: loads it, runs what is missing, prints success by count.
//   node examples/experiment.mjs [experiment.yaml] [store]
import { dirname } from 'node:path';
import { analyseExperiment, attackSchemas, expandPlan, loadExperiment, runExperiment } from 'tinypoison';

const [file = 'examples/tiny.yaml', store = 'runs'] = process.argv.slice(2);
const experiment = loadExperiment(file, { attacks: attackSchemas });
const plan = expandPlan(experiment);

const outcome = await runExperiment(plan, {
  store,
  baseFolder: dirname(file),
  typed: { text: experiment.text, ...experiment.options },
});
// A run that was stopped before it began has no record.
const records = outcome.records.filter((record) => record !== undefined);

for (const { poison, checkpoints, config } of records) {
  const triggered = checkpoints.at(-1)?.conditions.find(({ condition }) => condition === 'trigger');
  console.log(
    `${poison[0]?.documents} poisoned documents, seed ${config.seed}: success ${triggered?.successShare}`,
  );
}
const analysis = analyseExperiment({ name: plan.name, configText: experiment.text, records });
console.log(analysis.verdict.headline);
