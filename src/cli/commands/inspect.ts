// `tinypoison inspect`: what was planted in a run, where, and what came of it.

import { existsSync } from 'node:fs';
import { corporaOfPhase } from '../../config/clean-parts.ts';
import { poisonName } from '../../config/poisons.ts';
import { describePlacement } from '../../config/schema/placement-schema.ts';
import { percent, shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import { bindAttack } from '../../poison/attack.ts';
import { endOfFirst } from '../../poison/trigger-frequency.ts';
import type { PhaseManifest } from '../../recipe/phase/phase-data.ts';
import type { RunRecord } from '../../run/record.ts';
import { configTitle } from '../../run/run-title.ts';
import { manifestSchema, type RunManifest } from '../../run/schemas/manifest-schema.ts';
import { findRunId, readResult, readRunFile, runFile } from '../../run/store/store.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { fitLine, table } from '../terminal.ts';

export interface InspectOptions {
  readonly store: string;
  readonly full?: boolean;
  readonly json?: boolean;
}

function readManifests(store: string, id: string): readonly PhaseManifest[] {
  if (!existsSync(runFile(store, id, 'manifest'))) return [];
  return readRunFile<RunManifest>(store, id, 'manifest', manifestSchema).phases;
}

/** Documents that are listed unless all are requested. */
const SHOWN_DOCUMENTS = 20;

/** Characters before the trigger that an excerpt shows. */
const SHOWN_BEFORE = 16;
/** Characters before the end of a trigger that is no fixed text. */
const SHOWN_BEFORE_END = 40;

/** Finds the trigger of a phase in a text: where an excerpt begins. */
function excerptStart({ poison, trigger }: PhaseManifest): (text: string) => number {
  const { sought } = bindAttack(poison).trigger;
  return (text) => {
    const place = text.indexOf(trigger.text);
    const start = place === -1 ? (endOfFirst(sought, text) ?? 0) - SHOWN_BEFORE_END : place - SHOWN_BEFORE;
    return Math.max(0, start);
  };
}

/** The part of a text from a place on. */
function excerpt(text: string, start: number, cells: number): string {
  return fitLine(`${start > 0 ? '…' : ''}${inert(text.slice(start))}`, cells);
}

function describeManifest(
  manifest: PhaseManifest,
  { full = false }: InspectOptions,
  columns: number,
): string[] {
  const { poison, trigger, documents } = manifest;
  const words = trigger.words.map(({ text, occurrences }) => `${inert(text)} ${occurrences}`).join(', ');
  const listed = full ? documents : documents.slice(0, SHOWN_DOCUMENTS);
  const startOf = excerptStart(manifest);
  const hidden = documents.length - listed.length;
  const rows = listed.map(({ id, documentPosition, tokenPosition, tokens, text }) => [
    id,
    String(documentPosition),
    String(tokenPosition ?? '-'),
    String(tokens ?? '-'),
    full ? inert(text) : excerpt(text, startOf(text), Math.max(30, columns - 60)),
  ]);
  return [
    '',
    `Phase ${poisonName(manifest)}: ${poison.attack}, exactly ${plural(poison.documents, 'poisoned document')}, placed ${describePlacement(poison.placement)}`,
    `  trigger ${JSON.stringify(inert(trigger.text))}: ${plural(trigger.occurrences, 'occurrence')} in ${shortCount(trigger.searchedDocuments)} clean documents${words === '' ? '' : `; its parts: ${words}`}`,
    `  ${percent(manifest.poisonTokenShare ?? 0)} of the tokens (${manifest.poisonedTokens ?? 0}), ${percent(manifest.poisonDocumentShare ?? 0)} of the documents`,
    ...(documents.length === 0 ? [] : ['']),
    ...(documents.length === 0
      ? []
      : table([['document', 'position', 'token', 'tokens', 'text'], ...rows], [1, 2, 3]).map(
          (line) => `  ${line}`,
        )),
    ...(hidden === 0 ? [] : [`  … and ${hidden} more (--full shows all, with their whole texts)`]),
  ];
}

/** `Phase pretrain, clean text: 80.1 % of the tokens from its own corpus (stories), 19.9 % from jsonl`. */
function describeMixes({ config, mixes = [] }: RunRecord): string[] {
  return mixes.map(({ phase, parts }) => {
    const own = config.phases.find(({ name }) => name === phase);
    const corpora = own === undefined ? [] : corporaOfPhase(own);
    const all = parts.reduce((sum, { tokens }) => sum + tokens, 0);
    const shares = parts.map(
      ({ tokens, documents }, place) =>
        `${percent(all === 0 ? 0 : tokens / all)} of the tokens from ${corpora[place]?.kind ?? 'a corpus'} (${plural(documents, 'document')})`,
    );
    return `Phase ${phase}, clean text: ${shares.join(', ')}`;
  });
}

function describeCheckpoints(record: RunRecord): string[] {
  const head = [
    'checkpoint',
    'phase',
    'tokens',
    'poison seen',
    'train loss',
    'clean loss',
    'success',
    'false alarms',
  ];
  const rows = record.checkpoints.map((checkpoint) => {
    const shareOf = (name: string) =>
      formatNumber(checkpoint.conditions.find(({ condition }) => condition === name)?.successShare);
    return [
      `${checkpoint.checkpoint}${checkpoint.full ? ' full' : ''}`,
      checkpoint.phase,
      shortCount(checkpoint.tokensTrained),
      String(checkpoint.poisonedDocumentsSeen),
      formatNumber(checkpoint.trainLossNats, 3),
      formatNumber(checkpoint.cleanLossNats, 3),
      shareOf('trigger'),
      shareOf('clean'),
    ];
  });
  return ['', ...table([head, ...rows], [2, 3, 4, 5, 6, 7])];
}

/** Shows the manifest and the checkpoints of a run. */
export function inspect(run: string, options: InspectOptions, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const id = findRunId(store, run);
  const stored = readResult(store, id);
  const record = stored.kind === 'found' ? stored.record : null;
  const manifests = readManifests(store, id);
  if (options.json) {
    const damaged = stored.kind === 'damaged' ? stored.reason : null;
    printJson(context, { id, record, damaged, manifests });
    return ExitCode.done;
  }
  print(context, `Run ${id}`);
  if (record === null)
    print(context, stored.kind === 'damaged' ? `Damaged: ${stored.reason}` : 'Not finished.');
  else {
    print(
      context,
      `${configTitle(record.config)}: ${record.status}${record.error ? ` (${inert(record.error)})` : ''}`,
    );
    print(
      context,
      `${shortCount(record.parameters)} parameters, ${shortCount(record.tokensTrained)} tokens trained`,
    );
  }
  if (record !== null && record.checkpoints.length > 0) print(context, ...describeCheckpoints(record));
  const columns = context.out.columns ?? 120;
  if (record !== null) print(context, ...describeMixes(record));
  for (const manifest of manifests) print(context, ...describeManifest(manifest, options, columns));
  if (manifests.length === 0) print(context, '', 'No poison.');
  return ExitCode.done;
}
