// Figures on the page: the drawn SVG with colours that follow the page, and its caption.
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { escapeMarkup } from '../escape-markup.ts';
import type { Figure } from '../figures/figures.ts';
import { seriesColors } from '../figures/palette.ts';
import type { Html } from './html-parts.ts';

/**
 * Colours of the ramp become variables, so that the dark page can replace them. The figure has a name; its marks, of
 * which a reader of screens knows nothing, have none.
 */
function themedSvg(svg: string, seriesCount: number): string {
  let themed = svg
    .replaceAll('stroke="white"', 'stroke="var(--paper)"')
    .replace(/(<g\b[^>]*?) aria-(?:label|description)="[^"]*"/g, '$1');
  seriesColors(seriesCount).light.forEach((color, i) => {
    themed = themed.replaceAll(`"${color}"`, `"var(--series-${seriesCount}-${i}, ${color})"`);
  });
  return themed;
}

/** CSS of the colours of all series on a dark screen. */
export function darkSeries(groups: readonly GroupAnalysis[]): string {
  const counts = [...new Set(groups.map((group) => group.series.length))];
  const variables = counts.flatMap((count) =>
    seriesColors(count).dark.map((color, i) => `--series-${count}-${i}: ${color};`),
  );
  return `@media screen and (prefers-color-scheme: dark) { :root { ${variables.join(' ')} } }`;
}

/** A figure with its caption, if any; a link to `#<its name>` leads to it. @param seriesCount series drawn in it */
export function figureHtml({ name, svg, caption }: Figure, seriesCount: number): Html {
  const below = caption === '' ? '' : `<figcaption>${escapeMarkup(caption)}</figcaption>\n`;
  return `<figure id="${escapeMarkup(name)}" tabindex="0">\n${themedSvg(svg, seriesCount)}${below}</figure>`;
}
