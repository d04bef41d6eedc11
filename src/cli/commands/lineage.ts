// `tinypoison lineage`: from a run back to its data.

import { inert } from '../../core/inert-text.ts';
import { configTitle } from '../../run/run-title.ts';
import { findRunId } from '../../run/store/store.ts';
import { identityDifferences } from '../../verify/identity-parts.ts';
import { DamagedResult, type Lineage, traceLineage } from '../../verify/lineage/lineage.ts';
import type { Link } from '../../verify/lineage/lineage-link.ts';
import { absolutePath, type CommandContext, ExitCode, notify, print, printJson } from '../command-context.ts';
import { plural } from '../format.ts';
import { fitLine } from '../terminal.ts';
import { differenceTable } from './why.ts';

export interface LineageOptions {
  readonly store: string;
  readonly full?: boolean;
  readonly json?: boolean;
}

const SHOWN_DOCUMENTS = 4;
const LEAST_COLUMNS = 60;

/** What follows a link's detail: its hash and how it was checked. */
function ending({ hash, check, note }: Link): string {
  // What a mismatch is follows below the tree.
  const state = check === 'unknown' ? (note === undefined ? '' : `  (${inert(note)})`) : `  ${check}`;
  return `${hash === null ? '' : `  ${hash.slice(0, 16)}…`}${state}`;
}

function treeLines(
  links: readonly Link[],
  indent: string,
  view: { columns: number; full: boolean },
): string[] {
  const wrong = links.filter(({ check }) => check === 'MISMATCH');
  const isLong =
    !view.full && links.length > SHOWN_DOCUMENTS && links.every(({ what }) => what === 'document');
  const shown = isLong
    ? [...new Set([...wrong, ...links])].slice(0, Math.max(SHOWN_DOCUMENTS, wrong.length))
    : links;
  const rest = links.length - shown.length;
  const lines = shown.flatMap((link, place) => {
    const isLast = place === shown.length - 1 && rest === 0;
    const end = ending(link);
    const text = `${link.what}: ${inert(link.detail)}`;
    const room = Math.max(LEAST_COLUMNS, view.columns) - indent.length - 3 - end.length;
    return [
      `${indent}${isLast ? '└─ ' : '├─ '}${fitLine(text, Math.max(24, room))}${end}`,
      ...treeLines(link.links ?? [], `${indent}${isLast ? '   ' : '│  '}`, view),
    ];
  });
  return rest === 0 ? lines : [...lines, `${indent}└─ … and ${rest} more (--full shows them)`];
}

function describeRun(
  { id, record, links, mismatches }: Lineage,
  options: LineageOptions,
  columns: number,
): string[] {
  const checks = (function count(all: readonly Link[]): number {
    return all.reduce(
      (sum, { check, links: inner = [] }) => sum + (check === 'matches' ? 1 : 0) + count(inner),
      0,
    );
  })(links);
  return [
    `Run ${id}`,
    `${inert(configTitle(record.config))}: ${record.status}`,
    ...treeLines(links, '', { columns, full: options.full === true }),
    mismatches.length === 0
      ? `${plural(checks, 'link')} checked, none broken.`
      : `${plural(mismatches.length, 'link')} broken:`,
    ...mismatches.map((text) => `  ${inert(text)}`),
  ];
}

/** Hashes along the way, by what they are of. */
function hashesOf(links: readonly Link[]): Map<string, string | null> {
  const hashes = new Map<string, string | null>();
  for (const { what, hash } of links.flatMap((link) => [
    link,
    ...(link.what === 'corpus' ? (link.links ?? []) : []),
  ])) {
    let name = what;
    for (let number = 2; hashes.has(name); number++) name = `${what} ${number}`;
    hashes.set(name, hash);
  }
  return hashes;
}

/** What changed between two runs: parts of the identity, and what came of them. */
function describeChange(one: Lineage, other: Lineage): string[] {
  const differences = identityDifferences(one.record, other.record);
  const heads = { one: one.id.slice(0, 12), other: other.id.slice(0, 12) };
  const [ours, theirs] = [hashesOf(one.links), hashesOf(other.links)];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].filter(
    (name) => name !== 'config and contracts',
  );
  const isSame = (name: string) => ours.get(name) !== undefined && ours.get(name) === theirs.get(name);
  const same = names.filter((name) => isSame(name) && ours.get(name) !== null);
  const changed = names.filter((name) => !isSame(name));
  return [
    '',
    `From ${heads.one} to ${heads.other}: ${plural(differences.length, 'part')} of the identity ${differences.length === 1 ? 'is' : 'are'} different`,
    ...(differences.length === 0 ? [] : differenceTable(differences, heads)),
    `  the same: ${same.join(', ') || 'nothing'}`,
    `  different: ${changed.join(', ') || 'nothing'}`,
  ];
}

/** Shows what made a run, and what changed between two. */
export async function lineage(
  run: string,
  other: string | undefined,
  options: LineageOptions,
  context: CommandContext,
): Promise<number> {
  const store = absolutePath(options.store, context);
  const ids = [run, ...(other === undefined ? [] : [other])].map((name) => findRunId(store, name));
  const traced: Lineage[] = [];
  for (const id of ids) {
    try {
      traced.push(await traceLineage(store, id));
    } catch (error) {
      if (!(error instanceof DamagedResult)) throw error;
      notify(context, `error: ${error.message}: it was changed or damaged after the run`);
      return ExitCode.differs;
    }
  }
  const [first, second] = traced as [Lineage, Lineage | undefined];
  const broken = traced.some(({ mismatches }) => mismatches.length > 0);
  if (options.json) {
    const changes = second === undefined ? {} : { changes: identityDifferences(first.record, second.record) };
    printJson(context, {
      runs: traced.map(({ id, links, mismatches }) => ({ id, links, mismatches })),
      ...changes,
    });
  } else {
    const columns = context.out.columns ?? 110;
    for (const [place, item] of traced.entries())
      print(context, ...(place === 0 ? [] : ['']), ...describeRun(item, options, columns));
    if (second !== undefined) print(context, ...describeChange(first, second));
  }
  return broken ? ExitCode.differs : ExitCode.done;
}
