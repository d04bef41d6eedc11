// Two engines train one run side by side, from the same weights on the same batches: where they part shows whether
// an engine of this machine is at fault.
import type { RunConfig } from '../config/schema/schema.ts';
import { chooseEngine } from '../kernels/choose-engine.ts';
import type { Engine } from '../kernels/engine.ts';
import { ENGINES, type EngineName } from '../kernels/engine-names.ts';
import { createGpt, type Gpt } from '../model/gpt.ts';
import { buildPhaseData } from '../recipe/phase/phase-data.ts';
import { phaseDefences, phaseTraining } from '../recipe/phase/phase-defences.ts';
import { openInputs, openPhase } from '../recipe/run-inputs.ts';
import { memoryScoring, type ScoringModels, scoringConfigs } from '../recipe/scoring/scoring-models.ts';
import { trainScoring } from '../recipe/train-run.ts';
import { compareTraces, type TraceEntry, traceWeights } from '../run/execute/trace.ts';
import { WorkerContext } from '../run/execute/worker-context.ts';
import type { PhaseArtefacts, RunArtefacts } from '../run/run-event.ts';
import { type TrainEvent, trainPhase } from '../train/train-phase.ts';

/** How two engines compared. */
export interface LockstepResult {
  /** In words. */
  readonly engine: string;
  readonly beside: string;
  /** Steps after which everything was compared. */
  readonly steps: number;
  /** First step whose training loss or weights differ, 0 for the initial weights; null: none. */
  readonly parted: {
    readonly optimizerStep: number;
    /** Tensors that differ after it; the first in the order of the model first. */
    readonly tensors: readonly string[];
    readonly lossDiffers: boolean;
  } | null;
}

/** A run whose inputs are prepared. */
export interface PreparedRun {
  readonly config: RunConfig;
  readonly artefacts: RunArtefacts;
}

interface Trainer {
  readonly model: Gpt;
  readonly steps: AsyncGenerator<TrainEvent, void, void>;
}

/** Models that the defences of the first phase judge documents with, trained once, by one engine. */
async function firstScoring(
  { config, artefacts }: PreparedRun,
  engine: Engine,
  context: WorkerContext,
): Promise<ScoringModels> {
  const scoring = memoryScoring();
  const first = { ...config, phases: config.phases.slice(0, 1) };
  if (scoringConfigs(first).length === 0) return scoring;
  const { tokenizer } = context.vocabulary(artefacts.vocabulary);
  const training = trainScoring({
    config: first,
    inputs: openInputs(artefacts, { reader: context, tokenizer }),
    createModel: (request) => createGpt({ ...request, engine }),
    scoring,
  });
  for await (const _ of training);
  return scoring;
}

/** The first phase of a run on an engine. */
function startTraining(
  run: PreparedRun,
  engine: Engine,
  { context, scoring }: { context: WorkerContext; scoring: ScoringModels },
): Trainer {
  const { artefacts } = run;
  const config = { ...run.config, phases: run.config.phases.slice(0, 1) };
  const { tokenizer } = context.vocabulary(artefacts.vocabulary);
  const [phase] = config.phases;
  if (phase === undefined) throw new Error('a run has at least one phase');
  const inputs = openPhase(artefacts.phases[0] as PhaseArtefacts, context);
  const defences = phaseDefences(config, 0, {
    tokenizer,
    phase: () => inputs,
    scoring: { models: scoring, createModel: (request) => createGpt({ ...request, engine }) },
  });
  const { batches } = buildPhaseData({
    config,
    phase: 0,
    filters: defences.filters,
    inputs,
    separatorId: tokenizer.separatorId,
  });
  const { vocabularySize } = tokenizer;
  const training = phaseTraining(phase, defences);
  const model = createGpt({ config: config.model, vocabularySize, engine, training });
  model.initialise(config.seed);
  const { optimizer, schedule } = phase;
  const { gradient } = defences;
  return { model, steps: trainPhase({ model, batches, optimizer, schedule, ...(gradient && { gradient }) }) };
}

async function entryAfter({ model, steps }: Trainer, optimizerStep: number): Promise<TraceEntry | null> {
  const at = { optimizerStep, phase: '' };
  if (optimizerStep === 0) return traceWeights(model, { ...at, lossNats: null });
  const { value, done } = await steps.next();
  return done === true || value === undefined
    ? null
    : traceWeights(model, { ...at, lossNats: value.lossNats });
}

/**
 * Trains the first steps of a run on two engines and compares losses and weights after each.
 * @throws DivergenceError where one of them leaves the finite numbers
 */
export async function runLockstep(
  run: PreparedRun,
  options: { engine: Engine; beside: Engine; steps: number },
): Promise<LockstepResult> {
  const context = new WorkerContext();
  const scoring = await firstScoring(run, options.engine, context);
  const trainers = [
    startTraining(run, options.engine, { context, scoring }),
    startTraining(run, options.beside, { context, scoring }),
  ] as const;
  const names = { engine: options.engine.detail, beside: options.beside.detail };
  try {
    for (let step = 0; step <= options.steps; step++) {
      const one = await entryAfter(trainers[0], step);
      const other = await entryAfter(trainers[1], step);
      if (one === null || other === null) return { ...names, steps: step - 1, parted: null };
      const difference = compareTraces([one], [other]);
      const lossDiffers = one.lossNats !== other.lossNats;
      if (difference !== null || lossDiffers) {
        const parted = { optimizerStep: step, tensors: difference?.tensors ?? [], lossDiffers };
        return { ...names, steps: step, parted };
      }
    }
    return { ...names, steps: options.steps, parted: null };
  } finally {
    for (const { model, steps } of trainers) {
      await steps.return();
      model.release();
    }
  }
}

/** Seconds that the slower of two engines may take: the reference is slow. */
const AFFORDABLE_SECONDS = 4;
const MOST_STEPS = 200;

/**
 * Holds the engine in use against the others of this machine: the plain TypeScript one, which defines what is right,
 * for a few steps, and a compiled one for more.
 * @param options.stepFlops floating-point operations of one optimizer step
 */
export async function checkEngine(
  run: PreparedRun,
  options: { engine: 'auto' | EngineName; stepFlops: number },
): Promise<LockstepResult[]> {
  const { engine } = chooseEngine({ engine: options.engine });
  const results: LockstepResult[] = [];
  for (const name of ['reference', 'wasm'] as const) {
    if (name === engine.name) continue;
    const slower = Math.min(
      ...[name, engine.name as EngineName].map(
        (one) => AFFORDABLE_SECONDS * ENGINES[one].guessedFlopsPerSecond,
      ),
    );
    const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(slower / options.stepFlops)));
    const beside = chooseEngine({ engine: name }).engine;
    results.push(await runLockstep(run, { engine, beside, steps }));
  }
  return results;
}
