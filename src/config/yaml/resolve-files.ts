// Files inside files: `extends: path` in any mapping, and a path where a model, corpus, tokenizer or poison is expected.
// A path may also be the name of a config that comes with the program, `tinypoison:models/d32`.
import type { Problem } from '../../core/errors.ts';
import type { PathSyntax } from '../../core/paths.ts';
import type { ConfigFiles } from '../config-files.ts';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from './located.ts';
import { problemAt, showValue, withEntry } from './located.ts';
import { parseYaml } from './parse-yaml.ts';
import { shippedName } from './shipped-name.ts';

/** Fields that take a mapping, where text therefore names a file that holds it. */
const fileFields: ReadonlySet<string> = new Set(['model', 'corpus', 'tokenizer', 'poison']);

/** Files that each extend several others could multiply without end. */
const maximumLoads = 1000;

interface Resolution {
  readonly files: ConfigFiles;
  readonly problems: Problem[];
  /** Files read so far; one count for the whole resolution. */
  readonly loads: { count: number };
  /** Absolute paths of the files being read, outermost first. */
  readonly chain: readonly string[];
}

/**
 * A mapping laid over another: fields of both that are mappings are merged in turn, everything else is the
 * upper one's. `tokens` and `documents` replace `tokensPerParameter` and `share` below, and the reverse.
 */
export function mergeMaps(options: { below: LocatedMap; above: LocatedMap }): LocatedMap {
  const { below, above } = options;
  let entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    const under = entries.get(key)?.value;
    const value =
      under?.kind === 'map' && entry.value.kind === 'map'
        ? mergeMaps({ below: under, above: entry.value })
        : entry.value;
    entries = withEntry(entries, key, { ...entry, value });
  }
  const incomplete = below.incomplete === true || above.incomplete === true;
  return { kind: 'map', place: above.place, entries, ...(incomplete ? { incomplete } : {}) };
}

function stemOf(file: string, { basename, extname }: PathSyntax): string {
  return basename(file, extname(file));
}

/** The mapping in the file that a scalar names; undefined, with problems, where there is none. */
function loadMap(
  reference: LocatedScalar,
  { files, problems, loads, chain }: Resolution,
): LocatedMap | undefined {
  const { isAbsolute, join, resolve, dirname, basename } = files.paths;
  const { place, value } = reference;
  const refuse = (message: string): undefined => {
    problems.push(problemAt(place, message));
  };
  if (typeof value !== 'string' || value === '')
    return refuse(`extends must be the path of a file, not ${showValue(value)}`);
  const isShipped = shippedName(value) !== undefined;
  const file = isShipped || isAbsolute(value) ? value : join(place.folder, value);
  const absolute = isShipped ? file : resolve(file);
  if (chain.includes(absolute))
    return refuse(`${file} extends itself by way of ${basename(chain.at(-1) ?? file)}`);
  if (chain.length > 20) return refuse(`${file}: files extend one another more than 20 deep`);
  loads.count += 1;
  if (loads.count === maximumLoads + 1) return refuse(`more than ${maximumLoads} files are extended`);
  if (loads.count > maximumLoads) return undefined;
  const read = files.read(file);
  if ('reason' in read) return refuse(`cannot read ${file}: ${read.reason}`);
  const parsed = parseYaml(read.text, { file, folder: dirname(file), lines: true });
  problems.push(...parsed.problems);
  if (parsed.root === undefined) return undefined;
  if (parsed.root.kind !== 'map') return refuse(`${file} must hold a mapping`);
  return resolveMap(parsed.root, { files, problems, loads, chain: [...chain, absolute] });
}

function loadNamed(reference: LocatedScalar, resolution: Resolution): LocatedMap {
  const loaded = loadMap(reference, resolution);
  if (loaded === undefined)
    return { kind: 'map', place: reference.place, entries: new Map(), incomplete: true };
  return { ...loaded, name: stemOf(String(reference.value), resolution.files.paths) };
}

/** A value whose key may be a field path of a sweep: its last part tells what is expected. */
function resolveField(key: string, value: Located, resolution: Resolution): Located {
  const takesFile = fileFields.has(key.slice(key.lastIndexOf('.') + 1));
  const isReference = (node: Located): node is LocatedScalar =>
    node.kind === 'scalar' && typeof node.value === 'string';
  if (takesFile && isReference(value)) return loadNamed(value, resolution);
  if (takesFile && value.kind === 'list')
    return {
      ...value,
      items: value.items.map((item) =>
        isReference(item) ? loadNamed(item, resolution) : resolveNode(item, resolution),
      ),
    };
  return resolveNode(value, resolution);
}

function resolveMap(map: LocatedMap, resolution: Resolution): LocatedMap {
  const entries = new Map<string, LocatedEntry>();
  for (const [key, entry] of map.entries)
    if (key !== 'extends') entries.set(key, { ...entry, value: resolveField(key, entry.value, resolution) });
  const local: LocatedMap = { ...map, entries };
  const reference = map.entries.get('extends')?.value;
  if (reference === undefined) return local;
  const below =
    reference.kind === 'scalar'
      ? loadMap(reference, resolution)
      : loadMap({ kind: 'scalar', place: reference.place, value: null }, resolution);
  if (below === undefined) return { ...local, incomplete: true };
  const merged = mergeMaps({ below, above: local });
  const isFileAlone = entries.size === 0 && reference.kind === 'scalar';
  return isFileAlone ? { ...merged, name: stemOf(String(reference.value), resolution.files.paths) } : merged;
}

function resolveNode(node: Located, resolution: Resolution): Located {
  if (node.kind === 'map') return resolveMap(node, resolution);
  if (node.kind === 'list')
    return { ...node, items: node.items.map((item) => resolveNode(item, resolution)) };
  return node;
}

/**
 * Replaces every reference to another file by what the file holds.
 * @param key the field path that the value is for; decides whether text in it names a file
 * @param file the file that the value was written in, if any
 */
export function resolveFiles(
  node: Located,
  options: { files: ConfigFiles; key?: string; file?: string; problems: Problem[] },
): Located {
  const { files, key = '', file, problems } = options;
  return resolveField(key, node, {
    files,
    problems,
    loads: { count: 0 },
    chain: file === undefined ? [] : [files.paths.resolve(file)],
  });
}
