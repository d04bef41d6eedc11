// Holds the folders of src/ against the map in docs/architecture.md: who may import whom, and what may be used.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceRoot = join(root, 'src');

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

interface MapRow {
  readonly folder: string;
  /** Folders of src/, or single files of them. */
  readonly mayImport: readonly string[] | 'anything';
  /** Prefixes of what also runs where there is no Node, such as a page. */
  readonly nodeFree: readonly string[];
}

const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');

/** Names in backticks, their closing slash left out. */
const namesIn = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name?.replace(/\/$/, '') ?? '');

/** The table of folders in docs/architecture.md. A cell that does not parse is an error, not a permission. */
function readMap(text: string): MapRow[] {
  const lines = text.split('\n');
  const head = lines.indexOf('| folder of `src/` | what lives there | may import | without Node |');
  const rows = lines.slice(head + 2, lines.indexOf('', head));
  if (head < 0 || rows.length === 0) throw new Error('docs/architecture.md has no table of folders');
  return rows.flatMap((line) => {
    const [first = '', , imports = '', nodeFree = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const allowed = namesIn(imports);
    if (allowed.length === 0 && imports !== 'nothing of ours' && imports !== 'anything')
      throw new Error(`docs/architecture.md: what ${first} may import is "${imports}"`);
    if (nodeFree !== 'no' && nodeFree !== 'yes' && namesIn(nodeFree).length === 0)
      throw new Error(`docs/architecture.md: without Node, ${first}: "${nodeFree}"`);
    return namesIn(first).map((folder) => ({
      folder,
      mayImport: imports === 'anything' ? 'anything' : allowed,
      nodeFree: nodeFree === 'yes' ? [folder] : namesIn(nodeFree).map((below) => `${folder}/${below}`),
    }));
  });
}

const map = readMap(page);

/** In a folder that does without Node, only what lies below `node/` may use it. */
const usesNode = (path: string) => path.includes('/node/');

/** Modules that are there when the program runs, packages too: imports of types alone are gone by then. */
function runtimeImportsOf(file: SourceFile): string[] {
  const statement = /^(?:import|export) (?!type )(?:[^;']*? from )?'([^']+)'|import\('([^']+)'\)/gm;
  return [...file.text.matchAll(statement)].map(([, fixed, late]) => {
    const name = fixed ?? late ?? '';
    return name.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file.path), name)) : name;
  });
}

/** Modules that are loaded with a file: what it imports when it is used is left out. */
function loadedWith(file: SourceFile): string[] {
  return runtimeImportsOf({ ...file, text: file.text.replaceAll(/import\('[^']+'\)/g, '') });
}

function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

describe('the architecture', () => {
  it('has every folder on the map, and on the map only folders that exist or are named as not built yet', () => {
    const sentence = /Parts on the map that are not built yet: ([^.]+)\./.exec(page.replaceAll('\n', ' '));
    const folders = new Set(files.map((file) => file.folder).filter((folder) => !folder.endsWith('.ts')));
    const planned = namesIn(sentence?.[1] ?? '').filter((name) => map.some((row) => row.folder === name));
    expect(map.map((row) => row.folder).sort()).toEqual([...folders, ...planned].sort());
  });

  it('lets every folder import only what the map allows', () => {
    const violations = files.flatMap((file) => {
      const allowed = map.find((row) => row.folder === file.folder)?.mayImport ?? 'anything';
      if (allowed === 'anything') return [];
      return importsOf(file)
        .filter((path) => !path.startsWith('..') && !path.startsWith(`${file.folder}/`))
        .filter((path) => !allowed.includes(path.split('/')[0] ?? '') && !allowed.includes(path))
        .map((path) => `${file.path} imports ${path}`);
    });
    expect(violations).toEqual([]);
  });

  it('has nothing that imports what may import anything, such as the command line', () => {
    const ends = map.filter((row) => row.mayImport === 'anything').map((row) => row.folder);
    const importers = files.flatMap((file) =>
      importsOf(file)
        .filter((path) => ends.includes(path.split('/')[0] ?? '') && !path.startsWith(`${file.folder}/`))
        .map((path) => `${file.path} imports ${path}`),
    );
    expect(ends).toContain('cli');
    expect(importers).toEqual([]);
  });

  it('needs no Node where a page has to run it, directly or through another file', () => {
    const nodeFree = map.flatMap((row) => row.nodeFree);
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

  it('starts the command line with little: what a command needs is loaded when it is run', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const loaded = new Set<string>();
    const visit = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const file = byPath.get(name);
      if (file !== undefined) for (const next of loadedWith(file)) visit(next);
    };
    for (const entry of ['cli/command-line.ts', 'cli/command-context.ts', 'cli/user-folder.ts']) visit(entry);
    expect(loaded).toContain('run/executors/registry.ts');
    expect(loaded).toContain('@commander-js/extra-typings');
    expect(
      [...loaded].filter((name) =>
        /^(zod|yaml)$|^(kernels\/(?!engine-names)|model|recipe|poison)/.test(name),
      ),
    ).toEqual([]);
    expect(loaded.size).toBeLessThan(40);
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
});
