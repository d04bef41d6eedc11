// ROC curves of filters: poisoned documents caught by clean ones lost, a panel for each attack and filter.
import * as Plot from '@observablehq/plot';
import { ROC_FALSE_POSITIVES } from '../../analyse/defences/caught-documents.ts';
import type { DefenceMatrix } from '../../analyse/defences/defence-matrix.ts';
import { percent } from '../../core/format-number.ts';
import { percentGrid, percentScale, zeroBand, zeroLogScale } from './axes.ts';
import { zeroLogAxis } from './count-axis.ts';
import { colorAt, seriesColors } from './palette.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

const COLUMNS = 4;
const TITLE_CHARACTERS = 25;

const placeOf = (index: number) => ({ column: index % COLUMNS, row: Math.floor(index / COLUMNS) });

function shorten(text: string): string {
  const letters = [...text];
  return letters.length > TITLE_CHARACTERS ? `${letters.slice(0, TITLE_CHARACTERS - 1).join('')}…` : text;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly { readonly documents: number; readonly curve: readonly (number | null)[] }[];
}

function panelsOf({ cells, sizes }: DefenceMatrix): Panel[] {
  return cells.flatMap(({ attack, size, measured }) =>
    (measured?.filters ?? []).flatMap(({ filter, byCount }): Panel[] => {
      const lines = byCount.flatMap(({ documents, curve }) =>
        curve === null || documents === 0 ? [] : [{ documents, curve }],
      );
      if (lines.length === 0) return [];
      const second = attack.replace(/^[^,]*, /, '');
      return [
        { title: [filter, sizes.length > 1 ? `${size}, ${second}` : second].map(shorten).join('\n'), lines },
      ];
    }),
  );
}

/** Means over seeds by count; null where no filter gives scores. */
export function rocFigure(matrix: DefenceMatrix, layout: FigureLayout = PAGE_LAYOUT): string | null {
  const panels = panelsOf(matrix);
  if (panels.length === 0) return null;
  const counts = [...new Set(panels.flatMap(({ lines }) => lines.map(({ documents }) => documents)))].sort(
    (a, b) => a - b,
  );
  const colors = seriesColors(counts.length).light;
  const axis = zeroLogAxis({
    values: ROC_FALSE_POSITIVES,
    tickValues: [0.01, 0.1, 1],
    label: (value) => (value === 0 ? '0' : percent(value)),
  });
  const points = panels.flatMap(({ lines }, index) =>
    lines.flatMap(({ documents, curve }) =>
      curve.map((caught, i) => ({
        ...placeOf(index),
        documents,
        color: colorAt(colors, counts.indexOf(documents)),
        x: axis.position(ROC_FALSE_POSITIVES[i] ?? 1),
        caught,
      })),
    ),
  );
  const titles = panels.map(({ title }, index) => ({ ...placeOf(index), title }));
  const facets = { fx: 'column', fy: 'row' } as const;
  const head = {
    title: 'Poisoned documents caught, by clean documents lost',
    subtitle: 'Means over seeds. A filter is of use where its line is high at the left.',
    legendTitle: 'Poisoned documents',
    legend: counts.map((count, i) => ({ label: String(count), color: colorAt(colors, i) })),
  };
  return plotSvg(
    head,
    {
      height: 130 + 150 * Math.ceil(panels.length / COLUMNS),
      marginTop: 96,
      marginLeft: 76,
      x: { ...zeroLogScale(axis, 'Share of clean documents lost (logarithmic)'), inset: 4 },
      y: { ...percentScale('Poison caught', [0, 0.5, 1]), insetTop: 30 },
      fx: { axis: null, padding: 0.08 },
      fy: { axis: null, padding: 0.12 },
      marks: [
        ...percentGrid('y'),
        zeroBand(axis),
        Plot.line(points, {
          ...facets,
          x: 'x',
          y: 'caught',
          z: 'documents',
          stroke: 'color',
          strokeWidth: 2,
        }),
        Plot.text(titles, {
          ...facets,
          text: 'title',
          frameAnchor: 'top-left',
          fontSize: 11.5,
          fontWeight: 600,
          lineHeight: 1.1,
        }),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}
