// PNG of a figure, where the platform's renderer is installed.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the bundled fonts: beside src/ and beside dist/. */
const FONT_FOLDER = fileURLToPath(new URL('../../../data/fonts/', import.meta.url));

/** Turns SVG into PNG bytes. @param zoom pixels of the image to one of the figure, default 2 */
export type PngRenderer = (svg: string, zoom?: number) => Uint8Array;

const DEFAULT_ZOOM = 2;

/**
 * Loads the renderer (resvg), which comes as one native package per platform.
 * @returns the renderer, or the reason why there is none: figures are then SVG only
 */
export async function loadPngRenderer(): Promise<{ render: PngRenderer } | { reason: string }> {
  try {
    const { Resvg } = await import('@resvg/resvg-js');
    const fontFiles = readdirSync(FONT_FOLDER)
      .filter((name) => name.endsWith('.ttf'))
      .sort()
      .map((name) => FONT_FOLDER + name);
    const options = {
      font: {
        fontFiles,
        loadSystemFonts: false,
        defaultFontFamily: 'IBM Plex Sans',
        sansSerifFamily: 'IBM Plex Sans',
      },
      background: 'white',
    } as const;
    return {
      render: (svg, zoom = DEFAULT_ZOOM) =>
        new Resvg(svg, { ...options, fitTo: { mode: 'zoom', value: zoom } }).render().asPng(),
    };
  } catch (error) {
    const first = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { reason: `no PNG figures: the renderer @resvg/resvg-js does not load here (${first})` };
  }
}
