// The lab as a folder that any static host can serve.
import { join } from 'node:path';
import { build } from 'vite';
import { FOLDER_POLICY, withPolicy } from './policy.mjs';
import { viteOptions } from './vite-options.mjs';

const policyPlugin = {
  name: 'tinypoison-policy',
  transformIndexHtml: { order: 'post', handler: (html) => withPolicy(html, FOLDER_POLICY) },
};

/** Builds the folder; what was in it is removed. */
export async function buildFolder({ root, folder }) {
  await build(
    viteOptions({
      root,
      plugins: [policyPlugin],
      build: {
        outDir: folder,
        emptyOutDir: true,
        assetsInlineLimit: 0,
        rollupOptions: { input: join(root, 'src/lab/index.html') },
      },
    }),
  );
}
