// The training of a stored run as another evaluation needs it: losses, trace, and weights checked against their hashes.
import { join } from 'node:path';
import { tokensPerStep } from '../../config/count-parameters.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { ArtefactError, InputError } from '../../core/errors.ts';
import { loadModel } from '../../model/node/save-model.ts';
import { evaluatedSteps, type KeptTraining } from '../../recipe/evaluate-run.ts';
import { readCachedJson } from '../prepare/cached-json.ts';
import type { RunTask } from '../run-event.ts';
import { lossesSchema } from '../schemas/run-file-schemas.ts';
import { readTrace } from '../store/read-run-file.ts';
import { damagedFile, readResult, runFile } from '../store/store.ts';
import { keptWeights } from '../store/stored-training.ts';
import type { RunJournal } from './run-journal.ts';
import { hashTensors, isTracedStep, type TraceEntry } from './trace.ts';

interface OpenTraining extends KeptTraining {
  readonly trace: readonly TraceEntry[];
}

/** @throws InputError or ArtefactError where something is missing or damaged */
function openTraining(store: string, id: string, config: RunConfig): OpenTraining {
  const stored = readResult(store, id);
  if (stored.kind !== 'found') throw new InputError(`the result of run ${id.slice(0, 12)} cannot be read`);
  const { record } = stored;
  const trace = readTrace(store, id) ?? [];
  const path = runFile(store, id, 'losses');
  const lossesNats = readCachedJson(path, lossesSchema);
  const steps = evaluatedSteps(config);
  if (lossesNats.length !== steps.at(-1)) throw damagedFile(path);
  const weightsAfter = (optimizerStep: number) => {
    const folder = keptWeights(store, record, optimizerStep);
    const traced = trace.find((entry) => entry.optimizerStep === optimizerStep);
    if (folder === undefined || traced === undefined)
      throw new InputError(`run ${id.slice(0, 12)} has kept no weights of step ${optimizerStep}`);
    const { config: model, weights } = loadModel(folder);
    const isSame =
      canonicalJson(model) === canonicalJson(record.config.model) &&
      canonicalJson(hashTensors(weights)) === canonicalJson(traced.tensors);
    if (!isSame) throw damagedFile(join(folder, 'model.safetensors'));
    return weights;
  };
  // All are checked before any is used: a run is evaluated as a whole, or trained as a whole.
  for (const step of steps) weightsAfter(step);
  return { lossesNats, weightsAfter, trace };
}

/** The entries of a trace that a run of this config writes. */
function traceOf(config: RunConfig, { trace }: OpenTraining): TraceEntry[] {
  const evaluated = new Set(evaluatedSteps(config));
  let before = 0;
  const begins = config.phases.map(({ name, tokens, batch }) => {
    const begin = [name, before] as const;
    before += tokens / tokensPerStep(config.model, batch);
    return begin;
  });
  const firstStep = new Map(begins);
  return trace.filter(
    ({ optimizerStep, phase }) =>
      optimizerStep === 0 ||
      evaluated.has(optimizerStep) ||
      isTracedStep(optimizerStep - (firstStep.get(phase) ?? 0)),
  );
}

/**
 * The kept training that a task is to be evaluated from, its trace and losses put into the journal. Null: it is to be
 * trained; a sentence says why where that is not by plan.
 */
export function openKept(
  { store, trainedBy, config }: RunTask,
  journal: RunJournal,
): KeptTraining | null | string {
  if (trainedBy === undefined) return null;
  try {
    const training = openTraining(store, trainedBy, config);
    journal.trace = traceOf(config, training);
    journal.lossesNats = [...training.lossesNats];
    return training;
  } catch (error) {
    if (!(error instanceof InputError || error instanceof ArtefactError)) throw error;
    return `${error.message}; the run is trained`;
  }
}
