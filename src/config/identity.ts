// What of a run's config enters its identity. Paths do not: the content of a corpus has a hash of its own.
import { canonicalJson } from '../core/canonical-json.ts';
import { neutralPoisonOptions } from './schema/poison-options.ts';
import type { CorpusConfig, RunConfig } from './schema/schema.ts';

/**
 * Fields that are left out at these values, by their path ('*': every phase). The value is what the program did
 * before the field existed, so a field added here with that value orphans no stored run. Values are frozen: a
 * default of the schema may change, these may not.
 */
const behaviourPreserving: Readonly<Record<string, unknown>> = {
  'model.positions': 'rope',
  'model.tied': true,
  'model.biases': false,
  'model.norm': 'layernorm',
  'evaluation.contract': 1,
  'phases.*.epochs': 1,
  'phases.*.batch.accumulation': 1,
  'phases.*.batch.packing': 'stream',
  'phases.*.optimizer.kind': 'adamw',
  ...Object.fromEntries(
    Object.entries(neutralPoisonOptions).flatMap(([path, value]) => [
      [`phases.*.poison.${path}`, value],
      [`phases.*.poison.*.${path}`, value],
    ]),
  ),
};

function withoutPath<T extends CorpusConfig>(corpus: T): T {
  const { path: _, ...rest } = corpus as T & { path?: string };
  return rest as unknown as T;
}

/** A run's config without the paths of its corpora and of its base: equal wherever the files lie. */
export function withoutPaths(run: RunConfig): RunConfig {
  return {
    ...run,
    // The hash of its weights is among the run's contracts.
    ...(run.base === undefined ? {} : { base: {} }),
    corpus: withoutPath(run.corpus),
    phases: run.phases.map(({ mix, ...phase }) => ({
      ...phase,
      corpus: withoutPath(phase.corpus),
      ...(mix && { mix: mix.map((own) => ({ ...own, corpus: withoutPath(own.corpus) })) }),
    })),
  };
}

/** The same values as canonical JSON, by which fields are compared. */
const preservingTexts = new Map(
  Object.entries(behaviourPreserving).map(([path, value]) => [path, canonicalJson(value)]),
);

function leaveOut(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => leaveOut(item, `${path}.*`));
  if (typeof value !== 'object' || value === null) return value;
  const kept: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const preserving = preservingTexts.get(at);
    if (preserving === undefined || canonicalJson(field) !== preserving)
      kept.push([key, leaveOut(field, at)]);
  }
  return Object.fromEntries(kept);
}

/**
 * The part of a resolved config that identifies a run: paths left out, and fields left out at the value that
 * means what the program did before they existed.
 */
export function identityConfig(run: RunConfig): Readonly<Record<string, unknown>> {
  return leaveOut(withoutPaths(run), '') as Record<string, unknown>;
}
