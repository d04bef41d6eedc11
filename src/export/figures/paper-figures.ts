// Figures as a journal prints them: drawn for the width of one column or of two, without titles unless they are wanted.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import {
  contrastFigures,
  defenceFigures,
  type Figure,
  groupFigures,
  hasGroupFigures,
  laterFigures,
} from '../../report/figures/figures.ts';
import type { FigureLayout } from '../../report/figures/plot-svg.ts';
import type { RunRecord } from '../../run/record.ts';

/** Width of a figure on paper in millimetres: one column, or the whole page. */
export const COLUMN_MILLIMETRES = { single: 85, double: 174 } as const;
export type Column = keyof typeof COLUMN_MILLIMETRES;

const POINTS_PER_MILLIMETRE = 72 / 25.4;
/** A pixel of a figure on paper: texts of 12.5 pixels come out at 7.5 points. */
const POINTS_PER_PIXEL = 0.6;

/** Width on paper in points, 1/72 inch. */
export const columnPoints = (column: Column) => COLUMN_MILLIMETRES[column] * POINTS_PER_MILLIMETRE;

const BODY_HEIGHT = { single: 270, double: 330 } as const;

/** Figures of several panels, or with long names at the side, which one column has no room for. */
const IS_NARROW = /^(success-by-count|success-by-share|success-by-documents-seen|clean-loss)(-group-\d+)?$/;

/** A figure for one width. */
export interface PaperFigure extends Figure {
  readonly column: Column;
}

/** The figures of an experiment for a width, in the order of the report. */
export function paperFigures(
  analysis: Analysis,
  records: readonly RunRecord[],
  options: { column: Column; titles: boolean },
): PaperFigure[] {
  const { column, titles } = options;
  const layout: FigureLayout = {
    width: Math.round(columnPoints(column) / POINTS_PER_PIXEL),
    bodyHeight: BODY_HEIGHT[column],
    head: titles ? 'title' : 'legend',
  };
  const ofGroups = hasGroupFigures(analysis)
    ? analysis.groups.flatMap((group) => groupFigures(group, records, null, layout, analysis.predictions))
    : [];
  return [
    ...contrastFigures(analysis, layout),
    ...laterFigures(analysis, records, layout),
    ...defenceFigures(analysis, layout),
    ...ofGroups,
  ]
    .filter(({ name }) => column === 'double' || IS_NARROW.test(name))
    .map((figure) => ({ ...figure, column }));
}
