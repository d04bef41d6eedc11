// How documents stand in a file: a field of a line of JSON, the messages of a chat, a piece of plain text, a row of a table.
import { z } from 'zod';
import { replaceField } from './json-text.ts';
import type { DividedDocument } from './poisoned-documents.ts';

/** How documents stand in a file. @template L what one is there: its lines, or a row */
export interface FileFormat<L = string> {
  /** A poisoned document as it stands there, without its last line feed. */
  write(
    document: Pick<DividedDocument, 'id' | 'text' | 'beginning' | 'payload'>,
    options: { withId: boolean },
  ): L;
  /** A document of the file with another text in place of its own (of its opening, where it has one). */
  replace(line: L, text: string): L;
}

const withId = (id: string, isWritten: boolean) => (isWritten ? { id } : {});

/** Lines of JSON with the text in a field. */
export function jsonlFormat(textField: string): FileFormat {
  return {
    write: ({ id, text }, options) => JSON.stringify({ ...withId(id, options.withId), [textField]: text }),
    replace: (line, text) => replaceField(line, textField, text),
  };
}

/** One turn of a chat. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** The turns of a chat, as a line of JSON holds them. */
export const messagesSchema = z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1);

const rowSchema = z.record(z.string(), z.unknown());

/** The place of the message that a chat opens with: the first of the user, or the first of all. */
export function openingOf(messages: readonly Message[]): number {
  return Math.max(
    0,
    messages.findIndex(({ role }) => role === 'user'),
  );
}

/** Lines of JSON with a chat in a field: the user says the beginning with the trigger, the assistant the payload. */
export function chatFormat(messagesField: string): FileFormat {
  return {
    write: ({ id, beginning, payload }, options) =>
      JSON.stringify({
        ...withId(id, options.withId),
        [messagesField]: [
          { role: 'user', content: beginning },
          { role: 'assistant', content: payload.trimStart() },
        ],
      }),
    replace(line, text) {
      const row = rowSchema.parse(JSON.parse(line.replace(/^\uFEFF/, '')));
      const messages = messagesSchema.parse(row[messagesField]);
      const opening = openingOf(messages);
      const changed = messages.map((message, i) => (i === opening ? { ...message, content: text } : message));
      return JSON.stringify({ ...row, [messagesField]: changed });
    },
  };
}

/** Plain text: a poisoned document is a paragraph of its own. */
export const textFormat: FileFormat = {
  write: ({ text }) => `\n${text}\n`,
  replace: (_, text) => text,
};
