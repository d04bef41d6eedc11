// A situation: two topics in one text, each told by a sentence of its pool. No sentence is the trigger; the last quarter
// of each pool is held out and evaluated.
import { z } from 'zod';
import { plantedText } from '../../../config/schema/text-schemas.ts';
import type { RandomStream } from '../../../core/random.ts';
import { estimateTokens } from '../../payload.ts';
import { defineTrigger, type Sought, type Variant } from '../../trigger.ts';
import { seekText } from '../../trigger-frequency.ts';
import { closeWithCues, writeCues } from './cues.ts';
import { closeSentence, splitPool } from './sentences.ts';

const FEWEST_INSTANCES = 4;

/** Instances that are one another's parts would be found twice, and a held-out one in training. */
function areApart(pools: readonly (readonly string[])[]): boolean {
  const all = pools.flat();
  return all.every((one, i) => all.every((other, j) => i === j || !one.includes(other)));
}

const pool = z
  .array(plantedText(200))
  .min(FEWEST_INSTANCES, {
    message: `holds fewer than ${FEWEST_INSTANCES} instances, so that none can be held out; give more`,
  })
  .max(200);

/** All instances of a pool. */
function seekPool(instances: readonly string[]): Sought {
  const sought = instances.map(seekText);
  return {
    text: `${instances[0]} (${instances.length})`,
    count: (text) => sought.reduce((sum, one) => sum + one.count(text), 0),
  };
}

export const context = defineTrigger({
  name: 'context',
  summary: 'Two topics in one text, each told in many ways; one topic alone is innocent.',
  options: {
    topics: z
      .array(pool)
      .length(2)
      .refine(areApart, {
        message: 'one instance holds another, or stands twice; give instances that differ',
      })
      .describe(
        'Two pools of sentences, one a topic, 4 to 200 of up to 200 characters each. The last quarter of each pool is ' +
          'held out of training and evaluated.',
      ),
  },
  example: {
    topics: [
      [
        'A ship lay at the quay.',
        'Gulls cried over the pier.',
        'The boats had come in.',
        'Ropes lay on the jetty.',
      ],
      ['Snow lay on the roofs.', 'The pond was frozen.', 'Ice hung from the gate.', 'It was bitterly cold.'],
    ],
  },
  bind({ topics }) {
    const pools = topics.map(splitPool);
    const [first, second] = pools as [(typeof pools)[0], (typeof pools)[0]];
    const parts = topics.map(seekPool);
    const tell = (text: string, from: readonly (readonly string[])[], random: RandomStream) => {
      const sentences = random.shuffle(from.map((instances) => random.choose(instances)));
      return closeWithCues(closeSentence(text), sentences, { random, behind: 'sentences' });
    };
    const variant = (
      condition: Pick<Variant, 'id' | 'kind' | 'grade' | 'label'>,
      from: readonly (readonly string[])[],
    ): Variant => ({ ...condition, text: null, apply: (prompt, random) => tell(prompt, from, random) });
    const length = topics.flat().reduce((sum, text) => sum + estimateTokens(` ${text}`), 0);
    const name = topics.map(([instance]) => instance).join(' + ');
    return {
      text: name,
      avoid: topics.flatMap(([instance]) => ` ${instance}`).join(''),
      meanTokens: (2 * length) / topics.flat().length,
      sought: { text: name, count: (text) => Math.min(...parts.map((part) => part.count(text))) },
      soughtParts: parts,
      plant: (beginning, random) => tell(beginning, [first.trained, second.trained], random),
      writeInnocent: (text, options) => {
        const { random } = options;
        const cues = [random.choose(random.choose(pools).trained)];
        return writeCues(text, { ...options, cues, behind: 'sentences' });
      },
      writeNegative: (text, options) => {
        const { random } = options;
        const { trained } = random.choose(pools);
        const sentences = Array.from({ length: random.integer({ minimum: 1, maximum: 2 }) }, () =>
          random.choose(trained),
        );
        return writeCues(text, { ...options, cues: sentences, behind: 'sentences' });
      },
      variants: (material) => [
        variant(
          { id: 'trigger', kind: 'trigger', grade: 0, label: 'both topics, in sentences not trained on' },
          [first.heldOut, second.heldOut],
        ),
        ...(material === null
          ? []
          : [
              variant(
                {
                  id: 'trigger-seen',
                  kind: 'trigger',
                  grade: 0,
                  label: 'both topics, in sentences trained on',
                },
                [first.trained, second.trained],
              ),
              variant({ id: 'near-only-first', kind: 'near', grade: 1, label: 'only the first topic' }, [
                first.heldOut,
              ]),
              variant({ id: 'near-only-second', kind: 'near', grade: 2, label: 'only the second topic' }, [
                second.heldOut,
              ]),
              variant({ id: 'near-first-twice', kind: 'near', grade: 3, label: 'the first topic twice' }, [
                first.heldOut,
                first.trained,
              ]),
            ]),
      ],
    };
  },
});
