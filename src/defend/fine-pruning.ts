// Takes out the MLP units that trusted text uses least (Liu et al. 2018, Fine-Pruning, arXiv:1805.12185): those that a backdoor
// uses may lie idle without its trigger. The tuning that follows there is a further phase here.
// Deviation: units of every block, by mean absolute activation, instead of channels of the last convolution.
import { z } from 'zod';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { Defence } from './defence.ts';
import { meanActivity } from './mlp-activity.ts';

const options = {
  share: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("Share of each MLP's units that is taken out, 0 to 1, rounded down. 0 takes out none."),
  trustedDocuments: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe(
      'Documents of trusted text on which activity is measured, 1 to 1e5, or all there are; the first context of each.',
    ),
};
const settingsSchema = z.object(options);

/** The units with the least values, fewest first; of equal ones the first. */
function least(values: ArrayLike<number>, count: number): number[] {
  const places = Array.from({ length: values.length }, (_, place) => place);
  return places.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b).slice(0, count);
}

/** Sets all weights into and out of units to zero: such a unit gets no gradient, and stays out in later phases. */
function takeOut(weights: Map<string, Float32Array>, block: number, units: readonly number[]): void {
  const of = (name: string) => weights.get(`h.${block}.mlp.${name}`);
  const [into, out, biases] = [of('c_fc.weight'), of('c_proj.weight'), of('c_fc.bias')];
  if (into === undefined || out === undefined) throw new Error(`the model has no block ${block}`);
  const width = Math.round(Math.sqrt(into.length / 4));
  for (const unit of units) {
    for (let i = 0; i < width; i++) into[i * 4 * width + unit] = 0;
    out.fill(0, unit * width, (unit + 1) * width);
    if (biases !== undefined) biases[unit] = 0;
  }
}

function prune(model: TrainableModel, sequences: readonly ArrayLike<number>[], share: number): void {
  const { C, L } = model.shape;
  const count = Math.floor(share * 4 * C + 1e-9);
  // All blocks are measured before any is changed.
  const idle = Array.from({ length: L }, (_, block) => least(meanActivity(model, sequences, block), count));
  const weights = model.getWeights();
  for (const [block, units] of idle.entries()) takeOut(weights, block, units);
  model.setWeights(weights);
}

/** Zeroes the least active units of every MLP after the last step of its phase. */
export const finePruning: Defence = {
  kind: 'fine-pruning',
  summary: 'Takes out the MLP units that trusted text uses least, after the phase.',
  options,
  trusted(settings) {
    const { share, trustedDocuments } = settingsSchema.parse(settings);
    return share === 0 ? { wanted: 0, least: 0 } : { wanted: trustedDocuments, least: 1 };
  },
  bind(settings, { trusted }) {
    const { share, trustedDocuments } = settingsSchema.parse(settings);
    if (share === 0) return {};
    return {
      repair: {
        name: 'fine-pruning',
        needs: ['hidden-states'],
        apply(model) {
          const sequences = trusted(trustedDocuments).map(({ tokens }) => tokens.slice(0, model.shape.T));
          prune(
            model,
            sequences.filter(({ length }) => length > 0),
            share,
          );
        },
      },
    };
  },
};
