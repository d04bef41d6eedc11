// Which release of this program verifies results: a run is repeated bit for bit only under the contracts it was
// made under. Whoever raises a contract version adds a line; a test holds the last one against the program.

import { EVALUATION_CONTRACTS } from '../core/contracts.ts';
import { contractVersions } from '../recipe/identity.ts';
import type { RunRecord } from '../run/record.ts';

/** Releases that share their contracts. */
export interface Release {
  /** As npm takes it after `tinypoison@`. */
  readonly packages: string;
  readonly contracts: Readonly<Record<string, number>>;
}

/** All releases by contracts, oldest first; one that knows several contracts of evaluation has a line for each. */
export const releases: readonly Release[] = [1, 2].map((evaluation) => ({
  packages: '0.1',
  contracts: { corpus: 1, poison: 1, tokens: 1, train: 1, tensorflow: 1, evaluation },
}));

/** A run of other contracts than this program's. */
export interface ForeignContracts {
  /** `train 1 (here 2)`. */
  readonly differences: readonly string[];
  /** The release that repeats it; undefined where none is known. */
  readonly release: Release | undefined;
}

/** The contract of evaluation that a record was made by, where this program knows it. */
function chosenEvaluation(recorded: string | number | undefined): number | undefined {
  return EVALUATION_CONTRACTS.find((version) => version === recorded);
}

/** How a record's contracts differ from this program's; null where they agree. */
export function foreignContracts(
  { contracts, arithmetic }: Pick<RunRecord, 'contracts' | 'arithmetic'>,
  known: readonly Release[] = releases,
): ForeignContracts | null {
  const here = contractVersions(arithmetic, chosenEvaluation(contracts.evaluation));
  const differences = Object.entries(here)
    .filter(([part, version]) => contracts[part] !== version)
    .map(([part, version]) => `${part} ${contracts[part] ?? 'unknown'} (here ${version})`);
  if (differences.length === 0) return null;
  const release = known.findLast((candidate) =>
    Object.keys(here).every((part) => candidate.contracts[part] === contracts[part]),
  );
  return { differences, release };
}
