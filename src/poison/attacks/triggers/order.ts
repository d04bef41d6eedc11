// Order: one cue, and later another; the same two the other way round are innocent. With one cue given twice, its second
// time is the trigger and its first is not.
import { z } from 'zod';
import { plantedText } from '../../../config/schema/text-schemas.ts';
import { estimateTokens } from '../../payload.ts';
import { defineTrigger, type Variant } from '../../trigger.ts';
import { seekText } from '../../trigger-frequency.ts';
import { closeWithCues, writeCues } from './cues.ts';

interface Arrangement {
  readonly id: string;
  readonly label: string;
  readonly cues: readonly string[];
}

/** What is near the trigger, nearest first. */
function nearArrangements([first, second]: readonly [string, string]): Arrangement[] {
  if (first === second)
    return [{ id: 'near-once', label: `${JSON.stringify(first)} for the first time`, cues: [first] }];
  return [
    { id: 'near-reversed', label: 'the other way round', cues: [second, first] },
    { id: 'near-only-second', label: `only ${JSON.stringify(second)}`, cues: [second] },
    { id: 'near-only-first', label: `only ${JSON.stringify(first)}`, cues: [first] },
    { id: 'near-second-twice', label: `${JSON.stringify(second)} twice`, cues: [second, second] },
  ];
}

/** Times that the second cue stands behind the first. */
function countInOrder(text: string, [first, second]: readonly [string, string]): number {
  const at = text.indexOf(first);
  return at === -1 ? 0 : seekText(second).count(text.slice(at + first.length));
}

export const order = defineTrigger({
  name: 'order',
  summary: 'One cue and later another, or one cue for the second time; any other order is innocent.',
  options: {
    cues: z
      .array(plantedText(100))
      .length(2)
      .refine(
        ([first = '', second = '']) =>
          first === second || (!first.includes(second) && !second.includes(first)),
        { message: 'one cue holds the other; give two that differ, or the same one twice' },
      )
      .describe(
        'The cues in their order, 1 to 100 characters each. The second ends the beginning of a document; the first ' +
          'stands somewhere before it. The same one twice: only its second time is the trigger.',
      ),
  },
  example: { cues: ['kettle', 'saddle'] },
  otherExamples: [{ cues: ['saddle', 'saddle'] }],
  bind({ cues }) {
    const pair = cues as [string, string];
    const near = nearArrangements(pair);
    const distinct = [...new Set(cues)];
    const label = distinct.length === 1 ? `${JSON.stringify(pair[0])} for the second time` : 'in order';
    const variant = ({ id, label, cues: written }: Arrangement, place: number): Variant => ({
      id,
      kind: place === 0 ? 'trigger' : 'near',
      grade: place,
      label,
      text: null,
      apply: (prompt, random) => closeWithCues(prompt, written, { random }),
    });
    return {
      text: cues.join(' before '),
      avoid: distinct.map((cue) => ` ${cue}`).join(''),
      meanTokens: cues.reduce((sum, cue) => sum + estimateTokens(` ${cue}`), 0),
      sought: { text: cues.join(' before '), count: (text) => countInOrder(text, pair) },
      soughtParts: distinct.map(seekText),
      plant: (beginning, random) => closeWithCues(beginning, cues, { random }),
      writeInnocent: (text, options) => {
        const innocent = near.filter(({ id }) => id !== 'near-second-twice');
        return writeCues(text, { ...options, cues: options.random.choose(innocent).cues });
      },
      writeNegative: (text, options) =>
        writeCues(text, { ...options, cues: options.random.choose(near).cues }),
      variants: (material) =>
        [{ id: 'trigger', label, cues }, ...(material === null ? [] : near)].map(variant),
    };
  },
});
