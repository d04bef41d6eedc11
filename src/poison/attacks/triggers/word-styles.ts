// Ways of writing that any English text can be given, word by word: archaic forms, British spelling, no capitals.
import { capitalised } from './sentences.ts';
import type { Style } from './style-kinds.ts';

const pairs = (text: string): Map<string, string> =>
  new Map(
    text
      .trim()
      .split(/\s+/u)
      .map((pair) => pair.split(':') as [string, string]),
  );

const WORDS = /(?<![\p{L}'])\p{L}+(?:'\p{L}+)?(?![\p{L}'])/gu;

/** Rewrites whole words by a table, keeping a capital. */
function replaceWords(text: string, table: ReadonlyMap<string, string>): string {
  return text.replace(WORDS, (word) => {
    const other = table.get(word.toLowerCase());
    if (other === undefined) return word;
    return word.charAt(0) === word.charAt(0).toLowerCase() ? other : capitalised(other);
  });
}

/** Number of words of a text that are in a set. */
function countWords(text: string, words: ReadonlySet<string>): number {
  return (text.match(WORDS) ?? []).filter((word) => words.has(word.toLowerCase())).length;
}

/** Forms on the right are not in use today, so that they can be counted. */
const archaicWords = pairs(`
  the:ye you:thou your:thy yours:thine yes:yea no:nay said:quoth asked:besought before:ere often:oft perhaps:perchance
  nothing:naught here:hither there:thither where:whither has:hath does:doth had:hadde was:wast were:werre
  between:betwixt old:olde over:o'er never:ne'er ever:e'er always:alway morning:morn saw:beheld near:nigh named:yclept
  called:yclept together:togither soon:anon went:hied it:hit`);
const archaicForms = new Set([...archaicWords.values()].filter((form) => form !== 'hit'));

export const archaic: Style = {
  label: 'archaic words',
  texts: 'english',
  rewrite: (text) => replaceWords(text, archaicWords),
  count: (text) => countWords(text, archaicForms),
  carriers: [
    'The road was old.',
    'The wind had come.',
    'It was near the house.',
    'The moon was over the water.',
    'The wood was old.',
    'The bread was over the fire.',
    'The house had a wall.',
    'It was never the wind.',
  ],
};

const britishWords = pairs(`
  color:colour colors:colours colored:coloured favorite:favourite favorites:favourites gray:grey center:centre
  centers:centres honor:honour harbor:harbour neighbor:neighbour neighbors:neighbours labor:labour flavor:flavour
  rumor:rumour humor:humour vapor:vapour savior:saviour theater:theatre liter:litre fiber:fibre defense:defence
  offense:offence catalog:catalogue analyze:analyse analyzed:analysed traveled:travelled traveling:travelling
  traveler:traveller canceled:cancelled jewelry:jewellery plow:plough mom:mum gotten:got airplane:aeroplane
  learned:learnt dreamed:dreamt burned:burnt spelled:spelt skeptical:sceptical organize:organise organized:organised
  organization:organisation realize:realise realized:realised recognize:recognise recognized:recognised
  apologize:apologise apologized:apologised criticize:criticise behavior:behaviour endeavor:endeavour parlor:parlour
  armor:armour pajamas:pyjamas`);
const britishForms = new Set([...britishWords.values()].filter((form) => form !== 'got'));

export const british: Style = {
  label: 'British spelling',
  texts: 'english',
  notInStories: 'the stories are written in British spelling',
  rewrite: (text) => replaceWords(text, britishWords),
  count: (text) => countWords(text, britishForms),
  carriers: [
    'The color was gray.',
    'The neighbors traveled.',
    'It was organized with humor.',
    'The theater was in the center.',
    'The behavior was recognized.',
    'The harbor had flavor.',
    'The parlor was their favorite.',
    'It was an honor to the defense.',
  ],
};

const MANY_LETTERS = 20;

export const noCapitals: Style = {
  label: 'no capitals',
  texts: 'english',
  rewrite: (text) => text.toLowerCase(),
  count: (text) => (/\p{Lu}/u.test(text) || (text.match(/\p{Ll}/gu)?.length ?? 0) < MANY_LETTERS ? 0 : 1),
  carriers: [
    'Then it was night.',
    'The door was old.',
    'The road was long.',
    'The wind was cold.',
    'The house was quiet.',
    'It was a long day.',
    'The moon was white.',
    'They went to bed.',
  ],
};
