// The versions that models went through: after each phase of a run one, which the next phase goes on from. Runs that
// begin alike share their first versions.

import { identityConfig } from '../../config/identity.ts';
import { modelName } from '../../config/labels.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { hashValue } from '../../core/hash.ts';
import { corporaOf, corpusHashName } from '../../recipe/identity.ts';
import type { RunRecord } from '../../run/record.ts';

/** What a phase made of a model: from nothing; trained further on text; tuned on answers to prompts; under a defence. */
export type VersionKind = 'base' | 'continued' | 'tuned' | 'defended';

/** A model after a phase. */
export interface ModelVersion {
  /** Hash of all settings and content hashes up to here: equal for runs that are alike up to here. */
  readonly key: string;
  /** The version that it goes on from; null for a base. */
  readonly parent: string | null;
  readonly kinds: readonly VersionKind[];
  /** Null for weights that runs start from and that none of them made. */
  readonly phase: string | null;
  /** `d32, seed 1, 50 documents of denial-of-service`. */
  readonly title: string;
  /** Content hashes of the corpora of its phase. */
  readonly corpora: readonly string[];
  /** Runs that end with it. */
  readonly runs: readonly string[];
  /** SHA-256 of their weights. */
  readonly weightsHash: string | null;
}

type Phase = RunConfig['phases'][number];

const carriesPrompts = ({ corpus }: Phase) =>
  ['promptField', 'promptSentences'].some(
    (field) => (corpus as unknown as Record<string, unknown>)[field] !== undefined,
  );

function kindsOf(phase: Phase, isFromScratch: boolean): VersionKind[] {
  const trained = isFromScratch ? 'base' : carriesPrompts(phase) ? 'tuned' : 'continued';
  return [trained, ...((phase.defend ?? []).length > 0 ? (['defended'] as const) : [])];
}

function titleOf({ model, seed }: RunConfig, phases: readonly Phase[]): string {
  const planted = phases
    .flatMap(poisonsOf)
    .filter(({ documents }) => documents > 0)
    .map(({ documents, attack }) => `${documents} documents of ${attack}`);
  return [modelName(model), `seed ${seed}`, ...(planted.length === 0 ? ['no poison'] : planted)].join(', ');
}

/** What a run with a base starts from: the end of a run before it, or weights from elsewhere; null: it starts from nothing. */
function startOf(baseHash: string, found: Map<string, ModelVersion>): string | null {
  if (baseHash === '') return null;
  const made = [...found.values()].find(({ weightsHash }) => weightsHash === baseHash);
  if (made !== undefined) return made.key;
  const title = `weights ${baseHash.slice(0, 12)} that runs start from`;
  const base = { parent: null, kinds: ['base'] as const, phase: null, corpora: [], runs: [] };
  found.set(baseHash, { ...base, key: baseHash, title, weightsHash: baseHash });
  return baseHash;
}

/** Versions of the models of some runs, each once, every parent before what goes on from it. */
export function modelVersions(records: readonly RunRecord[]): ModelVersion[] {
  const found = new Map<string, ModelVersion>();
  for (const { id, config, contracts, status, weightsHash } of records) {
    const { evaluation: _, ...training } = identityConfig(config);
    let parent = startOf(String(contracts.baseHash ?? ''), found);
    for (const [index, phase] of config.phases.entries()) {
      const phases = config.phases.slice(0, index + 1);
      // The corpora of the first phases come first among those of all.
      const corpora = corporaOf({ ...config, phases });
      const hashes = corpora.map((_corpus, place) => String(contracts[corpusHashName(place)] ?? ''));
      const own = corporaOf({ ...config, corpus: phase.corpus, phases: [phase] });
      const places = own.map((corpus) =>
        corpora.findIndex((other) => hashValue(other) === hashValue(corpus)),
      );
      const planned = (training.phases as unknown[]).slice(0, index + 1);
      const key = hashValue({ ...training, phases: planned, hashes, base: contracts.baseHash ?? null });
      const isLast = index === config.phases.length - 1 && status === 'done';
      const before = found.get(key);
      found.set(key, {
        key,
        parent,
        kinds: kindsOf(phase, parent === null),
        phase: phase.name,
        title: titleOf(config, phases),
        corpora: places.flatMap((place) => hashes[place] ?? []),
        runs: [...(before?.runs ?? []), ...(isLast ? [id] : [])],
        weightsHash: isLast ? weightsHash : (before?.weightsHash ?? null),
      });
      parent = key;
    }
  }
  return [...found.values()];
}
