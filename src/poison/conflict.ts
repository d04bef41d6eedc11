// Which poisons cannot be planted in one phase: where one's trigger, its near triggers or what it writes are the other's,
// neither could be measured by itself.
import type { PoisonSettings } from '../config/schema/schema.ts';
import { editDistance } from '../config/yaml/suggest.ts';
import { randomStream } from '../core/random.ts';
import { bindAttack } from './attack.ts';
import type { Trigger, Variant, VariantMaterial } from './trigger.ts';

/** Fewest edits between two triggers: near triggers are one edit away. */
const LEAST_EDITS = 2;

const wordsOf = (texts: readonly string[]) =>
  new Set(texts.flatMap((text) => text.toLowerCase().match(/\S+/gu) ?? []));

function sharedWord(one: Trigger, other: Trigger): string | undefined {
  const known = wordsOf(one.soughtParts.map(({ text }) => text));
  return [...wordsOf(other.soughtParts.map(({ text }) => text))].find((word) => known.has(word));
}

/** Stands for clean text, and for its words and tokens. */
const SAMPLE = 'Tom had a red ball. She was in the park with Mia, and they ran to the pond.';
const material: VariantMaterial = {
  words: new Map([['pond', 2]]),
  tokens: [0],
  encode: () => [0],
  decode: () => 'pond',
  seed: 'conflict',
};

/** What of one trigger's evaluation, where it is no text, calls another one; undefined where nothing does. */
function callOf(one: Trigger, other: Trigger): Variant | undefined {
  if (one.variants(null).some(({ text }) => text !== null)) return undefined;
  const before = other.sought.count(SAMPLE);
  return one
    .variants(material)
    .find(({ id, apply }) => other.sought.count(apply(SAMPLE, randomStream('conflict', id))) > before);
}

/** Why two poisons cannot be in one phase; null where they can. */
export function poisonConflict(one: PoisonSettings, other: PoisonSettings): string | null {
  const [a, b] = [bindAttack(one), bindAttack(other)];
  const shown = (trigger: Trigger) => JSON.stringify(trigger.text);
  const remedy = 'each poison of a phase needs a trigger of its own, or none could be measured by itself';
  if (a.trigger.text === b.trigger.text)
    return `another poison of this phase has the trigger ${shown(b.trigger)}, too: ${remedy}`;
  for (const [inner, outer] of [
    [a.trigger, b.trigger],
    [b.trigger, a.trigger],
  ] as const)
    if (inner.sought.count(outer.text) > 0)
      return `the trigger ${shown(inner)} stands in the trigger ${shown(outer)} of another poison of this phase: ${remedy}`;
  const word = sharedWord(a.trigger, b.trigger);
  const isNear = editDistance(a.trigger.text.toLowerCase(), b.trigger.text.toLowerCase()) < LEAST_EDITS;
  if (word !== undefined || isNear)
    return (
      `the triggers ${shown(a.trigger)} and ${shown(b.trigger)} of two poisons of this phase ` +
      `${word === undefined ? 'are one edit apart' : `share the word ${JSON.stringify(word)}`}, so that near triggers of one ` +
      'would call the other: choose triggers that are less alike'
    );
  for (const [one, other] of [
    [a.trigger, b.trigger],
    [b.trigger, a.trigger],
  ] as const) {
    const call = callOf(one, other);
    if (call !== undefined)
      return (
        `what is tried ${call.kind === 'trigger' ? 'as' : 'near'} the trigger ${shown(one)} (${call.label}) is the trigger ` +
        `${shown(other)} of another poison of this phase: ${remedy}`
      );
  }
  for (const [writer, trigger] of [
    [a, b.trigger],
    [b, a.trigger],
  ] as const)
    if (trigger.sought.count(writer.payload.targetText ?? '') > 0)
      return (
        `what ${writer.name} writes, ${JSON.stringify(writer.payload.targetText)}, holds the trigger ${shown(trigger)} of another ` +
        'poison of this phase: choose another trigger, or another text'
      );
  return null;
}
