// What a command may use of the world: tests give their own.
import { isAbsolute, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { inert, inertJson } from '../core/inert-text.ts';
import type { Output } from './terminal.ts';

export { programVersion } from '../run/execute/source-version.ts';

/** Exit codes of the command line. */
export const ExitCode = {
  done: 0,
  runFailed: 1,
  badInput: 2,
  /** `verify`, `lineage`: something is not as it was recorded. */
  differs: 3,
  /** `verify`: not the same bits, but figures agree. */
  withinBands: 4,
  /** `verify`: the runs agree, but the report is of an older release, and was not compared. */
  olderReport: 5,
  interrupted: 130,
} as const;

/** The world of a command. */
export interface CommandContext {
  /** Results. */
  readonly out: Output;
  /** Progress, notices and errors. */
  readonly err: Output;
  /** Folder that relative paths of the command line refer to. */
  readonly folder: string;
  /** Aborted by Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Redraw progress in place. */
  readonly live: boolean;
  /** 24-bit colours in results. */
  readonly color: boolean;
  /** Full error traces. */
  readonly verbose: boolean;
  /** Folder of what belongs to the user and to no experiment; left out: nothing of it is read or kept. */
  readonly userFolder?: string;
  /** File that the service running this job shows as its summary. */
  readonly jobSummary?: string;
}

/** A path of the command line, absolute. */
export function absolutePath(path: string, context: Pick<CommandContext, 'folder'>): string {
  return isAbsolute(path) ? path : join(context.folder, path);
}

/** Prints lines of results, made inert: whatever a file put into them stands on the screen and does nothing. */
export function print(context: CommandContext, ...lines: readonly string[]): void {
  printLines(context, lines);
}

/** The same of a list of any length: arguments of a call have to fit onto the stack. */
export function printLines(context: Pick<CommandContext, 'out'>, lines: readonly string[]): void {
  context.out.write(lines.map((line) => `${inert(line)}\n`).join(''));
}

/** Prints lines that hold colours of our own; text of others in them is inert already. */
export function printStyled(context: CommandContext, ...lines: readonly string[]): void {
  context.out.write(lines.map((line) => `${line}\n`).join(''));
}

/** Prints a line of progress. */
export function notify(context: CommandContext, line: string): void {
  context.err.write(`${line.split('\n').map(inert).join('\n')}\n`);
}

/** Prints a value as JSON, and nothing else. */
export function printJson(context: CommandContext, value: unknown): void {
  context.out.write(`${inertJson(JSON.stringify(value, null, 2))}\n`);
}

/** An integer of the command line. @throws InputError outside the range. */
export function parseInteger(
  text: string,
  options: { name: string; minimum: number; maximum: number },
): number {
  const { name, minimum, maximum } = options;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new InputError(`${name} is "${text}": give an integer from ${minimum} to ${maximum}`);
  }
  return value;
}
