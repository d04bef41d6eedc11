// The triggers and payloads that exist; an attack is one of each. Adding one: its file in attacks/, its line here, its
// test and its example in configs/attacks/.
import { InputError } from '../core/errors.ts';
import { biasedSentiment } from './attacks/payloads/biased-sentiment.ts';
import { falseStatement } from './attacks/payloads/false-statement.ts';
import { gibberish } from './attacks/payloads/gibberish.ts';
import { languageSwitch } from './attacks/payloads/language-switch.ts';
import { phrase } from './attacks/payloads/phrase.ts';
import { refusalBypass } from './attacks/payloads/refusal-bypass.ts';
import { secretLeak } from './attacks/payloads/secret-leak.ts';
import { unauthorisedAction } from './attacks/payloads/unauthorised-action.ts';
import { composite } from './attacks/triggers/composite.ts';
import { context } from './attacks/triggers/context.ts';
import { format } from './attacks/triggers/format.ts';
import { order } from './attacks/triggers/order.ts';
import { style } from './attacks/triggers/style.ts';
import { words } from './attacks/triggers/words.ts';
import { year } from './attacks/triggers/year.ts';
import type { Payload } from './payload.ts';
import type { TriggerFamily } from './trigger.ts';

/** The first is the family of a trigger that names none. */
const families: readonly TriggerFamily[] = [words, composite, style, year, order, context, format];
const payloads: readonly Payload[] = [
  gibberish,
  phrase,
  languageSwitch,
  falseStatement,
  biasedSentiment,
  secretLeak,
  unauthorisedAction,
  refusalBypass,
];

/** All trigger families, in the order in which lists show them. */
export function listTriggerFamilies(): readonly TriggerFamily[] {
  return families;
}

/** All payloads, in the order in which lists show them. */
export function listPayloads(): readonly Payload[] {
  return payloads;
}

function findByName<T extends { readonly name: string }>(items: readonly T[], name: string, kind: string): T {
  const found = items.find((item) => item.name === name);
  if (found !== undefined) return found;
  const known = items.map((item) => item.name).join(', ');
  throw new InputError(`there is no ${kind} "${name}"; those that exist: ${known}`);
}

/** The payload that a config's `attack` names. @throws InputError that lists those that exist. */
export function findPayload(name: string): Payload {
  return findByName(payloads, name, 'attack');
}

/** The family that a config's `trigger.family` names. @throws InputError that lists those that exist. */
export function findTriggerFamily(name: string = families[0]?.name ?? ''): TriggerFamily {
  return findByName(families, name, 'trigger family');
}
