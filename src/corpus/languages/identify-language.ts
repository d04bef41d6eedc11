// Which language a text is in: English, German, or neither. Our own, and deterministic: words that are frequent in one of
// the two languages and not in the other, and for other words the letter sequences that are. Single letters are no words here.

/** A language that can be told. */
export type Language = 'en' | 'de';

const set = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/u));

/** Frequent words; those of both languages (in, so, war, die, am, an, was, hat, also, her) are left out. */
const WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: set(`
    the and of to is that it he she they his him you your with for on at from by but not are were be been has had have
    this there which who when what where how why if or one all would could should will can do did does said went came
    my me we our us them their its no yes very into out up down over then than more some any only about after before
    because never always again other two three first little old good see saw go get got make made like day night home`),
  de: set(`
    der das und den dem des ein eine einen einem einer eines ist nicht es er sie ich du wir ihr ihm ihn ihnen mich dich
    mir dir sich mit auf für von zu zum zur im bei nach aus über unter um als wie wenn dass aber oder auch nur noch schon
    dann da dort hier sein seine seinen seinem seiner ihre ihren ihrem mein meine kein keine haben hatte hatten habe
    sind waren wird wurde wurden werden kann konnte muss musste will wollte soll sollte sehr mehr immer wieder nie nun
    alle alles viel etwas nichts durch gegen ohne bis vor hinter zwischen neben sagte ging kam sah gab lief fragte zwei
    drei jeder jeden diese dieser dieses diesem man vom beide bald endlich eines denn weil weg`),
};

/** Sequences of letters that are frequent in one language and rare in the other. */
const SEQUENCES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'th',
    'wh',
    'ough',
    'tion',
    'oo',
    'ee',
    'ea',
    'ow',
    'ing',
    'ly',
    'ight',
    'ould',
    'ay',
    'oa',
    'ck',
    'y',
  ],
  de: [
    'sch',
    'ei',
    'ch',
    'cht',
    'ä',
    'ö',
    'ü',
    'ß',
    'tz',
    'pf',
    'ung',
    'lich',
    'keit',
    'ge',
    'en',
    'ie',
    'au',
    'z',
    'eu',
  ],
};

const WORD_WEIGHT = 3;
const SEQUENCE_WEIGHT = 0.5;
const FEWEST_WORDS = 3;
/** Words of either list that a text has to hold: noise of letters holds next to none. */
const KNOWN_SHARE = 0.15;
/** And at least so many different ones: one is there by chance. */
const FEWEST_KNOWN = 2;

/** How much a word speaks for German, above 0, or for English, below; known: it is in a list. */
function weigh(word: string): { weight: number; known: boolean } {
  if (WORDS.de.has(word)) return { weight: WORD_WEIGHT, known: true };
  if (WORDS.en.has(word)) return { weight: -WORD_WEIGHT, known: true };
  const count = (language: Language) =>
    SEQUENCES[language].filter((letters) => word.includes(letters)).length;
  return { weight: SEQUENCE_WEIGHT * Math.sign(count('de') - count('en')), known: false };
}

/** The language of a text; null where it has too few words, or where they speak for neither. */
export function identifyLanguage(text: string): Language | null {
  const words = text.toLowerCase().match(/\p{L}{2,}/gu) ?? [];
  if (words.length < FEWEST_WORDS) return null;
  const weighed = words.map(weigh);
  const known = words.filter((_, i) => weighed[i]?.known);
  if (new Set(known).size < FEWEST_KNOWN || known.length / words.length < KNOWN_SHARE) return null;
  const weight = weighed.reduce((sum, word) => sum + word.weight, 0);
  return weight === 0 ? null : weight > 0 ? 'de' : 'en';
}
