// Runs repeated in a store of their own, which is gone afterwards: nothing that was stored before is used.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan, PlannedRun } from '../config/sweep/expand-plan.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import type { RunIdentity } from '../recipe/identity.ts';
import { arithmeticOf } from '../run/execute/model-source.ts';
import type { TraceEntry } from '../run/execute/trace.ts';
import type { SweepEvent } from '../run/pool/run-sweep.ts';
import { ExperimentPreparation } from '../run/prepare/prepare-experiment.ts';
import type { RunRecord } from '../run/record.ts';
import type { RunArtefacts } from '../run/run-event.ts';
import { runExperiment } from '../run/run-experiment.ts';
import { locateArtefacts } from '../run/store/artefact-paths.ts';
import { readTrace } from '../run/store/read-run-file.ts';

/** How runs are repeated. */
export interface RerunOptions {
  readonly engine: EngineOption;
  readonly workers?: number;
  readonly stop?: AbortSignal;
  /** `run` is the place among the runs. */
  readonly onEvent?: (event: SweepEvent) => void;
  readonly onNotice?: (text: string) => void;
}

/** A store for one verification. */
export class ScratchStore {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'tinypoison-verify-'));

  /** A folder that is not there any more is no fault. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Identities of runs under the contracts of this program. */
  async identify(runs: readonly PlannedRun[], engine: EngineOption): Promise<RunIdentity[]> {
    const preparation = new ExperimentPreparation({ store: this.folder, baseFolder: this.folder });
    try {
      return await preparation.identify(runs, arithmeticOf(engine));
    } finally {
      await preparation.close();
    }
  }

  /** Does the runs. Undefined where it was stopped before. */
  async run(runs: readonly PlannedRun[], options: RerunOptions): Promise<readonly (RunRecord | undefined)[]> {
    const plan: Plan = {
      name: 'verify',
      varying: [],
      seeds: [],
      runs: runs.map((run, index) => ({ ...run, index })),
      duplicates: 0,
      tokens: runs.reduce((sum, { tokens }) => sum + tokens, 0),
      flops: runs.reduce((sum, { flops }) => sum + flops, 0),
    };
    const { records } = await runExperiment(plan, {
      store: this.folder,
      baseFolder: this.folder,
      typed: { text: '', set: [], sweep: [] },
      keepWeights: 'none',
      ...options,
    });
    return records;
  }

  /** The files that a run reads, as paths of this machine. */
  async prepare(run: PlannedRun): Promise<RunArtefacts> {
    const preparation = new ExperimentPreparation({ store: this.folder, baseFolder: this.folder });
    try {
      const [identity] = (await preparation.identify([run])) as [RunIdentity];
      const [artefacts] = await preparation.prepare([{ ...run, identity }], { ofExperiment: [run] });
      return locateArtefacts(this.folder, artefacts as RunArtefacts);
    } finally {
      await preparation.close();
    }
  }

  /** The trace of a run that was done here. */
  trace(id: string): TraceEntry[] | null {
    return readTrace(this.folder, id);
  }
}
