// The parts of a run's identity, and in which of them two runs differ.
import { identityConfig } from '../config/identity.ts';
import type { RunConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { RunRecord } from '../run/record.ts';
import { diffValues, type ValueDifference } from './diff-values.ts';

/** What a run's identity is made of. */
export interface RunParts {
  readonly config: RunConfig;
  /** Contract versions and content hashes; null where they are not known. */
  readonly contracts: RunRecord['contracts'] | null;
  readonly arithmetic: RunRecord['arithmetic'];
}

/** A part in which two runs differ. */
export interface PartDifference extends ValueDifference {
  readonly kind: 'config' | 'corpus content' | 'contract' | 'arithmetic';
  /** Whether it changes how weights are measured, and not the weights. */
  readonly isEvaluation: boolean;
}

const DERIVED = ['trainingHash', 'evaluationHash'];

/** The identifying config, a phase's corpus left out where it is the experiment's. */
function comparableConfig(config: RunConfig): Readonly<Record<string, unknown>> {
  const identity = identityConfig(config);
  const corpus = canonicalJson(identity.corpus);
  const phases = (identity.phases as Readonly<Record<string, unknown>>[]).map((phase) =>
    canonicalJson(phase.corpus) === corpus ? { ...phase, corpus: undefined } : phase,
  );
  return { ...identity, phases };
}

function contractDifferences(one: RunParts, other: RunParts): PartDifference[] {
  if (one.contracts === null || other.contracts === null) return [];
  return diffValues(one.contracts, other.contracts)
    .filter(({ path }) => !DERIVED.includes(path))
    .filter(({ path }) => path !== 'tensorflow' || one.arithmetic === other.arithmetic)
    .map((difference) => ({
      ...difference,
      kind: difference.path.startsWith('corpusHash') ? 'corpus content' : 'contract',
      isEvaluation: difference.path === 'evaluation',
    }));
}

/**
 * The parts of the identity in which two runs differ. The content of a corpus is left out where its config differs,
 * which it follows.
 */
export function identityDifferences(one: RunParts, other: RunParts): PartDifference[] {
  const config = diffValues(comparableConfig(one.config), comparableConfig(other.config)).map(
    (difference): PartDifference => ({
      ...difference,
      kind: 'config',
      isEvaluation: difference.path.split('.')[0] === 'evaluation',
    }),
  );
  const isOtherCorpus = config.some(({ path }) => /(^|\.)corpus(\.|$)/.test(path));
  const contracts = contractDifferences(one, other).filter(
    ({ kind }) => !isOtherCorpus || kind !== 'corpus content',
  );
  const arithmetic: PartDifference[] =
    one.arithmetic === other.arithmetic
      ? []
      : [
          {
            path: 'engine arithmetic',
            one: one.arithmetic,
            other: other.arithmetic,
            kind: 'arithmetic',
            isEvaluation: false,
          },
        ];
  return [...config, ...contracts, ...arithmetic];
}
