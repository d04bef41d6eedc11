// A finished run in a few fields: what a listing shows of it, and what is looked for among all runs of a store.
import { basename } from 'node:path';
import { z } from 'zod';
import type { RunConfig } from '../../config/schema/schema.ts';
import type { RunRecord } from '../record.ts';
import { runTitle } from '../run-title.ts';
import { hashSchema } from '../schemas/record-schema.ts';
import { ifReadable, readStoredConfig } from './read-run-file.ts';

const text = z.string().nullable();
const figure = z.number().nullable();

export const runSummarySchema = z.strictObject({
  id: hashSchema,
  status: z.enum(['done', 'diverged', 'failed']),
  /** Why, unless done. */
  error: text,
  /** Name of the experiment that first requested it; null: not known. */
  experiment: text,
  /** `stories`, or the name of the file. */
  corpus: text,
  title: z.string(),
  parameters: z.number(),
  tokensTrained: z.number(),
  attackSuccess: figure,
  cleanLossNats: figure,
  /** Equal for runs of equal weights; null: not known. */
  trainingHash: text,
});

/** A finished run in a few fields. */
export type RunSummary = Readonly<z.infer<typeof runSummarySchema>>;

function sourceOf(corpus: RunConfig['corpus']): string {
  if (corpus.kind === 'stories') return corpus.kind;
  return corpus.kind === 'hub' ? corpus.repo : basename(corpus.path);
}

/** What config.json tells of a run, finished or not. */
export function runOrigin(store: string, id: string) {
  const stored = ifReadable(() => readStoredConfig(store, id));
  if (stored === null) return { experiment: null, corpus: null, title: null };
  const { typed, resolved } = stored;
  const set = typed?.set.findLast((option) => /^\s*name\s*=/.test(option))?.replace(/^[^=]*=\s*/, '');
  const experiment = set ?? /^name:\s*(\S+)/m.exec(typed?.text ?? '')?.[1] ?? null;
  return { experiment, corpus: sourceOf(resolved.corpus), title: runTitle(resolved) };
}

/** The summary of a finished run. */
export function summarise(store: string, record: RunRecord): RunSummary {
  const { id, status, error = null, parameters, tokensTrained, contracts } = record;
  const last = record.checkpoints.at(-1);
  const { experiment, corpus, title } = runOrigin(store, id);
  const { trainingHash } = contracts;
  return {
    ...{ id, status, error, experiment, corpus, parameters, tokensTrained },
    title: title ?? runTitle(record.config),
    attackSuccess: last?.conditions.find(({ condition }) => condition === 'trigger')?.successShare ?? null,
    cleanLossNats: last?.cleanLossNats ?? null,
    trainingHash: trainingHash === undefined ? null : String(trainingHash),
  };
}
