// Rules on what is predicted of an experiment.
import type { Problem } from '../core/errors.ts';
import type { ExperimentConfig } from './schema/schema.ts';
import type { Setting } from './setting.ts';
import { type Located, nodeAt, problemAt, showValue } from './yaml/located.ts';

/** Predictions of groups that no setting is of. */
export function predictionProblems(
  { predictions = [] }: ExperimentConfig,
  settings: readonly Setting[],
  root: Located,
): Problem[] {
  return predictions.flatMap(({ where = {} }, index) =>
    Object.entries(where).flatMap(([path, value]) => {
      const found = [...new Set(settings.map(({ labels }) => labels[path]))].filter(
        (label) => label !== undefined,
      );
      if (found.some((label) => String(label) === String(value))) return [];
      const { place } = nodeAt(root, ['predictions', index]) ?? root;
      const known =
        found.length === 0
          ? `the sweep varies ${[...new Set(settings.flatMap(({ labels }) => Object.keys(labels)))].join(', ') || 'no field'}`
          : `its values are ${found.map((label) => showValue(label)).join(', ')}`;
      return [
        problemAt(place, `predictions.${index}.where: no run has ${path} = ${showValue(value)}; ${known}`),
      ];
    }),
  );
}
