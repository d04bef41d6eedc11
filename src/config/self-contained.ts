// An experiment as one text that stands by itself: files that it extends and options of the command line written out,
// paths as seen from where the text is to lie. It gives the same plan as the original.
import { Document, isCollection, visit } from 'yaml';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Experiment } from './compose-experiment.ts';
import { type Located, toPlain } from './yaml/located.ts';
import { parseYaml } from './yaml/parse-yaml.ts';

/** A list or mapping of at most this many characters stands on one line. */
const LONGEST_FLOW = 100;

/** Rewrites a path. @param folder the one that it is relative to */
export type Relocate = (path: string, folder: string) => string;

/** Plain values with every path of a file rewritten: `path` and `reference`, also as the end of a field path. */
function relocated(node: Located, key: string, relocate: Relocate): unknown {
  if (node.kind === 'map')
    return Object.fromEntries(
      [...node.entries].map(([name, { value }]) => [name, relocated(value, name, relocate)]),
    );
  if (node.kind === 'list') return node.items.map((item) => relocated(item, key, relocate));
  const isPath = /(^|\.)path$/.test(key) || key === 'reference';
  return isPath && typeof node.value === 'string' && node.value !== ''
    ? relocate(node.value, node.place.folder)
    : node.value;
}

/** YAML of a value, short lists and mappings on one line. */
function yamlOf(value: unknown): string {
  const document = new Document(value);
  visit(document, (_, node, path) => {
    if (!isCollection(node) || path.length <= 1) return undefined;
    const isShort = JSON.stringify(node.toJSON()).length <= LONGEST_FLOW;
    const isPhase = isCollection(node) && JSON.stringify(node.toJSON()).startsWith('{"name"');
    if (isShort && !isPhase) node.flow = true;
    return undefined;
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/**
 * Text of an experiment that stands by itself: as typed where that already does, comments and all; otherwise with
 * everything written out under a comment.
 * @param options.origin what the comment says of where it comes from
 */
export function selfContainedText(
  { text, tree }: Pick<Experiment, 'text' | 'tree'>,
  options: { relocate: Relocate; origin: readonly string[] },
): string {
  const value = relocated(tree, '', options.relocate);
  const typed = parseYaml(text, { file: '', folder: '', lines: false }).root;
  if (typed !== undefined && canonicalJson(toPlain(typed)) === canonicalJson(value)) return text;
  const comment = options.origin.map((line) => `# ${line.replace(/\s+/g, ' ').trim()}\n`).join('');
  return `${comment}${yamlOf(value)}`;
}
