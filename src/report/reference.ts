// The experiment that is drawn behind another's figure: the band of its fitted curve, out of its analysis.json.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { GroupAnalysis } from '../analyse/analyse-experiment.ts';
import type { BandPoint } from '../analyse/fits/success-band.ts';
import { readText } from '../core/node/read-file.ts';
import { matchesChecksum } from './checksums.ts';

/** What a report keeps of its reference beside its results, so that it can be written again from its own folder. */
export const REFERENCE_FILE = 'reference.json';

const share = z.number().min(0).max(1);

const pointSchema = z
  .object({ documents: z.number().positive(), mean: share, low: share, high: share })
  .refine(({ mean, low, high }) => low <= mean && mean <= high, 'the mean lies outside its interval');

/** The part of an analysis that a band needs; everything else is dropped. */
const referenceSchema = z.object({
  schema: z.literal(1),
  experiment: z.string().min(1).max(80),
  intervalLevel: z.number().gt(0).lt(1),
  groups: z
    .array(
      z.object({
        kind: z.enum(['ladder', 'dilution']),
        attacks: z.array(z.string()).readonly(),
        series: z.array(z.object({ id: z.string() })).readonly(),
        comparison: z
          .object({
            seeds: z.number().int().positive(),
            band: z.array(pointSchema).min(2).max(1000).readonly().nullable(),
          })
          .nullable(),
      }),
    )
    .max(1000)
    .readonly(),
});

/** What is kept of a reference's analysis: itself a valid, shorter analysis.json for `readReference`. */
export type Reference = z.infer<typeof referenceSchema>;

/** A band, and what it is of. */
export interface ReferenceBand {
  readonly experiment: string;
  /** `3 sizes, 5 seeds, 90 %`. */
  readonly basis: string;
  /** Of one count after another, rising. */
  readonly points: readonly BandPoint[];
}

/**
 * Reads the analysis of the experiment to be drawn behind a figure.
 * @param path an analysis.json, or what was kept of one
 * @returns the reason where there is none to draw
 */
export function readReference(path: string): Reference | { readonly reason: string } {
  if (existsSync(path) && !matchesChecksum(dirname(path), basename(path)))
    return { reason: `No reference is drawn behind the figure: ${path} was changed after it was written.` };
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it is not there yet' : `it cannot be read (${code})`;
    return { reason: `No reference is drawn behind the figure: ${path}: ${reason}.` };
  }
  const refused = `No reference is drawn behind the figure: ${path} is no analysis that this version can read`;
  try {
    const { success, data, error } = referenceSchema.safeParse(JSON.parse(text));
    if (success) return data;
    const [issue] = error.issues;
    return { reason: `${refused} (${issue?.path.join('.')}: ${issue?.message}).` };
  } catch {
    return { reason: `${refused} (not JSON).` };
  }
}

/** The band to be drawn behind a group: of the first group of its kind and attacks; null where there is none. */
export function referenceBand(reference: Reference, group: GroupAnalysis): ReferenceBand | null {
  const attacks = [...group.attacks].sort().join();
  const match = reference.groups.find(
    (item) =>
      item.kind === group.kind &&
      [...item.attacks].sort().join() === attacks &&
      (item.comparison?.band ?? null) !== null,
  );
  if (match?.comparison == null || match.comparison.band === null) return null;
  const { seeds, band } = match.comparison;
  const sizes = `${match.series.length} ${match.kind === 'ladder' ? 'sizes' : 'amounts of data'}`;
  return {
    experiment: reference.experiment,
    basis: `${sizes}, ${seeds} seeds, ${Math.round(100 * reference.intervalLevel)} %`,
    points: [...band].sort((a, b) => a.documents - b.documents),
  };
}
