// `tinypoison audit`: the data defences on somebody's own corpus.
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { nowMs } from '../../core/clock.ts';
import { InputError } from '../../core/errors.ts';
import { percent } from '../../core/format-number.ts';
import { inert, inertJson } from '../../core/inert-text.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { auditPage } from '../audit/audit-page.ts';
import { type AuditRequest, Interrupted } from '../audit/audit-request.ts';
import type { LadderScale } from '../audit/ladder/ladder-config.ts';
import { ladderRequest } from '../audit/ladder/ladder-options.ts';
import { CONTROL_NOTE, ladderSentences, priceNotes } from '../audit/ladder/ladder-words.ts';
import { type LadderFindings, runLadder } from '../audit/ladder/run-ladder.ts';
import { ReaderPool } from '../audit/reader-pool.ts';
import { type AuditFindings, runAudit } from '../audit/run-audit.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { plural } from '../format.ts';
import { table } from '../terminal.ts';

export interface AuditOptions {
  readonly textField: string;
  readonly trusted?: string;
  readonly out?: string;
  readonly similarity: string;
  readonly least: string;
  readonly workers?: string;
  readonly budget?: string;
  readonly attack?: string;
  readonly trigger?: string;
  readonly store: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const FILES = { page: 'index.html', findings: 'audit.json', flagged: 'flagged.jsonl' };
const PROGRESS_MS = 2000;

function parseSimilarity(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1))
    throw new InputError(`--similarity is "${text}": give a number above 0, up to 1`);
  return value;
}

/** Progress in lines, some seconds apart. */
function sayProgress(context: CommandContext): AuditRequest['onProgress'] {
  let said = nowMs();
  return ({ reading, readings, documents, of }) => {
    if (nowMs() - said < PROGRESS_MS) return;
    said = nowMs();
    const more = readings === null ? '' : ` of about ${readings}, for sequences that there was no room for`;
    const share = of === null ? '' : `, ${percent(documents / Math.max(1, of))}`;
    notify(context, `reading ${reading}${more}: ${plural(documents, 'document')}${share}`);
  };
}

/** Bytes of a file, as far as they are known before it is unpacked. */
function bytesOf(path: string): number {
  const { size } = statSync(path);
  return statSync(path).isDirectory()
    ? 1 << 26
    : path.endsWith('.gz') || path.endsWith('.parquet')
      ? 5 * size
      : size;
}

/** What was found in the text, and by a ladder, where there is one. */
interface Found {
  readonly findings: AuditFindings;
  readonly ladder: LadderFindings | null;
}

const ladderField = (ladder: LadderFindings | null) => (ladder === null ? {} : { ladder });

function write(folder: string, { findings, ladder }: Found, source: string): void {
  const { flagged, ...rest } = findings;
  const json = (value: unknown, space?: number) => inertJson(JSON.stringify(value, null, space));
  const content = { version: 1, source, ...rest, flagged: flagged.length, ...ladderField(ladder) };
  writeFileAtomic(join(folder, FILES.findings), `${json(content, 1)}\n`);
  writeFileAtomic(join(folder, FILES.flagged), flagged.map((own) => `${json(own)}\n`).join(''));
  writeFileAtomic(join(folder, FILES.page), auditPage(findings, source, ladder));
}

function show({ findings, ladder }: Found, context: CommandContext): void {
  const { documents, rules, duplicates, sequences, flagged } = findings;
  const rows = [
    ...rules.map(({ rule, documents: own }) => [rule, String(own)]),
    [`near-duplicates (${plural(duplicates.groups, 'group')})`, String(duplicates.documents)],
    ...sequences
      .slice(0, 10)
      .map((own) => [`recurring sequence ${JSON.stringify(inert(own.text))}`, String(own.documents)]),
  ];
  print(
    context,
    `${plural(flagged.length, 'document')} of ${documents} flagged.`,
    '',
    ...table([['why', 'documents'], ...rows], [1]),
    ...(ladder === null ? [] : ladderLines(ladder)),
  );
}

/** What a ladder found, for the terminal. */
function ladderLines(ladder: LadderFindings): string[] {
  const sizes = ladderSentences(ladder);
  const notes = [
    ...priceNotes(ladder),
    ...(ladder.measure === 'main' ? [] : [`${CONTROL_NOTE} So do the lines of runs above.`]),
  ];
  return [
    ...sizes.flatMap(({ size, sentences }) => [
      '',
      `${ladder.attack}${sizes.length > 1 ? `, ${size}` : ''}:`,
      ...sentences.map((sentence) => `  ${sentence}`),
    ]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ];
}

/** Where an audit reads and writes. @throws InputError for a corpus that is not there, or an audit that is */
function placesOf(file: string, options: AuditOptions, context: CommandContext) {
  const path = absolutePath(file, context);
  const name = basename(path).replace(/(\.(jsonl|ndjson|parquet|csv|tsv|txt|json))?(\.gz)?$/i, '');
  const folder = absolutePath(options.out ?? join('audit', name), context);
  if (!existsSync(path))
    throw new InputError(`${file} is not there: name a file of JSON Lines, Parquet, CSV or plain text`);
  if (existsSync(join(folder, FILES.findings)) && !options.force)
    throw new InputError(`${folder} holds an audit already: give --force to replace it, or --out`);
  const cores = String(availableParallelism());
  const workers = parseInteger(options.workers ?? cores, { name: '--workers', minimum: 1, maximum: 256 });
  return { path, folder, workers };
}

/** Reads the corpus twice, or more often. */
async function read(
  { path, workers }: ReturnType<typeof placesOf>,
  options: AuditOptions,
  context: CommandContext,
): Promise<AuditFindings> {
  const trusted = options.trusted === undefined ? null : absolutePath(options.trusted, context);
  const least = parseInteger(options.least, { name: '--least', minimum: 2, maximum: 1_000_000 });
  const similarity = parseSimilarity(options.similarity);
  const pool = new ReaderPool(workers);
  try {
    return await runAudit(
      {
        ...{ file: path, trusted, least, similarity },
        textField: options.textField,
        bytes: bytesOf(path),
        interrupt: context.interrupt,
        onProgress: sayProgress(context),
      },
      pool,
    );
  } finally {
    await pool.close();
  }
}

/**
 * Audits a corpus and writes a page, its content as JSON, and the list of what is flagged.
 * @param scale of the models that `--budget` trains
 */
export async function audit(
  file: string,
  options: AuditOptions,
  context: CommandContext,
  scale?: LadderScale,
): Promise<number> {
  const places = placesOf(file, options, context);
  const { path, folder } = places;
  const request = ladderRequest(options, places, context, scale);
  try {
    const findings = await read(places, options, context);
    if (findings.documents === 0) throw new InputError({ file: path, message: 'holds no documents' });
    const ladder = request === null ? null : await runLadder(request, findings, context);
    write(folder, { findings, ladder }, basename(path));
    if (options.json) {
      const { flagged, excerpts: _, ...rest } = findings;
      printJson(context, { folder, ...rest, flagged: flagged.length, ...ladderField(ladder) });
    } else {
      show({ findings, ladder }, context);
      print(context, '', `What was flagged and why: ${join(folder, FILES.page)}`);
    }
    return ExitCode.done;
  } catch (error) {
    if (error instanceof Interrupted) return ExitCode.interrupted;
    throw error;
  }
}
