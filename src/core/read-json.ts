// JSON that was read from disk: parsed, checked by a schema, and refused with file, line, field and remedy where it
// does not fit. What fits is handed on as it was read: no default is filled in and no field moves, so that hashes and
// bytes made of it stay.
import type { z } from 'zod';
import { InputError } from './errors.ts';

/** Where JSON came from, for the message. `line` counts from 1. */
export interface JsonSource {
  readonly file: string;
  readonly line?: number;
  /** What it should be: `record of a run`. */
  readonly what: string;
  /** What to do where it is damaged, as the end of a sentence. */
  readonly remedy: string;
}

const SHOWN_CHARACTERS = 40;

/** A value in few characters. */
function short(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return at;
}

/** The first problem in a sentence: `checkpoints.2.prompts is "many": expected number, received string`. */
function describeProblem(value: unknown, { issues }: z.core.$ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'it does not fit';
  const message = issue.message.replace(/^Invalid input: /, '');
  const path = issue.path.map(String).join('.').slice(0, 200);
  return `${path === '' ? 'it' : path} is ${short(valueAt(value, issue.path))}: ${message}`;
}

/** What is wrong with a parsed value, in a sentence; null where it fits its schema. */
export function schemaProblem(value: unknown, schema: z.ZodType): string | null {
  const { success, error } = schema.safeParse(value);
  return success ? null : describeProblem(value, error);
}

/**
 * A parsed value as what the schema says it is: the same object, unchanged.
 * @throws InputError naming the first field that does not fit
 */
export function checkJson<T>(value: unknown, schema: z.ZodType<T>, source: JsonSource): T {
  const problem = schemaProblem(value, schema);
  if (problem === null) return value as T;
  const { file, line, what, remedy } = source;
  const message = `is not a valid ${what}: ${problem}; ${remedy}`;
  throw new InputError({ file, message, ...(line === undefined ? {} : { line }) });
}

/**
 * Parses JSON text and checks it.
 * @throws InputError where it is not JSON, or does not fit its schema
 */
export function parseJson<T>(text: string, schema: z.ZodType<T>, source: JsonSource): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { file, line, what, remedy } = source;
    // V8 quotes the text around the fault, which may be long.
    const reason = (error as Error).message.replace(/,? ?(\.\.\.)?".*$/s, '');
    const message = `is not a valid ${what}: it is not JSON (${reason}); ${remedy}`;
    throw new InputError({ file, message, ...(line === undefined ? {} : { line }) });
  }
  return checkJson(value, schema, source);
}

/**
 * Parses JSON Lines; a line feed ends the last.
 * @throws InputError with the line that is not JSON, or does not fit its schema
 */
export function parseJsonLines<T>(text: string, schema: z.ZodType<T>, source: JsonSource): T[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => parseJson(line, schema, { ...source, line: index + 1 }));
}
