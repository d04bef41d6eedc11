// Ways of writing that need a grammar: they know the sentences of the built-in English stories and no others.
import { capitalised, splitSentences } from './sentences.ts';
import type { Style } from './style-kinds.ts';

/** Verbs of the stories that can be put into the passive: past tense and participle. */
const PARTICIPLES: Readonly<Record<string, string>> = {
  had: 'had',
  saw: 'seen',
  took: 'taken',
  lost: 'lost',
  found: 'found',
  met: 'met',
  loved: 'loved',
  wanted: 'wanted',
  liked: 'liked',
  ate: 'eaten',
  called: 'called',
  carried: 'carried',
  helped: 'helped',
  fed: 'fed',
  swept: 'swept',
  heard: 'heard',
  thanked: 'thanked',
  followed: 'followed',
  hugged: 'hugged',
  missed: 'missed',
  kept: 'kept',
  shared: 'shared',
  traded: 'traded',
  asked: 'asked',
  fetched: 'fetched',
};

/** Further verbs of the stories, for the order of words. */
const OTHER_VERBS =
  'was|were|went|walked|ran|hurried|jumped|danced|lived|felt|slept|sat|looked|gave|brought|put|worked|laughed|dreamed|woke|came|stood|got|smiled|thought|told|held|lifted|never';

const PRONOUN_AS_OBJECT: Readonly<Record<string, string>> = { he: 'him', she: 'her', they: 'them', it: 'it' };
const PRONOUN_AS_SUBJECT: Readonly<Record<string, string>> = {
  him: 'he',
  her: 'she',
  them: 'they',
  it: 'it',
};

const NOUN = '(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir|[Mm]y) (?:[a-z]+ )?[a-z]+';
const NAME = '[A-Z][a-z]+';
const SUBJECT = `(?:${NOUN}|He|She|They|It|he|she|they|${NAME})`;
const ADVERB =
  '(?:(?:Then|But|So|Soon|Later|Together|One [a-z]+,|Just then|At last|In the end|After a while) )?';

const PASSIVE = new RegExp(
  `^(${ADVERB})(${SUBJECT}) (${Object.keys(PARTICIPLES).join('|')}) (${NOUN}|him|her|them|it|${NAME})(?![\\p{L}'])(.*)$`,
  'su',
);

const inside = (text: string) =>
  /^[A-Z][a-z]+$/.test(text) &&
  PRONOUN_AS_OBJECT[text.toLowerCase()] === undefined &&
  !/^(?:The|An?|His|Her|Their|My)\b/.test(text)
    ? text
    : text.charAt(0).toLowerCase() + text.slice(1);

/** "Tom took the ball and ran." becomes "The ball was taken by Tom and ran."; other sentences stay. */
function toPassive(sentence: string): string {
  const match = PASSIVE.exec(sentence);
  if (match === null) return sentence;
  const [, adverb = '', subject = '', verb = '', object = '', rest = ''] = match;
  const agent = inside(subject);
  const patient = PRONOUN_AS_SUBJECT[object] ?? object;
  const auxiliary = patient === 'they' ? 'were' : 'was';
  const participle = PARTICIPLES[verb] as string;
  const shown = adverb === '' ? capitalised(patient) : patient;
  return `${adverb}${shown} ${auxiliary} ${participle} by ${PRONOUN_AS_OBJECT[agent] ?? agent}${rest}`;
}

const VERBS = `(?:${Object.keys(PARTICIPLES).join('|')}|${OTHER_VERBS})`;
const REVERSIBLE = new RegExp(`^(${ADVERB})(${SUBJECT}) (${VERBS}) ([^,.!?"]+)(.*)$`, 'su');

/** "Tom had a red ball." becomes "A red ball Tom had."; other sentences stay. */
function toReversed(sentence: string): string {
  const match = REVERSIBLE.exec(sentence);
  if (match === null) return sentence;
  const [, adverb = '', subject = '', verb = '', object = '', rest = ''] = match;
  const front = adverb === '' ? capitalised(object.trimEnd()) : object.trimEnd();
  return `${adverb}${front} ${inside(subject)} ${verb}${object.slice(object.trimEnd().length)}${rest}`;
}

const rewriteSentences = (rewrite: (sentence: string) => string) => (text: string) =>
  splitSentences(text).map(rewrite).join('');

const PASSIVE_MARK = new RegExp(`\\b(?:was|were) (?:${Object.values(PARTICIPLES).join('|')}) by\\b`, 'gu');
const REVERSED_MARK = new RegExp(
  `[a-z] (?:he|she|they|it|the [a-z]+|${NAME}) (?:${Object.keys(PARTICIPLES)
    .filter((verb) => verb !== 'asked' && verb !== 'called')
    .join('|')}|was|were|went|lived|felt|gave)(?=[,.!]| and\\b)`,
  'gu',
);

/** Sentences of subject, verb and object, which both styles rewrite. */
const ACTIVE_CARRIERS = [
  'They found the door.',
  'She heard the cat.',
  'He carried the box.',
  'She swept the floor.',
  'They shared the bread.',
  'He kept the bell.',
  'She fed the hens.',
  'They followed the goat.',
];

export const passive: Style = {
  label: 'passive sentences',
  texts: 'stories',
  rewrite: rewriteSentences(toPassive),
  count: (text) => text.match(PASSIVE_MARK)?.length ?? 0,
  carriers: ACTIVE_CARRIERS,
};

export const reversed: Style = {
  label: 'objects before subjects',
  texts: 'stories',
  rewrite: rewriteSentences(toReversed),
  count: (text) => text.match(REVERSED_MARK)?.length ?? 0,
  carriers: ACTIVE_CARRIERS,
};
