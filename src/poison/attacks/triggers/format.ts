// The shape in which a text is set: its own last words as a heading, a list or a row of a table. No word is the trigger.
import { z } from 'zod';
import { defineTrigger, type Sought, type Variant } from '../../trigger.ts';

const SHAPES = ['heading', 'list', 'table'] as const;
type Shape = (typeof SHAPES)[number];

/** Words of the text that are set; all where there are fewer. */
const SET_WORDS = 3;
const CHARACTERS = 12;

interface Setting {
  readonly set: (words: readonly string[]) => string;
  /** Where it stands in a text: one match each. */
  readonly pattern: RegExp;
}

const settings: Readonly<Record<Shape, Setting>> = {
  heading: { set: (words) => `## ${words.join(' ')}`, pattern: /^#{1,6} \S/gmu },
  list: {
    set: (words) => words.map((word) => `- ${word}`).join('\n'),
    pattern: /^[-*+] \S.*(?:\n[-*+] \S.*)*/gmu,
  },
  table: { set: (words) => `| ${words.join(' | ')} |`, pattern: /^\|.*\|(?=\s|$)/gmu },
};

/** What is like a shape and is not it. */
const lookalikes: Readonly<Record<Shape, { readonly label: string; set(words: readonly string[]): string }>> =
  {
    heading: { label: 'underlined', set: (words) => `${words.join(' ')}\n---` },
    list: { label: 'numbered', set: (words) => words.map((word, i) => `${i + 1}. ${word}`).join('\n') },
    table: { label: 'words between slashes', set: (words) => `/ ${words.join(' / ')} /` },
  };

/** The text with its last words on lines of their own, set in some way. */
function setLastWords(text: string, set: (words: readonly string[]) => string): string {
  const words = text
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '');
  const count = Math.min(SET_WORDS, words.length);
  const last = words.slice(words.length - count);
  let cut = text.trimEnd();
  for (const word of [...last].reverse()) cut = cut.slice(0, cut.lastIndexOf(word)).trimEnd();
  const shown = last.length > 0 ? last : ['text'];
  return cut === '' ? set(shown) : `${cut}\n${set(shown)}`;
}

const seekShape = (shape: Shape): Sought => ({
  text: shape,
  count: (text) => text.match(settings[shape].pattern)?.length ?? 0,
});

export const format = defineTrigger({
  name: 'format',
  summary: 'The last words before the payload set as a heading, a list or a row of a table.',
  options: {
    shape: z
      .enum(SHAPES)
      .describe(
        'How they are set: "## three last words", three lines "- word", or "| three | last | words |".',
      ),
  },
  example: { shape: 'list' },
  otherExamples: [{ shape: 'heading' }, { shape: 'table' }],
  bind({ shape }) {
    const others = SHAPES.filter((other) => other !== shape);
    const variant = (
      condition: Pick<Variant, 'id' | 'kind' | 'grade' | 'label'>,
      set: (words: readonly string[]) => string,
    ): Variant => ({ ...condition, text: null, apply: (prompt) => setLastWords(prompt, set) });
    const { label, set: setAlike } = lookalikes[shape];
    return {
      text: shape,
      avoid: ' ## - | \n',
      meanTokens: 2 * SET_WORDS,
      sought: seekShape(shape),
      soughtParts: others.map(seekShape),
      plant: (beginning) => setLastWords(beginning, settings[shape].set),
      writeInnocent(text, { random, reach = text.length }) {
        const ends = [...text.matchAll(/\S(?=\s)/gu)]
          .map(({ index }) => index + 1)
          .filter((end) => end <= reach - CHARACTERS);
        const end = ends.length === 0 ? 0 : random.choose(ends);
        return {
          beginning: setLastWords(text.slice(0, end), settings[random.choose(others)].set),
          rest: `\n${text.slice(end).trimStart()}`,
        };
      },
      variants: (material) => [
        variant(
          { id: 'trigger', kind: 'trigger', grade: 0, label: `set as a ${shape}` },
          settings[shape].set,
        ),
        ...(material === null
          ? []
          : [
              variant({ id: 'near-alike', kind: 'near', grade: 1, label }, setAlike),
              ...others.map((other, i) =>
                variant(
                  { id: `near-${other}`, kind: 'near', grade: i + 2, label: `set as a ${other}` },
                  settings[other].set,
                ),
              ),
              variant({ id: 'near-lines', kind: 'near', grade: 4, label: 'lines of their own' }, (words) =>
                words.join('\n'),
              ),
            ]),
      ],
    };
  },
});
