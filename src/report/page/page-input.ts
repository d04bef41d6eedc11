// What the report page is made of.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { Environment, ExperimentRecords } from '../../analyse/experiment-records.ts';
import type { Figure } from '../figures/figures.ts';

/** What the page is made of. */
export interface ReportPageInput {
  readonly experiment: ExperimentRecords;
  readonly analysis: Analysis;
  readonly environment: Environment;
  /** Figures that set groups side by side. */
  readonly contrasts: readonly Figure[];
  /** Figures of what becomes of models after their first phase. */
  readonly later: readonly Figure[];
  /** Figures of what parts of the poisoned documents do. */
  readonly replaced: readonly Figure[];
  /** Figures of the matrix of defences. */
  readonly defences: readonly Figure[];
  /** Figures of each group, by its id. */
  readonly figures: ReadonlyMap<string, readonly Figure[]>;
  /** Content of data files by name, for their hashes. */
  readonly dataFiles: ReadonlyMap<string, string>;
}
