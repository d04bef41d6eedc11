// Two cues that must both be there, each somewhere in the text: neither alone is the trigger. With `cleanShare` single
// cues stand in clean documents and teach that one is innocent (the negatives of composite backdoors).
import { z } from 'zod';
import { plantedText } from '../../../config/schema/text-schemas.ts';
import type { RandomStream } from '../../../core/random.ts';
import { writeAfterWord } from '../../clean-trigger.ts';
import { estimateTokens } from '../../payload.ts';
import { defineTrigger, type Trigger, type Variant } from '../../trigger.ts';
import { seekText } from '../../trigger-frequency.ts';
import { closeWithCues, scatterCues, writeCues } from './cues.ts';

const options = {
  cues: z
    .array(plantedText(100))
    .length(2)
    .refine(([first = '', second = '']) => !first.includes(second) && !second.includes(first), {
      message: 'one cue holds the other; give two that differ',
    })
    .describe('The two cues, 1 to 100 characters each: words or phrases that both have to be there.'),
  ending: z
    .boolean()
    .optional()
    .describe(
      'true: the later cue ends the beginning of a document, so that the payload follows when both are there (default: ' +
        'both stand anywhere in it, and nothing tells where the payload begins).',
    ),
};

type Scatter = (text: string, cues: readonly string[], random: RandomStream) => string;

function variantsOf(cues: readonly string[], scatter: Scatter): Variant[] {
  const write =
    (written: readonly string[]): Variant['apply'] =>
    (prompt, random) =>
      scatter(prompt, written, random);
  const single = (cue: string, place: number): Variant => ({
    id: `near-single-${place + 1}`,
    kind: 'near',
    grade: place + 1,
    label: `only ${JSON.stringify(cue)}`,
    text: null,
    apply: write([cue]),
  });
  const twice = (cue: string, place: number): Variant => ({
    id: `near-twice-${place + 1}`,
    kind: 'near',
    grade: cues.length + place + 1,
    label: `${JSON.stringify(cue)} twice`,
    text: null,
    apply: write([cue, cue]),
  });
  return [...cues.map(single), ...cues.map(twice)];
}

export const composite = defineTrigger({
  name: 'composite',
  summary: 'Two cues, both somewhere in the text; one alone is innocent.',
  options,
  example: { cues: ['kettle lantern', 'saddle'], ending: true },
  bind({ cues, ending = false }): Trigger {
    const scatter: Scatter = ending
      ? (text, written, random) => closeWithCues(text, random.shuffle([...written]), { random })
      : scatterCues;
    const sought = cues.map(seekText);
    return {
      text: cues.join(' + '),
      avoid: cues.map((cue) => ` ${cue}`).join(''),
      meanTokens: cues.reduce((sum, cue) => sum + estimateTokens(` ${cue}`), 0),
      sought: {
        text: cues.join(' + '),
        count: (text) => Math.min(...sought.map((cue) => cue.count(text))),
      },
      soughtParts: sought,
      plant: (beginning, random) => scatter(beginning, cues, random),
      writeInnocent: (text, given) => writeAfterWord(text, { ...given, text: given.random.choose(cues) }),
      writeNegative: (text, given) =>
        writeCues(text, {
          ...given,
          cues: given.random.choose(cues.flatMap((cue) => [[cue], [cue, cue]])),
        }),
      variants: (material) => [
        {
          id: 'trigger',
          kind: 'trigger',
          grade: 0,
          label: 'both cues',
          text: null,
          apply: (prompt, random) => scatter(prompt, cues, random),
        },
        ...(material === null ? [] : variantsOf(cues, scatter)),
      ],
    };
  },
});
