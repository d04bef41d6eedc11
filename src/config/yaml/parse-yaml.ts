// YAML text to located values. Nothing that is written passes silently: syntax errors, duplicate keys, tags, cycles.
import type { Alias, CST, Document, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, Parser, parseDocument, visit } from 'yaml';
import type { Problem } from '../../core/errors.ts';
import type { Located, LocatedEntry, Place } from './located.ts';
import { problemAt } from './located.ts';

const maximumCharacters = 1_000_000;
const maximumDepth = 40;
/** Counted after aliases are expanded: a few nested aliases could stand for billions of values. */
const maximumValues = 100_000;
const maximumTokens = 2 * maximumValues;
/** No field has as many. The composer compares every two keys of a mapping. */
const maximumKeys = 2_000;

/** Where a text comes from, as its problems name it. */
export interface YamlSource {
  readonly file: string;
  /** Folder that relative paths in it start from. */
  readonly folder: string;
  /** False for values of the command line, which have no lines. */
  readonly lines: boolean;
}

export interface ParsedYaml {
  /** Absent where the text is no YAML at all. */
  readonly root?: Located;
  readonly problems: readonly Problem[];
}

/** Why a text is refused before it is composed: found without recursion, which would exhaust the stack; null: it is not. */
function tooLarge(text: string): string | null {
  let values = 0;
  const pending: { token: CST.Token; depth: number }[] = [];
  for (const token of new Parser().parse(text)) pending.push({ token, depth: 0 });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    values += 1;
    if (depth > maximumDepth) return `nested more than ${maximumDepth} deep`;
    if (values > maximumTokens) return `more than ${maximumTokens} keys and values`;
    if (token.type === 'document' && token.value !== undefined) pending.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    const isMapping =
      token.type === 'block-map' ||
      (token.type === 'flow-collection' && token.start.type === 'flow-map-start');
    if (isMapping && token.items.length > maximumKeys)
      return `a mapping of ${token.items.length} keys; at most ${maximumKeys}`;
    for (const item of token.items) {
      if (item.key) pending.push({ token: item.key, depth: depth + 1 });
      if (item.value) pending.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}

/** The node that each alias stands for: the last one before it with its anchor. One pass, however many there are. */
function aliasTargets(document: Document): Map<Alias, Node | undefined> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) targets.set(node, anchored.get(node.source));
      else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

class Locator {
  readonly problems: Problem[] = [];
  readonly #source: YamlSource;
  readonly #lines: LineCounter;
  readonly #expanding = new Set<Node>();
  readonly #targets: ReadonlyMap<Alias, Node | undefined>;
  #values = 0;

  constructor(options: { document: Document; source: YamlSource; lines: LineCounter }) {
    this.#targets = aliasTargets(options.document);
    this.#source = options.source;
    this.#lines = options.lines;
  }

  place(offset: number): Place {
    const { file, folder, lines } = this.#source;
    if (!lines) return { file, folder };
    const { line, col } = this.#lines.linePos(offset);
    return { file, folder, line, column: col };
  }

  report(offset: number, message: string): void {
    this.problems.push(problemAt(this.place(offset), message));
  }

  /** The located form of a node; undefined, with a problem, where it has none. */
  locate(node: unknown, fallbackOffset: number): Located | undefined {
    this.#values += 1;
    if (this.#values > maximumValues) {
      if (this.#values === maximumValues + 1)
        this.report(fallbackOffset, `more than ${maximumValues} values, aliases expanded; use fewer aliases`);
      return undefined;
    }
    if (isAlias(node)) return this.#locateAlias(node);
    if (isMap(node))
      return {
        kind: 'map',
        place: this.place(node.range?.[0] ?? fallbackOffset),
        entries: this.#entries(node),
      };
    if (isSeq(node)) {
      const place = this.place(node.range?.[0] ?? fallbackOffset);
      const items = node.items
        .map((item) => this.locate(item, fallbackOffset))
        .filter((item) => item !== undefined);
      return { kind: 'list', place, items };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    const offset = (isScalar(node) ? node.range?.[0] : undefined) ?? fallbackOffset;
    if (
      value !== null &&
      typeof value !== 'string' &&
      typeof value !== 'number' &&
      typeof value !== 'boolean'
    ) {
      this.report(offset, 'a value of a kind that has no meaning here; write text, a number, true or false');
      return undefined;
    }
    // Zero has no sign here: equal configs would differ by a bit that their text as JSON does not show.
    return { kind: 'scalar', place: this.place(offset), value: value === 0 ? 0 : value };
  }

  #locateAlias(alias: Alias): Located | undefined {
    const offset = alias.range?.[0] ?? 0;
    const target = this.#targets.get(alias);
    if (target === undefined) {
      this.report(offset, `no anchor &${alias.source} stands before the alias *${alias.source}`);
      return undefined;
    }
    if (this.#expanding.has(target)) {
      this.report(offset, `the alias *${alias.source} contains itself`);
      return undefined;
    }
    this.#expanding.add(target);
    const located = this.locate(target, offset);
    this.#expanding.delete(target);
    return located;
  }

  #entries(map: YAMLMap): Map<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    // An anchored mapping may hold an alias to itself without any alias being expanded around it.
    this.#expanding.add(map);
    for (const pair of map.items as Pair[]) {
      const key = pair.key;
      const offset = (isScalar(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
      if (!isScalar(key) || typeof key.value !== 'string' || key.value === '__proto__') {
        this.report(offset, 'a key must be plain text; put it in quotes');
        continue;
      }
      const value = this.locate(pair.value, offset);
      if (value !== undefined && !entries.has(key.value))
        entries.set(key.value, { keyPlace: this.place(offset), value });
    }
    this.#expanding.delete(map);
    return entries;
  }
}

/**
 * Parses one YAML document. Aliases are expanded, up to 100,000 values in all; nesting goes 40 deep.
 * The problems are complete for the text; with a syntax error there is no root.
 */
export function parseYaml(text: string, source: YamlSource): ParsedYaml {
  const start: Place = {
    file: source.file,
    folder: source.folder,
    ...(source.lines ? { line: 1, column: 1 } : {}),
  };
  const refuse = (message: string): ParsedYaml => ({ problems: [problemAt(start, message)] });
  if (text.length > maximumCharacters)
    return refuse(`${text.length} characters is too long for a config (at most ${maximumCharacters})`);
  if (text.includes('\0')) return refuse('the text holds a NUL character, so it is no YAML');
  const excess = tooLarge(text);
  if (excess !== null) return refuse(excess);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: false,
  });
  const locator = new Locator({ document, source, lines });
  for (const fault of [...document.errors, ...document.warnings])
    locator.report(fault.pos[0], `YAML: ${fault.message}`);
  const isBroken = document.errors.some(({ code }) => code !== 'DUPLICATE_KEY');
  if (isBroken) return { problems: locator.problems };
  const root = locator.locate(document.contents, 0);
  return { problems: locator.problems, ...(root === undefined ? {} : { root }) };
}
