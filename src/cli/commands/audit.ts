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
import { ReaderPool } from '../audit/reader-pool.ts';
import { type AuditFindings, type AuditRequest, Interrupted, runAudit } from '../audit/run-audit.ts';
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
  return ({ reading, documents, of }) => {
    if (nowMs() - said < PROGRESS_MS) return;
    said = nowMs();
    notify(
      context,
      `reading ${reading} of 2: ${plural(documents, 'document')}${of === null ? '' : `, ${percent(documents / Math.max(1, of))}`}`,
    );
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

function write(folder: string, findings: AuditFindings, source: string): void {
  const { flagged, ...rest } = findings;
  const json = (value: unknown, space?: number) => inertJson(JSON.stringify(value, null, space));
  const content = { version: 1, source, ...rest, flagged: flagged.length };
  writeFileAtomic(join(folder, FILES.findings), `${json(content, 1)}\n`);
  writeFileAtomic(join(folder, FILES.flagged), flagged.map((own) => `${json(own)}\n`).join(''));
  writeFileAtomic(join(folder, FILES.page), auditPage(findings, source));
}

function show(findings: AuditFindings, context: CommandContext): void {
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
  );
}

/** Audits a corpus and writes a page, its content as JSON, and the list of what is flagged. */
export async function audit(file: string, options: AuditOptions, context: CommandContext): Promise<number> {
  const path = absolutePath(file, context);
  const name = basename(path).replace(/(\.(jsonl|ndjson|parquet|csv|tsv|txt|json))?(\.gz)?$/i, '');
  const folder = absolutePath(options.out ?? join('audit', name), context);
  if (!existsSync(path))
    throw new InputError(`${file} is not there: name a file of JSON Lines, Parquet, CSV or plain text`);
  if (existsSync(join(folder, FILES.findings)) && !options.force)
    throw new InputError(`${folder} holds an audit already: give --force to replace it, or --out`);
  const trusted = options.trusted === undefined ? null : absolutePath(options.trusted, context);
  const least = parseInteger(options.least, { name: '--least', minimum: 2, maximum: 1_000_000 });
  const similarity = parseSimilarity(options.similarity);
  const cores = String(availableParallelism());
  const workers = parseInteger(options.workers ?? cores, { name: '--workers', minimum: 1, maximum: 256 });
  const pool = new ReaderPool(workers);
  try {
    const findings = await runAudit(
      {
        ...{ file: path, trusted, least, similarity },
        textField: options.textField,
        bytes: bytesOf(path),
        interrupt: context.interrupt,
        onProgress: sayProgress(context),
      },
      pool,
    );
    if (findings.documents === 0) throw new InputError({ file: path, message: 'holds no documents' });
    write(folder, findings, basename(path));
    if (options.json) {
      const { flagged, excerpts: _, ...rest } = findings;
      printJson(context, { folder, ...rest, flagged: flagged.length });
    } else {
      show(findings, context);
      print(context, '', `What was flagged and why: ${join(folder, FILES.page)}`);
    }
    return ExitCode.done;
  } catch (error) {
    if (error instanceof Interrupted) return ExitCode.interrupted;
    throw error;
  } finally {
    await pool.close();
  }
}
