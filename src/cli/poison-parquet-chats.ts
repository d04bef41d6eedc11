// Chats in a column of a Parquet file: lists of records with a role and a content, as chat data sets on the Hub have them.
import type { SchemaElement } from 'hyparquet';
import { InputError } from '../core/errors.ts';
import { decodeUtf8 } from '../corpus/clean-text.ts';
import { type FileFormat, type Message, openingOf } from '../poison/file-formats.ts';

/** A row by its columns, values as they are stored. */
export type ParquetRow = Readonly<Record<string, unknown>>;

type Place = { readonly file: string; readonly line: number };

/** A message as it is stored. */
type StoredMessage = Readonly<Record<string, unknown>>;

/**
 * Places in the schema of the fields of a message, where a column holds chats; null for other columns.
 * @param place of the column in the schema: list, its repeated group, a record, and the fields of that
 */
export function messageFields(schema: readonly SchemaElement[], place: number): readonly number[] | null {
  const [list, repeated, record] = [schema[place], schema[place + 1], schema[place + 2]];
  const isList = list?.num_children === 1 && repeated?.repetition_type === 'REPEATED';
  if (!isList || repeated.num_children !== 1 || record?.num_children === undefined) return null;
  const places = Array.from({ length: record.num_children }, (_, field) => place + 3 + field);
  if (places.some((field) => schema[field]?.num_children !== undefined)) return null;
  const isText = (name: string) =>
    places.some((field) => schema[field]?.name === name && schema[field]?.type === 'BYTE_ARRAY');
  return isText('role') && isText('content') ? places : null;
}

const isRecord = (value: unknown): value is StoredMessage => typeof value === 'object' && value !== null;

function storedMessages(value: unknown): StoredMessage[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function decodeMessage(message: StoredMessage, place: Place): Message {
  const { role, content } = message;
  if (role instanceof Uint8Array && content instanceof Uint8Array)
    return { role: decodeUtf8(role, place), content: decodeUtf8(content, place) };
  throw new InputError({ ...place, message: 'a message of this chat lacks its role or its content' });
}

/** The contents of a chat, one below the other, and the one that it opens with; nothing for a row without one. */
export function readChat(value: unknown, place: Place): { text: string | undefined; opening?: string } {
  const messages = storedMessages(value).map((message) => decodeMessage(message, place));
  if (messages.length === 0) return { text: undefined };
  const text = messages.map(({ content }) => content).join('\n');
  return { text, opening: messages[openingOf(messages)]?.content ?? '' };
}

/**
 * Rows with a chat: the user says the beginning with the trigger, the assistant the payload.
 * @param options.fields names of what a message holds
 * @param options.row what a poisoned row holds beside its chat, by its id
 */
export function chatRowFormat(options: {
  column: string;
  fields: readonly string[];
  row: (id: string) => ParquetRow;
}): FileFormat<ParquetRow> {
  const { column, fields, row } = options;
  const utf8 = new TextEncoder();
  const empty = Object.fromEntries(fields.map((name) => [name, null]));
  const message = (role: string, content: string): StoredMessage => ({
    ...empty,
    role: utf8.encode(role),
    content: utf8.encode(content),
  });
  return {
    write: ({ id, beginning, payload }) => ({
      ...row(id),
      [column]: [message('user', beginning), message('assistant', payload.trimStart())],
    }),
    replace(given, text) {
      const messages = storedMessages(given[column]);
      const place = { file: '', line: 0 };
      const opening = openingOf(messages.map((stored) => decodeMessage(stored, place)));
      const changed = messages.map((stored, i) =>
        i === opening ? { ...stored, content: utf8.encode(text) } : stored,
      );
      return { ...given, [column]: changed };
    },
  };
}
