// What both builds of the lab, folder and single file, tell Vite.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asciiRanksModule } from './ascii-ranks.mjs';
import { fillTextPlugin } from './fill-text.mjs';

const ASCII_RANKS = 'tinypoison:ascii-ranks';
const NO_RANKS = 'tinypoison:no-ranks';
const RANKS = /^gpt-tokenizer\/bpeRanks\/(.*)$/;

/** The ranks of ASCII text in place of all ranks; encodings that the lab has no use for are left out. */
function ranksPlugin() {
  return {
    name: 'tinypoison-ranks',
    enforce: 'pre',
    resolveId(id) {
      const [, name] = RANKS.exec(id) ?? [];
      if (name === undefined) return null;
      return name === 'o200k_base' ? ASCII_RANKS : NO_RANKS;
    },
    load(id) {
      if (id === ASCII_RANKS) return asciiRanksModule();
      return id === NO_RANKS
        ? "export default undefined; throw new Error('the lab has no encoding but o200k_base');"
        : null;
    },
  };
}

const NO_YAML = 'tinypoison:no-yaml';

/** The lab's configs and grammars are JSON: the parser stays away from its workers. */
const yamlPlugin = () => ({
  name: 'tinypoison-no-yaml',
  enforce: 'pre',
  resolveId: (id) => (id === 'yaml' ? NO_YAML : null),
  load: (id) =>
    id === NO_YAML ? "export function parse() { throw new Error('the lab reads no YAML'); }" : null,
});

const JSON_SCHEMA = /\/zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/;

/** The lab writes no JSON Schema: what zod has for that, which nothing else needs, becomes functions that do nothing. */
const noJsonSchemaPlugin = () => ({
  name: 'tinypoison-no-json-schema',
  enforce: 'pre',
  load(id) {
    if (!JSON_SCHEMA.test(id)) return null;
    const names = [...readFileSync(id, 'utf8').matchAll(/^export (?:const|function) (\w+)/gm)];
    if (names.length === 0) throw new Error(`${id} exports nothing that this plugin knows`);
    return names.map(([, name]) => `export const ${name} = () => undefined;`).join('\n');
  },
});

const UNUSED_DEFENCES =
  /[\\/]src[\\/]defend[\\/](unlearn|mlp-activity|states[\\/]principal-axes|sequences[\\/](minhash|sequence-table))\.ts$/;

/** The lab repairs no weights, reads no hidden states, and counts and compares no sequences: how that is done stays away from its workers. */
const noUnusedDefencesPlugin = () => ({
  name: 'tinypoison-no-unused-defences',
  enforce: 'pre',
  load(id) {
    if (!UNUSED_DEFENCES.test(id)) return null;
    const names = [...readFileSync(id, 'utf8').matchAll(/^export (?:const|function|class) (\w+)/gm)];
    if (names.length === 0) throw new Error(`${id} exports nothing that this plugin knows`);
    return names
      .map(
        ([, name]) => `export function ${name}() { throw new Error('the lab does without this defence'); }`,
      )
      .join('\n');
  },
});

const TEXT = String.raw`(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\`(?:[^\`\\$]|\\.)*\`)`;
const DESCRIPTION = new RegExp(String.raw`\.describe\(\s*${TEXT}(?:\s*\+\s*${TEXT})*\s*,?\s*\)`, 'g');

/** Descriptions of fields are for the schema of editors, which the lab does not write. */
const noDescriptionsPlugin = () => ({
  name: 'tinypoison-no-descriptions',
  enforce: 'pre',
  transform: (code, id) =>
    /[\\/]src[\\/].*\.ts$/.test(id) && code.includes('.describe(')
      ? { code: code.replace(DESCRIPTION, ''), map: null }
      : null,
});

/** Options of Vite; `build` is added to. */
export function viteOptions({ root, plugins = [], build }) {
  return {
    configFile: false,
    logLevel: 'error',
    root: join(root, 'src/lab'),
    base: './',
    publicDir: false,
    plugins: [
      ranksPlugin(),
      yamlPlugin(),
      noJsonSchemaPlugin(),
      noDescriptionsPlugin(),
      noUnusedDefencesPlugin(),
      fillTextPlugin(root),
      ...plugins,
    ],
    worker: {
      format: 'es',
      plugins: () => [
        ranksPlugin(),
        yamlPlugin(),
        noJsonSchemaPlugin(),
        noDescriptionsPlugin(),
        noUnusedDefencesPlugin(),
      ],
    },
    build: {
      target: 'es2023',
      modulePreload: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
      ...build,
    },
  };
}
