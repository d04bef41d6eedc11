// Axes and marks that several figures share.
import * as Plot from '@observablehq/plot';
import type { ZeroLogAxis } from './count-axis.ts';

const CENTRED = { labelAnchor: 'center', labelArrow: 'none' } as const;
const TICKS: readonly number[] = [0, 0.25, 0.5, 0.75, 1];

/** Options of an axis from 0 to 100 %. */
export function percentScale(label: string, ticks = TICKS): Plot.ScaleOptions {
  return {
    domain: [-0.02, 1.02],
    ticks: [...ticks],
    tickFormat: (value: number) => `${Math.round(100 * value)} %`,
    label,
    ...CENTRED,
  };
}

/** Options of an axis with a band for 0. */
export function zeroLogScale(axis: ZeroLogAxis, label: string): Plot.ScaleOptions {
  return { domain: [...axis.domain], ticks: [...axis.ticks], tickFormat: axis.format, label, ...CENTRED };
}

/** Options of a plain axis. */
export function plainScale(label: string, options: Plot.ScaleOptions = {}): Plot.ScaleOptions {
  return { label, ...CENTRED, ...options };
}

/** Grid of a percent axis, with one half set off. */
export function percentGrid(axis: 'x' | 'y'): Plot.Markish[] {
  const grid = { stroke: 'currentColor', strokeOpacity: 0.1 };
  const half = { stroke: 'currentColor', strokeOpacity: 0.45, strokeDasharray: '4 4' };
  return axis === 'y'
    ? [Plot.ruleY(TICKS, grid), Plot.ruleY([0.5], half)]
    : [Plot.ruleX(TICKS, grid), Plot.ruleX([0.5], half)];
}

/** Panels by poisoned documents. */
export function countPanels(counts: readonly number[]): Plot.ScaleOptions & { padding: number } {
  return {
    domain: counts,
    tickFormat: (count: number) => (counts.length > 3 ? `${count} doc.` : `${count} documents`),
    label: null,
    padding: 0.16,
  };
}

/** Where the band of 0 ends. */
export function zeroBand(axis: ZeroLogAxis): Plot.Markish {
  if (axis.zeroEnd === null) return null;
  return Plot.ruleX([axis.zeroEnd], { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '1 3' });
}
