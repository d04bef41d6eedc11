// Are results what this program computes? Some of their runs are repeated, without anything that was stored, and
// compared: to the last bit where bits are promised, else by bands.

import { analyseExperiment } from '../analyse/analyse-experiment.ts';
import { tokensPerStep } from '../config/count-parameters.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { InputError } from '../core/errors.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import { arithmeticOf } from '../run/execute/model-source.ts';
import { compareTraces } from '../run/execute/trace.ts';
import type { RunRecord } from '../run/record.ts';
import { ifReadable, readTrace } from '../run/store/read-run-file.ts';
import { compareByBands } from './bands.ts';
import { BaseFinder } from './base-finder.ts';
import { chooseSample } from './choose-sample.ts';
import { compareRecords, type RecordDifference } from './compare-records.ts';
import { CorpusFinder, completeRun } from './complete-config.ts';
import { foreignContracts, type Release, releases } from './contract-releases.ts';
import { checkDerived, type DerivedCheck } from './derived-files.ts';
import { explainDifference } from './explain.ts';
import type { Finding } from './finding.ts';
import { checkEngine, type LockstepResult } from './lockstep.ts';
import { planFindings, planOfResults } from './planned-records.ts';
import { type RerunOptions, ScratchStore } from './rerun.ts';
import { findInconsistencies, type ResultsFolder } from './results-folder.ts';
import { type RunVerification, type Verification, worstOutcome } from './verification.ts';

/** What is verified, and how. */
export interface VerifyOptions extends RerunOptions {
  /** Runs to do again; `all`: every one. */
  readonly sample: number | 'all';
  /** A store that may hold the original runs: their traces tell where weights part. */
  readonly store: string;
  /** Runs of the experiment as it is now, if it is known: they know where corpora lie. */
  readonly planned?: readonly PlannedRun[];
  /** Files that may be the corpora of the results, absolute. */
  readonly corpora?: readonly string[];
  /** Folders that may hold the weights that runs start from, absolute; the runs of the store are searched too. */
  readonly bases?: readonly string[];
  /** Told which runs are about to be repeated. */
  readonly onChosen?: (chosen: readonly PlannedRun[], total: number) => void;
  /** For tests. */
  readonly knownReleases?: readonly Release[];
}

/** A record, and the run that repeats it. */
interface Candidate {
  readonly record: RunRecord;
  readonly run: PlannedRun;
  readonly engine: EngineOption;
}

/** @throws InputError that names the release that verifies results of other contracts */
function refuseForeign({ name, folder, records }: ResultsFolder, known: readonly Release[]): void {
  for (const record of records) {
    const foreign = foreignContracts(record, known);
    if (foreign === null) continue;
    const { differences, release } = foreign;
    const remedy =
      release === undefined
        ? 'no release that this one knows of has those; a newer one may'
        : `\`npx tinypoison@${release.packages} verify ${folder}\` verifies them`;
    throw new InputError(
      `results of ${name} were made under other contracts: ${differences.join(', ')}. ` +
        `Under these the same config gives other bits, so they are not repeated: ${remedy}`,
    );
  }
}

/** TensorFlow.js repeats its own runs, unless another engine is requested. */
function engineFor({ arithmetic }: RunRecord, asked: EngineOption): EngineOption {
  return asked === 'auto' && arithmetic === 'tfjs' ? 'tfjs' : asked;
}

function bandsBecause({ record, engine }: Candidate): string | null {
  if (record.arithmetic === 'tfjs')
    return 'made by TensorFlow.js, which is not bit-reproducible: compared by bands only';
  return arithmeticOf(engine) === 'tfjs'
    ? 'repeated by TensorFlow.js, which is not bit-reproducible: compared by bands only'
    : null;
}

/** A run that is recorded as failed, tried again: it fails, or the record is wrong or out of date. */
function compareFailed(record: RunRecord, rerun: RunRecord): RunVerification {
  const base = { record, bandsBecause: null, difference: null, bands: [], trace: null, hasTrace: false };
  if (rerun.status === 'failed')
    return {
      ...base,
      outcome: 'same-bits',
      reasons: [`fails again: ${rerun.error ?? 'it gives no reason'}`],
    };
  const reason = `recorded as failed (${record.error ?? 'without a reason'}), but repeated it is ${rerun.status}: \`tinypoison run --retry-failed\` does it, or the record was edited`;
  return { ...base, outcome: 'differs', reasons: [reason] };
}

/** One run beside its record, without reasons. */
function compareRun(
  candidate: Candidate,
  rerun: RunRecord,
  context: { store: string; scratch: ScratchStore },
): RunVerification {
  const { record } = candidate;
  if (record.status === 'failed') return compareFailed(record, rerun);
  const because = bandsBecause(candidate);
  const nothing = {
    record,
    bandsBecause: because,
    difference: null,
    bands: [],
    trace: null,
    hasTrace: false,
  };
  if (rerun.status === 'failed')
    return { ...nothing, outcome: 'failed', reasons: [rerun.error ?? 'it gave no reason'] };
  const difference = because === null ? compareRecords(record, rerun) : null;
  if (because === null && difference === null) return { ...nothing, outcome: 'same-bits', reasons: [] };
  const bands = compareByBands(record, rerun);
  const outcome = bands.every(({ agrees }) => agrees) ? 'within-bands' : 'differs';
  const original = because === null ? ifReadable(() => readTrace(context.store, record.id)) : null;
  const again = context.scratch.trace(rerun.id);
  const hasTrace = original !== null && again !== null;
  const trace = hasTrace ? compareTraces(original, again) : null;
  return { ...nothing, outcome, difference, bands, trace, hasTrace, reasons: [] };
}

/** Runs whose corpora are others than those of their records: they could only come out otherwise. */
async function findOtherCorpora(candidates: readonly Candidate[], scratch: ScratchStore): Promise<Finding[]> {
  const identities = await scratch.identify(
    candidates.map(({ run }) => run),
    'auto',
  );
  return candidates.flatMap(({ record }, place): Finding[] => {
    const here = identities[place]?.contracts ?? {};
    const other = Object.keys(here).find(
      (key) => key.startsWith('corpusHash') && here[key] !== record.contracts[key],
    );
    if (other === undefined) return [];
    const [there, own] = [record.contracts[other], here[other]].map((hash) => String(hash).slice(0, 16));
    const text = `the content of its corpus is another: ${there}… in the record, ${own}… here, so it was not repeated`;
    return [{ run: record.id, text }];
  });
}

async function doAgain(
  candidates: readonly Candidate[],
  scratch: ScratchStore,
  options: VerifyOptions,
): Promise<Map<Candidate, RunRecord> | null> {
  const { workers, stop, onEvent = () => {}, onNotice } = options;
  const records = new Map<Candidate, RunRecord>();
  for (const engine of new Set(candidates.map((candidate) => candidate.engine))) {
    const group = candidates.filter((candidate) => candidate.engine === engine);
    const reruns = await scratch.run(
      group.map(({ run }) => run),
      {
        engine,
        onEvent: (event) => onEvent({ ...event, run: candidates.indexOf(group[event.run] as Candidate) }),
        ...(workers === undefined ? {} : { workers }),
        ...(stop === undefined ? {} : { stop }),
        ...(onNotice === undefined ? {} : { onNotice }),
      },
    );
    for (const [place, record] of reruns.entries()) {
      if (record === undefined) return null;
      records.set(group[place] as Candidate, record);
    }
  }
  return records;
}

/** Engines side by side on a run whose bits differ. */
async function holdEngine(candidate: Candidate, scratch: ScratchStore): Promise<LockstepResult[]> {
  const { run, engine } = candidate;
  if (engine === 'tfjs') return [];
  const artefacts = await scratch.prepare(run);
  const { batch } = run.config.phases[0] as PlannedRun['config']['phases'][number];
  const tokens = tokensPerStep(run.config.model, batch);
  const stepFlops = (run.flops * tokens) / run.tokens;
  return checkEngine({ config: run.config, artefacts }, { engine, stepFlops });
}

/** The verdict with the repeated runs in place of the recorded ones. */
function compareVerdicts(results: ResultsFolder, reruns: readonly (readonly [RunRecord, RunRecord])[]) {
  const { name, configText, records } = results;
  const again = new Map(reruns.map(([record, rerun]) => [record.id, { ...rerun, id: record.id }]));
  const statusOf = (all: readonly RunRecord[]) =>
    analyseExperiment({ name, configText, records: all }).verdict.status;
  return {
    stored: statusOf(records),
    rerun: statusOf(records.map((record) => again.get(record.id) ?? record)),
  };
}

/**
 * All that can be checked of a folder without training: what follows from its records, made again; its plan; its hashes.
 * @throws InputError where a newer release made it
 */
export async function checkFiles(results: ResultsFolder): Promise<DerivedCheck> {
  const plan = planOfResults(results);
  const derived = await checkDerived(results, plan);
  const findings = [
    ...findInconsistencies(results),
    ...planFindings(results.records, plan, derived),
    ...derived.findings,
  ];
  return { ...derived, findings };
}

async function chooseCandidates(results: ResultsFolder, options: VerifyOptions): Promise<Candidate[]> {
  const { sample, planned = [], corpora = [], bases = [], store, engine } = options;
  const { records } = results;
  const chosen = chooseSample(records, sample === 'all' ? records.length : sample);
  const finders = { finder: new CorpusFinder(corpora), bases: new BaseFinder({ folders: bases, store }) };
  const candidates: Candidate[] = [];
  for (const record of chosen)
    candidates.push({
      record,
      run: await completeRun(record, { planned, ...finders }),
      engine: engineFor(record, engine),
    });
  return candidates;
}

/**
 * Does runs of results again and compares. Null where it was stopped before.
 * @throws InputError for results of other contracts, a corpus or weights that are not to be found, or nothing to verify
 */
export async function verifyResults(
  results: ResultsFolder,
  options: VerifyOptions,
): Promise<Verification | null> {
  refuseForeign(results, options.knownReleases ?? releases);
  const derived = await checkFiles(results);
  const { findings } = derived;
  const chosen = await chooseCandidates(results, options);
  const scratch = new ScratchStore();
  try {
    const otherCorpora = await findOtherCorpora(chosen, scratch);
    const candidates = chosen.filter(({ record }) => !otherCorpora.some(({ run }) => run === record.id));
    options.onChosen?.(
      candidates.map(({ run }) => run),
      results.records.length,
    );
    const reruns = await doAgain(candidates, scratch, options);
    if (reruns === null) return null;
    const compared = [...reruns].map(([candidate, rerun]) => ({
      candidate,
      rerun,
      verification: compareRun(candidate, rerun, { store: options.store, scratch }),
    }));
    const parted = compared.filter(({ verification }) => verification.difference !== null);
    // Where only the record of equal weights, or their hash alone, is another, no engine is at fault.
    const suspect = parted.find(
      ({ verification: { difference } }) => difference?.weightsDiffer === true && difference.first !== null,
    );
    const lockstep = suspect === undefined ? [] : await holdEngine(suspect.candidate, scratch);
    for (const item of parted) {
      const { candidate, rerun, verification } = item;
      const { csv } = results;
      const difference = verification.difference as RecordDifference;
      const { store } = options;
      const evidence = { stored: candidate.record, rerun, difference, csv, store, lockstep };
      item.verification = { ...verification, reasons: explainDifference(evidence) };
    }
    const isSame = compared.every(({ verification }) => verification.outcome === 'same-bits');
    const verdict = isSame
      ? null
      : compareVerdicts(
          results,
          compared.map(({ candidate, rerun }) => [candidate.record, rerun] as const),
        );
    const all = [...findings, ...otherCorpora];
    const runs = compared.map(({ verification }) => verification);
    const isOtherVerdict = verdict !== null && verdict.stored !== verdict.rerun;
    return {
      name: results.name,
      outcome: worstOutcome([
        ...runs.map(({ outcome }) => outcome),
        ...(derived.isOlder ? (['older-report'] as const) : []),
        ...(all.length > 0 || isOtherVerdict ? (['differs'] as const) : []),
      ]),
      total: results.records.length,
      failedBefore: results.records.filter(({ status }) => status === 'failed').length,
      runs,
      findings: all,
      derivedFiles: derived.compared,
      notes: derived.notes,
      escapeChance: 1 - runs.length / results.records.length,
      lockstep,
      verdict,
    };
  } finally {
    scratch.remove();
  }
}
