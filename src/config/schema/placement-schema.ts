// Where poisoned documents stand in the trained part of a phase.
import { z } from 'zod';

const places = z
  .enum(['uniform', 'even', 'start', 'end'])
  .describe('At random (as in the paper), evenly spaced, first, last.');

const centreField = z
  .number()
  .min(0)
  .max(1)
  .describe('Middle of the window, 0 (beginning of the phase) to 1 (its end).');
const widthField = z
  .number()
  .gt(0)
  .max(1)
  .describe('Width of the window as a share of the phase, above 0, up to 1.');

const batchesOption = (what: string) =>
  z
    .int()
    .min(1)
    .max(1_000_000)
    .describe(`${what} (Souly et al. 2025 vary it in continued pretraining). Needs packing: rows.`);

/** A window of the phase, within which places are drawn uniformly. */
const windowSchema = z.strictObject({ centre: centreField, width: widthField });

/** Certain rows of certain batches. */
const batchesSchema = z.strictObject({
  sequences: batchesOption('Density: poisoned sequences in a poisoned batch'),
  every: batchesOption('Frequency: every so many batches is poisoned, from the first one on'),
});

export const placementSchema = z
  .union([places, windowSchema, batchesSchema])
  .default('uniform')
  .describe(
    'Where poisoned documents stand in the trained part: a word; a window of it ({ centre, width }); or so many sequences ' +
      'of every so many batches ({ sequences, every }), until all are placed.',
  );

export type Placement = z.infer<typeof placementSchema>;

/** Poisoned sequences of poisoned batches. */
export type BatchPlacement = z.infer<typeof batchesSchema>;

/** Whether a placement counts batches. */
export function isBatchPlacement(placement: Placement): placement is BatchPlacement {
  return typeof placement === 'object' && 'sequences' in placement;
}

/** A placement as it is told: `uniform`, `in the part from 40 % to 60 %`, `4 sequences in every 10th batch`. */
export function describePlacement(placement: Placement): string {
  if (typeof placement === 'string') return placement;
  if (isBatchPlacement(placement)) {
    const { sequences, every } = placement;
    const number = sequences === 1 ? '1 sequence' : `${sequences} sequences`;
    return `${number} in every ${every === 1 ? '' : `${every}. `}batch`;
  }
  const { from, to } = windowOf(placement);
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  return `in the part from ${percent(from)} to ${percent(to)}`;
}

/** Both ends of a window, 0-1; what reaches beyond the phase is cut off. */
export function windowOf({ centre, width }: { readonly centre: number; readonly width: number }): {
  readonly from: number;
  readonly to: number;
} {
  return { from: Math.max(0, centre - width / 2), to: Math.min(1, centre + width / 2) };
}
