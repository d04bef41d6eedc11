// The lab as one file that opens from a disk: a classic script, the style, and packed in elements that are not run the
// worker and the kernels.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build } from 'vite';
import { singleFilePolicy, withPolicy } from './policy.mjs';
import { viteOptions } from './vite-options.mjs';

/** The page's resources come from the page itself. */
const resourcesPlugin = (root) => ({
  name: 'tinypoison-single-resources',
  enforce: 'pre',
  resolveId: (id) => (/(^|\/)resources\.ts$/.test(id) ? join(root, 'src/lab/resources-single.ts') : null),
});

/** What Vite makes of one entry, as one classic script beside its other files. */
async function bundle({ root, entry, plugins = [] }) {
  const { output } = await build(
    viteOptions({
      root,
      plugins,
      build: {
        write: false,
        assetsInlineLimit: Number.MAX_SAFE_INTEGER,
        cssCodeSplit: false,
        rollupOptions: {
          input: join(root, 'src/lab', entry),
          // classic scripts have no address of their own; what would use it is replaced or not reached
          transform: { define: { 'import.meta': '{}' } },
          output: { format: 'iife', codeSplitting: false, name: 'lab' },
        },
      },
    }),
  );
  return output;
}

const packed = (bytes) => deflateRawSync(bytes, { level: 9 }).toString('base64');

const codeOf = (output) => {
  const chunks = output.filter(({ type }) => type === 'chunk');
  if (chunks.length !== 1) throw new Error(`the single file has ${chunks.length} scripts, not one`);
  return chunks[0].code;
};

/** Text that stands in a script element and does not end it. */
const inScript = (code) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** Writes the single file. */
export async function buildSingle({ root, file }) {
  const pageOutput = await bundle({ root, entry: 'index.html', plugins: [resourcesPlugin(root)] });
  const worker = codeOf(await bundle({ root, entry: 'worker.ts' }));
  const kernels = readFileSync(join(root, 'src/kernels/wasm/kernels.wasm'));
  const script = inScript(codeOf(pageOutput));
  const assets = pageOutput.filter(({ type }) => type === 'asset');
  const style = assets
    .filter(({ fileName }) => fileName.endsWith('.css'))
    .map(({ source }) => String(source))
    .join('\n');
  const page = String(assets.find(({ fileName }) => fileName.endsWith('.html'))?.source ?? '');
  const data = (id, bytes) => `<script type="text/plain" id="${id}">${packed(bytes)}</script>`;
  const html = page
    .replace(/<script type="module"[^>]*><\/script>/, '')
    .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${style}</style>`)
    .replace('</body>', () =>
      [
        data('lab-worker', worker),
        data('lab-kernels', kernels),
        `<script>${script}</script>`,
        '</body>',
      ].join('\n'),
    );
  writeFileSync(file, withPolicy(html, singleFilePolicy({ script, style })));
}
