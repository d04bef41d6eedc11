// The built lab with runs of seconds: the same page and workers, over prepared data with fewer tokens and prompts. For
// tests that press every button; bits are compared elsewhere, over the data as they are.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type LocalServer, serveFolder } from './local-server.ts';

/** Steps of a run here; each has 1,024 tokens. */
const STEPS = 40;
const TOKENS: Readonly<Record<string, number>> = { d24: 772_096, d32: 1_153_024 };
const EVALUATION: Readonly<Record<string, readonly [from: number, to: number]>> = {
  checkpoints: [8, 2],
  prompts: [200, 20],
  lightPrompts: [50, 10],
  calibrationPrompts: [200, 20],
};

/** Replaces what must be there. */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the prepared data of the lab do not hold ${from}`);
  return text.replaceAll(from, to);
}

function shrink(code: string): string {
  let text = code;
  for (const tokens of Object.values(TOKENS))
    text = replaced(text, `tokens:${tokens}`, `tokens:${STEPS * 1024}`);
  for (const [name, [from, to]] of Object.entries(EVALUATION))
    text = replaced(text, `${name}:${from}`, `${name}:${to}`);
  return text;
}

/** Serves the small lab. */
export async function serveSmallLab(): Promise<LocalServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-small-lab-'));
  cpSync(resolve('dist/lab'), folder, { recursive: true });
  const assets = join(folder, 'assets');
  for (const name of readdirSync(assets).filter((file) => /^prepared-.*\.js$/.test(file))) {
    const path = join(assets, name);
    writeFileSync(path, shrink(readFileSync(path, 'utf8')));
  }
  const server = await serveFolder(folder);
  return {
    ...server,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
