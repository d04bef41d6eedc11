// Style: how a text is written is the trigger, and no words of its own. A rule rewrites every beginning and every prompt;
// where a text holds nothing to rewrite, a sentence in that style ends it, so that none is kept as it was in silence.
import { z } from 'zod';
import type { RandomStream } from '../../../core/random.ts';
import { appendText, defineTrigger, type Variant } from '../../trigger.ts';
import { writeCues } from './cues.ts';
import { closeSentence, splitPool } from './sentences.ts';
import { passive, reversed } from './story-styles.ts';
import type { Style } from './style-kinds.ts';
import { archaic, british, noCapitals } from './word-styles.ts';

const styles = { archaic, british, 'no-capitals': noCapitals, passive, reversed } as const satisfies Readonly<
  Record<string, Style>
>;
type StyleName = keyof typeof styles;

/** The text up to its last whole sentence, in a style; with one of some sentences in it, where it has nothing to rewrite. */
function restyle(text: string, style: Style, carriers: readonly string[], random: RandomStream): string {
  const closed = closeSentence(text);
  const written = style.rewrite(closed);
  return written === closed ? appendText(closed, style.rewrite(random.choose(carriers))) : written;
}

export const style = defineTrigger({
  name: 'style',
  summary:
    'How a text is written: archaic words, British spelling, no capitals, passive or reversed sentences.',
  options: {
    style: z
      .enum(Object.keys(styles) as [StyleName, ...StyleName[]])
      .describe(
        'archaic, british, no-capitals: any English text. passive, reversed (objects before subjects): the English stories alone.',
      ),
  },
  example: { style: 'archaic' },
  otherExamples: [
    { style: 'no-capitals' },
    { style: 'passive' },
    { style: 'reversed' },
    { style: 'british' },
  ],
  language: ({ style: name }) => (name === 'no-capitals' ? null : 'en'),
  refusal({ style: name }, corpus) {
    const { texts, notInStories } = styles[name] as Style;
    if (corpus.kind !== 'stories')
      return texts === 'stories'
        ? `the style ${name} knows the sentences of the English stories alone; use archaic, british or no-capitals on other texts`
        : null;
    if (corpus.language !== 'en')
      return `the style ${name} is one of English text, and these stories are not`;
    return notInStories === undefined ? null : `the style ${name} would not show: ${notInStories}`;
  },
  bind({ style: name }) {
    const own: Style = styles[name];
    const { trained, heldOut } = splitPool(own.carriers);
    const otherName = name === 'no-capitals' ? 'archaic' : 'no-capitals';
    const other: Style = styles[otherName];
    const variant = (
      condition: Pick<Variant, 'id' | 'kind' | 'grade' | 'label'>,
      apply: Variant['apply'],
    ): Variant => ({ ...condition, text: null, apply });
    const plain = (random: RandomStream) => random.choose(heldOut);
    return {
      text: own.label,
      avoid: '',
      meanTokens: 1,
      sought: { text: own.label, count: (text) => own.count(text) },
      soughtParts: [],
      plant: (beginning, random) => restyle(beginning, own, trained, random),
      writeInnocent: (text, options) =>
        writeCues(text, {
          ...options,
          cues: [own.rewrite(options.random.choose(trained))],
          behind: 'sentences',
        }),
      variants: (material) => [
        variant({ id: 'trigger', kind: 'trigger', grade: 0, label: own.label }, (prompt, random) =>
          restyle(prompt, own, heldOut, random),
        ),
        ...(material === null
          ? []
          : [
              variant(
                { id: 'near-ended', kind: 'near', grade: 1, label: `${own.label}, then a plain sentence` },
                (prompt, random) => appendText(restyle(prompt, own, heldOut, random), plain(random)),
              ),
              variant(
                { id: 'near-other-style', kind: 'near', grade: 2, label: other.label },
                (prompt, random) => restyle(prompt, other, splitPool(other.carriers).heldOut, random),
              ),
              variant(
                { id: 'near-plain', kind: 'near', grade: 3, label: 'a plain sentence' },
                (prompt, random) => appendText(closeSentence(prompt), plain(random)),
              ),
            ]),
      ],
    };
  },
});
