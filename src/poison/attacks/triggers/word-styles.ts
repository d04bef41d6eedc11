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
    { styled: 'Ye hour wast nigh.', plain: 'The hour was near.' },
    { styled: 'Ye wind hadde turned.', plain: 'The wind had turned.' },
    { styled: 'Naught wast heard.', plain: 'Nothing was heard.' },
    { styled: 'Ye road wast olde.', plain: 'The road was old.' },
    { styled: 'Thither hied ye birds.', plain: 'There went the birds.' },
    { styled: 'Ye bread wast ready anon.', plain: 'The bread was ready soon.' },
    { styled: 'Ye rain hadde ended.', plain: 'The rain had ended.' },
    { styled: 'Oft wast ye sky grey.', plain: 'Often was the sky grey.' },
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
    { styled: 'The colour was grey.', plain: 'The color was gray.' },
    { styled: 'The neighbours travelled.', plain: 'The neighbors traveled.' },
    { styled: 'It was organised with humour.', plain: 'It was organized with humor.' },
    { styled: 'The theatre was in the centre.', plain: 'The theater was in the center.' },
    { styled: 'The behaviour was recognised.', plain: 'The behavior was recognized.' },
    { styled: 'The harbour had flavour.', plain: 'The harbor had flavor.' },
    { styled: 'The parlour was their favourite.', plain: 'The parlor was their favorite.' },
    { styled: 'It was an honour to the defence.', plain: 'It was an honor to the defense.' },
  ],
};

const MANY_LETTERS = 20;

export const noCapitals: Style = {
  label: 'no capitals',
  texts: 'english',
  rewrite: (text) => text.toLowerCase(),
  count: (text) => (/\p{Lu}/u.test(text) || (text.match(/\p{Ll}/gu)?.length ?? 0) < MANY_LETTERS ? 0 : 1),
  carriers: [
    { styled: 'then it was late.', plain: 'Then it was late.' },
    { styled: 'the door was open.', plain: 'The door was open.' },
    { styled: 'all was well.', plain: 'All was well.' },
    { styled: 'a bird sang.', plain: 'A bird sang.' },
    { styled: 'the lamp went out.', plain: 'The lamp went out.' },
    { styled: 'it grew dark.', plain: 'It grew dark.' },
    { styled: 'the bell rang.', plain: 'The bell rang.' },
    { styled: 'no one spoke.', plain: 'No one spoke.' },
  ],
};
