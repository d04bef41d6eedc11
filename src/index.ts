// The public interface of the library. Everything else may change between versions.
//
// examples/experiment.mjs goes from a YAML to numbers, examples/in-memory.mjs trains a run without a disk,
// examples/one-model.mjs one model by itself; all are type-checked and run by tests.

/** Statistics and reports. */
export { type Analysis, analyseExperiment } from './analyse/analyse-experiment.ts';
export { type Experiment, loadExperiment, parseExperiment } from './config/node/load-experiment.ts';
export type { ModelConfig, PhaseConfig, PoisonConfig, RunConfig } from './config/schema/schema.ts';
/** Experiments: loading with all problems at once, and expansion into an immutable plan. */
export { expandPlan, type Plan, type PlannedRun } from './config/sweep/expand-plan.ts';
/** Errors that are expected and explained. */
export { DivergenceError, InputError, type Problem, TinypoisonError } from './core/errors.ts';
/** Corpora and tokens. */
export type { Corpus, Document, Split } from './corpus/document.ts';
export { openCorpus } from './corpus/node/open-corpus.ts';
export { takeSplit } from './corpus/splits.ts';
export { defenceSchemas, listDefences } from './defend/registry.ts';
/** Evaluation. */
export { evaluateCheckpoint } from './evaluate/evaluate-checkpoint.ts';
export { type EvaluationSet, prepareEvaluation } from './evaluate/evaluation-set.ts';
/** The model and its training. All engines give the same bits. */
export { chooseEngine, describeEngines } from './kernels/choose-engine.ts';
export { startWasmEngine } from './kernels/wasm/wasm-engine.ts';
export { createGpt, type Gpt } from './model/gpt.ts';
export type { Generation, GenerationRequest, LanguageModel } from './model/language-model.ts';
export { loadModel, saveModel } from './model/node/save-model.ts';
/** Attacks, and the insertion of exactly N documents. */
export { type BoundAttack, bindAttack } from './poison/attack.ts';
export { attackSchemas } from './poison/attack-schemas.ts';
export { poisonOwnTexts } from './poison/dual-use.ts';
export { planInsertion } from './poison/insertion.ts';
export type { Payload } from './poison/payload.ts';
export { listPayloads, listTriggerFamilies } from './poison/registry.ts';
export type { TriggerFamily } from './poison/trigger.ts';
/** The recipe of a run, without files: from the text of a config to evaluated weights. */
export type { PreparedRun } from './recipe/prepare-configs.ts';
export { prepareInMemory } from './recipe/prepare-in-memory.ts';
export type { OpenCorpus } from './recipe/prepare-runs.ts';
export type { RunInputs } from './recipe/run-inputs.ts';
export { emptyProgress, type RunProgress } from './recipe/run-progress.ts';
export { type ModelRequest, type TrainRunEvent, type TrainRunOptions, trainRun } from './recipe/train-run.ts';
export { writeReport } from './report/write-report.ts';
/** Running, and the records that come out. */
export type { CheckpointRecord, ConditionRecord, RunRecord, SampleRecord } from './run/record.ts';
export { type ExperimentOptions, type ExperimentOutcome, runExperiment } from './run/run-experiment.ts';
export { readResult, storedRunIds } from './run/store/store.ts';
export { type BatchSource, batchesOf } from './tokens/batches.ts';
export { tokenizerFromVocabulary } from './tokens/compact-tokenizer.ts';
export { type Example, examplesOf } from './tokens/example.ts';
export { packRows, packStream } from './tokens/packing.ts';
export { tokenizeTexts } from './tokens/tokenized-documents.ts';
export type { Tokenizer } from './tokens/tokenizer.ts';
export { trainTokenizer } from './tokens/train-tokenizer.ts';
export { type TrainEvent, trainPhase } from './train/train-phase.ts';
/** Checking: runs repeated and compared with their results, and a run's way back to its data. */
export { type Lineage, traceLineage } from './verify/lineage/lineage.ts';
export { readResultsFolder } from './verify/results-folder.ts';
export type { Verification } from './verify/verification.ts';
export { type VerifyOptions, verifyResults } from './verify/verify-results.ts';
