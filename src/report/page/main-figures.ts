// The figures that stand unfolded at the head of the page: those behind its headline.
import { figureHtml } from './figure-html.ts';
import { type Html, heading } from './html-parts.ts';
import type { ReportPageInput } from './page-input.ts';

/** More curves of groups than this are set side by side in one figure instead. */
const MOST_LAWS = 2;

/** A figure that is shown at the head. */
interface MainFigure {
  readonly name: string;
  readonly html: Html;
}

/**
 * Success by count of the groups whose law is judged; of many groups how they compare; of one group without a law its
 * first figure. None where nothing is drawn.
 */
export function mainFigures({ analysis, contrasts, figures }: ReportPageInput): MainFigure[] {
  const { groups } = analysis;
  const judged = groups.filter(({ comparison }) => comparison !== null);
  const shown = judged.length > 0 && judged.length <= MOST_LAWS ? judged : groups.slice(0, 1);
  const [compared] = contrasts;
  if (compared !== undefined && shown !== judged)
    return [{ name: compared.name, html: figureHtml(compared, 1) }];
  const drawn = shown.flatMap(({ id, title, series }) => {
    const figure = figures.get(id)?.[0];
    return figure === undefined ? [] : [{ figure, title, seriesCount: series.length }];
  });
  return drawn.map(({ figure, title, seriesCount }, i) => {
    const isSaidBelow = drawn[i + 1]?.figure.caption === figure.caption;
    const named = groups.length > 1 ? `${heading(3, title)}\n` : '';
    const shownFigure = isSaidBelow ? { ...figure, caption: '' } : figure;
    return { name: figure.name, html: `${named}${figureHtml(shownFigure, seriesCount)}` };
  });
}
