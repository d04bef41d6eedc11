// Holds the folders of src/ against the map in docs/architecture.md: who may import whom, and what may be used.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceRoot = join(root, 'src');

const below = ['core', 'config', 'corpus', 'poison', 'tokens', 'kernels', 'model', 'train', 'evaluate'];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  corpus: ['core', 'config'],
  poison: ['core', 'config', 'corpus'],
  tokens: ['core', 'config', 'corpus'],
  kernels: ['core'],
  model: ['core', 'config', 'kernels'],
  train: ['core', 'config', 'tokens', 'model'],
  tensorflow: ['core', 'config', 'model'],
  evaluate: ['core', 'config', 'corpus', 'poison', 'tokens', 'model'],
  defend: below,
  run: [...below, 'tensorflow', 'defend', 'analyse'],
  analyse: ['core', 'run'],
  report: ['core', 'run', 'analyse'],
  verify: [...below, 'run', 'analyse', 'report'],
};

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

const files: readonly SourceFile[] = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => {
    const unix = path.split(sep).join('/');
    return {
      path: unix,
      folder: unix.split('/')[0] ?? '',
      text: readFileSync(join(sourceRoot, path), 'utf8'),
    };
  });

/** Modules a file imports, statically or not, relative ones as paths from src/. */
function importsOf(file: SourceFile): string[] {
  const pattern = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;
  return [...file.text.matchAll(pattern)].map((match) =>
    posix.normalize(posix.join(posix.dirname(file.path), match[1] ?? '')),
  );
}

/**
 * Folders that also run where there is no Node, such as a page. In them only `node/` may use it, and from there nothing
 * is imported by the rest.
 */
const nodeFree = [
  'core',
  'config',
  'corpus',
  'poison',
  'tokens',
  'kernels',
  'model',
  'train',
  'evaluate',
  'defend',
  'recipe',
  'analyse',
  'report/figures',
];
const usesNode = (path: string) => path.includes('/node/') || path === 'report/figures/svg-to-png.ts';

/** Modules that are there when the program runs, packages too: imports of types alone are gone by then. */
function runtimeImportsOf(file: SourceFile): string[] {
  const statement = /^(?:import|export) (?!type )(?:[^;']*? from )?'([^']+)'|import\('([^']+)'\)/gm;
  return [...file.text.matchAll(statement)].map(([, fixed, late]) => {
    const name = fixed ?? late ?? '';
    return name.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file.path), name)) : name;
  });
}

function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

describe('the architecture', () => {
  it('lets every folder import only what the map allows', () => {
    const violations = files.flatMap((file) => {
      const allowed = mayImport[file.folder];
      if (allowed === undefined) return [];
      return importsOf(file)
        .filter((path) => !path.startsWith('..'))
        .map((path) => path.split('/')[0] ?? '')
        .filter((folder) => folder !== file.folder && !allowed.includes(folder))
        .map((folder) => `${file.path} imports ${folder}/`);
    });
    expect(violations).toEqual([]);
  });

  it('has nothing that imports the command line', () => {
    const importers = files.filter(
      (file) => file.folder !== 'cli' && importsOf(file).some((path) => path.startsWith('cli/')),
    );
    expect(importers.map((file) => file.path)).toEqual([]);
  });

  it('lets analyse and report see records of run/ only', () => {
    const violations = files
      .filter((file) => file.folder === 'analyse' || file.folder === 'report')
      .flatMap((file) =>
        importsOf(file)
          .filter((path) => path.startsWith('run/') && path !== 'run/record.ts')
          .map((path) => `${file.path} imports ${path}`),
      );
    expect(violations).toEqual([]);
  });

  it('needs no Node where a page has to run it, directly or through another file', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const problems = new Set<string>();
    const visited = new Set<string>();
    const visit = (file: SourceFile): void => {
      if (visited.has(file.path)) return;
      visited.add(file.path);
      if (/\bBuffer\b/.test(codeOf(file.text))) problems.add(`${file.path} uses Buffer`);
      for (const name of runtimeImportsOf(file)) {
        const next = byPath.get(name);
        if (/^node:|^(fs|path|crypto|url|os|util|stream|zlib)(\/|$)/.test(name) || usesNode(name))
          problems.add(`${file.path} imports ${name}`);
        else if (next !== undefined) visit(next);
      }
    };
    for (const file of files)
      if (nodeFree.some((folder) => file.path.startsWith(`${folder}/`)) && !usesNode(file.path)) visit(file);
    expect(visited.size).toBeGreaterThan(100);
    expect([...problems]).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(files.map((file) => [file.path, importsOf(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      else if (!done.has(path)) {
        for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
        done.add(path);
      }
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  const forbidden: readonly { pattern: RegExp; why: string; except: RegExp }[] = [
    {
      pattern:
        /\bMath\.(exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot|random)\b/,
      why: 'engines differ in it; use core/math or core/random',
      except: /^report\//,
    },
    {
      pattern: /JSON\.parse\([^\n]*\) as /,
      why: 'trusts what was read; use parseJson of core/read-json with a schema',
      except: /^kernels\/native\/load-addon\.ts$/,
    },
    { pattern: /\*\*/, why: 'engines differ in it; use pow of core/math', except: /^report\// },
    { pattern: /\blocaleCompare\b|\bIntl\.|\btoLocale\w+/, why: 'depends on the locale', except: /^$/ },
    {
      pattern: /\bDate\b|\bperformance\.now\b/,
      why: 'time comes from core/clock',
      except: /^core\/clock\.ts$/,
    },
  ];
  it.each(forbidden)('uses nothing that $why', ({ pattern, except }) => {
    const users = files.filter((file) => !except.test(file.path) && pattern.test(codeOf(file.text)));
    expect(users.map((file) => file.path)).toEqual([]);
  });

  it('keeps its own copy of the map in the documentation', () => {
    const map = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
    for (const folder of Object.keys(mayImport)) expect(map).toContain(`\`${folder}/\``);
    expect(relative(root, sourceRoot)).toBe('src');
  });
});
