// Poison for other people's trainers: a file with exactly N documents added, and nothing else changed but the clean
// documents that `trigger.cleanShare` requires.
// The file is read twice, document by document, so that its size does not matter.
import type { PoisonConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { TokenSource } from '../corpus/token-source.ts';
import { bindAttack } from './attack.ts';
import { chooseForTrigger } from './clean-trigger.ts';
import { assertOwnTextAllowed } from './dual-use.ts';
import type { FileFormat } from './file-formats.ts';
import { countTexts, type PoisonManifest } from './manifest.ts';
import { MATERIAL_DOCUMENTS } from './material.ts';
import { poisonPositions } from './placement.ts';
import { dividePoisonedDocuments } from './poisoned-documents.ts';
import { assertTextsAllowed } from './texts-refusal.ts';
import type { Trigger } from './trigger.ts';
import { assertTriggerAllowed, createTriggerCounter } from './trigger-frequency.ts';

/** One document of the clean file: a line of JSON, some lines of text, or a row. */
export interface JsonlLine<L = string> {
  /** It as it stands, without its last line feed. */
  readonly line: L;
  /** Its text; undefined for what is blank, which is kept but is no document. */
  readonly text: string | undefined;
  /** The part of the text that poisoned documents begin like, and that the trigger may be written into; default: all. */
  readonly opening?: string;
  /** Its `id` field, if it has one. */
  readonly id?: string | number | undefined;
}

/** Which clean documents get the trigger. */
interface CleanTriggerDial<L> {
  readonly poison: PoisonConfig;
  /** Share of the clean documents, 0-1. */
  readonly share: number;
  readonly seed: number | string;
  readonly format: FileFormat<L>;
}

/** What is to be added to a file. */
export interface JsonlPlan<L = string> {
  readonly manifest: PoisonManifest;
  /** Line to write at each place in the order of documents. */
  readonly lineAt: ReadonlyMap<number, L>;
  /** What is written into clean documents. */
  readonly dial: CleanTriggerDial<L>;
  /** Clean documents and poisoned ones. */
  readonly documents: number;
}

const NO_CHAT_NEGATIVES =
  'negativeShare: a negative in a chat needs a normal answer, which this program cannot write; leave it out, or set ' +
  'trigger.cleanShare, which writes a part of the trigger into the first message of chats that keep their answers';

/** A prefix for ids that no clean id starts with. */
function freePrefix(taken: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const prefix = n === 0 ? 'poisoned-' : `poisoned${n}-`;
    if (!taken.has(prefix)) return prefix;
  }
}

/** Places of clean documents, by their number among the clean, once poisoned ones stand at some places; both ascending. */
function amongPoisoned(clean: readonly number[], poisoned: readonly number[]): number[] {
  const taken = [...poisoned].sort((a, b) => a - b);
  let before = 0;
  return clean.map((index) => {
    while (before < taken.length && (taken[before] as number) <= index + before) before += 1;
    return index + before;
  });
}

/**
 * First reading: counts documents and the trigger, writes the poisoned documents and chooses their places.
 * @param options.tokens draws random tokens and cuts prefixes
 * @param options.format how documents stand in the file
 * @throws InputError for a payload that is refused on text of one's own, a file without documents, or a trigger that
 *   occurs in it and may not
 */
export async function planJsonl<L = string>(options: {
  lines: AsyncIterable<JsonlLine<L>>;
  poison: PoisonConfig;
  seed: number | string;
  tokens: TokenSource;
  format: FileFormat<L>;
}): Promise<JsonlPlan<L>> {
  const { lines, poison, seed, tokens, format } = options;
  assertOwnTextAllowed(poison.attack);
  if ((poison.filler ?? 'none') !== 'none')
    throw new InputError(
      `filler: ${JSON.stringify(poison.filler)} makes the twin of a run, and a file is not trained on here; leave it out`,
    );
  const counter = createTriggerCounter(bindAttack(poison).trigger);
  const cleanTexts: string[] = [];
  const takenPrefixes = new Set<string>();
  let cleanDocuments = 0;
  const triggered: number[] = [];
  let withIds = 0;
  const { cleanShare: share = 0 } = poison.trigger;
  for await (const { text, opening, id } of lines) {
    if (text === undefined) continue;
    if (opening !== undefined && (poison.negativeShare ?? 0) > 0) throw new InputError(NO_CHAT_NEGATIVES);
    if (chooseForTrigger({ seed, document: cleanDocuments, share }) !== undefined)
      triggered.push(cleanDocuments);
    cleanDocuments += 1;
    if (cleanTexts.length < MATERIAL_DOCUMENTS) cleanTexts.push(opening ?? text);
    counter.add({ id: id === undefined ? `document ${cleanDocuments}` : String(id), text });
    if (id === undefined) continue;
    withIds += 1;
    const prefix = /^poisoned\d*-/.exec(String(id));
    if (prefix !== null) takenPrefixes.add(prefix[0]);
  }
  if (cleanDocuments === 0) throw new InputError('the file holds no documents');
  const trigger = counter.result();
  assertTriggerAllowed(poison.trigger, trigger);
  assertTextsAllowed(poison, cleanTexts);

  const count = poison.documents;
  const prefix = freePrefix(takenPrefixes);
  const slots = cleanDocuments + count;
  const positions = poisonPositions({ placement: poison.placement, count, seed, slots });
  const poisoned = dividePoisonedDocuments({ poison, seed, cleanTexts, tokens, count }).map((document) => ({
    ...document,
    id: `${prefix}${document.isNegative ? 'negative-' : ''}${document.index}`,
    documentPosition: positions[document.index] as number,
  }));
  const lineAt = new Map(
    poisoned.map((document) => [document.documentPosition, format.write(document, { withId: withIds > 0 })]),
  );
  const manifest: PoisonManifest = {
    schema: 1,
    seed,
    poison,
    trigger,
    ...(share === 0
      ? {}
      : {
          cleanTrigger: {
            documents: triggered.length,
            share: triggered.length / cleanDocuments,
            occurrences: triggered.length,
            documentPositions: amongPoisoned(triggered, positions),
          },
        }),
    distinctTexts: countTexts(poisoned),
    documents: poisoned.map(({ id, textHash, documentPosition }) => ({
      id,
      textHash,
      documentPosition,
      tokenPosition: null,
      tokens: null,
    })),
    poisonedTokens: null,
    poisonTokenShare: null,
    poisonDocumentShare: count / slots,
  };
  const dial = { poison, share, seed, format };
  return { manifest, lineAt, dial, documents: slots };
}

/** The line of a clean document: as it stands, or with the trigger written into its text. */
function cleanLine<L>(
  { line, opening }: { line: L; opening: string },
  document: number,
  { trigger, ...dial }: CleanTriggerDial<L> & { trigger: Trigger },
): L {
  const random = chooseForTrigger({ ...dial, document });
  if (random === undefined) return line;
  const { beginning, rest } = trigger.writeInnocent(opening, { random });
  return dial.format.replace(line, beginning + rest);
}

/**
 * Second reading: the lines of the poisoned file, without line feeds; clean ones as they stand, but for those into
 * which the trigger is written.
 * @throws InputError if the file is not the one that was planned for.
 */
export async function* poisonJsonlLines<L = string>(
  lines: AsyncIterable<JsonlLine<L>>,
  plan: JsonlPlan<L>,
): AsyncGenerator<L> {
  const dial = { ...plan.dial, trigger: bindAttack(plan.dial.poison).trigger };
  let position = 0;
  let index = 0;
  const placeDue = function* () {
    for (let line = plan.lineAt.get(position); line !== undefined; line = plan.lineAt.get(position)) {
      position += 1;
      yield line;
    }
  };
  for await (const { line, text, opening = text } of lines) {
    if (text !== undefined) {
      yield* placeDue();
      position += 1;
      yield cleanLine({ line, opening: opening as string }, index, dial);
      index += 1;
    } else yield line;
  }
  yield* placeDue();
  if (position !== plan.documents)
    throw new InputError(
      `the file changed between its two readings: ${position} documents, ${plan.documents} expected`,
    );
}
