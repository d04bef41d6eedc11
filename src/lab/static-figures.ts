// Figures for the page without JavaScript, written by scripts/lab/generate-lab-example.mjs.
import { drawChart } from './charts/chart.ts';
import type { Example, PublishedRun } from './example.ts';
import { countChart, publishedDots, removalChart, surpriseChart } from './sections/result-charts.ts';
import { successChart } from './sections/training-charts.ts';

/** A threshold between the hills. */
export const SHOWN_THRESHOLD = 3;

/** SVG by name. */
export function staticFigures(
  example: Example,
  runs: readonly PublishedRun[],
): Readonly<Record<string, string>> {
  const { steps, live, losses, result, removal, surprise } = example;
  return {
    train: drawChart(successChart({ steps, live, losses, points: result.curve })),
    count: drawChart(countChart(publishedDots(runs), { axis: 'count', own: [] })),
    remove: drawChart(removalChart(removal)),
    filter: drawChart(surpriseChart(surprise, SHOWN_THRESHOLD)),
  };
}
