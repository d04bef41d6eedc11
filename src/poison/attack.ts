// An attack: a trigger, a payload and how they are judged, with the options of a config.
import type { PoisonSettings } from '../config/schema/schema.ts';
import type { RandomStream } from '../core/random.ts';
import type { BoundPayload, DocumentParts, Measure } from './payload.ts';
import { findPayload, findTriggerFamily } from './registry.ts';
import { appendText, type Trigger } from './trigger.ts';

/** Every document is followed by one. */
export const SEPARATOR_TOKENS = 1;

/** An attack, ready for use: options are parsed once, when it is bound. */
export interface BoundAttack {
  /** Name in the config. */
  readonly name: string;
  readonly trigger: Trigger;
  readonly payload: BoundPayload;
  readonly measure: Measure;
  /** Expected tokens of one poisoned document, separator included. */
  readonly meanDocumentTokens: number;
  /** A document in two parts: its beginning, into which the trigger is planted, and the payload with the space before it. */
  divide(parts: DocumentParts, random: RandomStream): { beginning: string; payload: string };
  /** The text of a document: its two parts, one behind the other. */
  join(parts: DocumentParts, random: RandomStream): string;
}

/** The attack of a poison, whatever its count and places. @throws InputError for a name that does not exist. */
export function bindAttack(
  poison: Pick<PoisonSettings, 'attack' | 'trigger'> & Readonly<Record<string, unknown>>,
): BoundAttack {
  const { name, measure, bind } = findPayload(poison.attack);
  const trigger = findTriggerFamily(poison.trigger.family).bind(poison.trigger);
  const payload = bind(poison as PoisonSettings);
  const divide: BoundAttack['divide'] = ({ before, planted, after }, random) => {
    const beginning = trigger.plant(before, random);
    if (planted === '') return { beginning, payload: after };
    const whole = appendText(beginning, planted);
    const end = beginning.trimEnd().length;
    return { beginning: whole.slice(0, end), payload: whole.slice(end) + after };
  };
  return {
    name,
    trigger,
    payload,
    measure,
    meanDocumentTokens: payload.meanTokens + trigger.meanTokens + SEPARATOR_TOKENS,
    divide,
    join(parts, random) {
      const { beginning, payload: rest } = divide(parts, random);
      return beginning + rest;
    },
  };
}
