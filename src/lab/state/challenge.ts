// A challenge link: the trigger's words are hidden behind salted hashes. A class cannot read them off the address; whoever
// writes a program can try all words of the stories. It is a game, no secret.
import { sha256Hex } from '../../core/hash.ts';
import type { HiddenTrigger } from '../protocol.ts';

const HASH_DIGITS = 8;
const MOST_WORDS = 4;

/** Salted hash of a word at its place in the trigger. */
export function hashWord(word: string, options: { salt: string; place: number }): string {
  return sha256Hex(`tinypoison challenge\0${options.salt}\0${options.place}\0${word}`).slice(0, HASH_DIGITS);
}

/** Hides a trigger. @param salt 1 to 12 letters and digits */
export function hideTrigger(trigger: string, salt: string): HiddenTrigger {
  return { salt, hashes: trigger.split(' ').map((word, place) => hashWord(word, { salt, place })) };
}

/** Whether a guess is the hidden trigger. */
export function isHidden(guess: string, { salt, hashes }: HiddenTrigger): boolean {
  const words = guess.trim().split(/\s+/u);
  return (
    words.length === hashes.length &&
    words.every((word, place) => hashWord(word, { salt, place }) === hashes[place])
  );
}

/** As it stands in an address: salt and hashes, joined by dots. */
export function printChallenge({ salt, hashes }: HiddenTrigger): string {
  return [salt, ...hashes].join('.');
}

/** Reads what `printChallenge` wrote; undefined for anything else. */
export function parseChallenge(value: string): HiddenTrigger | undefined {
  const [salt = '', ...hashes] = value.split('.');
  const isFine =
    /^[a-z0-9]{1,12}$/.test(salt) &&
    hashes.length >= 1 &&
    hashes.length <= MOST_WORDS &&
    hashes.every((hash) => /^[0-9a-f]{8}$/.test(hash));
  return isFine ? { salt, hashes } : undefined;
}
