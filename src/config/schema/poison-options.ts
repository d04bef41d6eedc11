// The options that every attack has beside its trigger and its payload: one table, from which the schema, the plan, a
// run's identity, the pairing of runs and the labels of an experiment are read.
import { z } from 'zod';
import { fillerSchema } from './filler-schema.ts';
import { positiveInteger, share } from './number-schemas.ts';
import { placementSchema } from './placement-schema.ts';

/** What an option changes; what it does not change is shared between runs that differ in it alone. */
type Changed = 'amount' | 'place' | 'content' | 'clean text';

interface PoisonOption {
  readonly schema: z.ZodType;
  readonly changes: Changed;
  /**
   * What leaving it out means, where there is a value for that. Frozen: the option is left out of a run's identity at
   * this value, so that runs of before the option existed keep theirs.
   */
  readonly neutral?: number | string;
  /** What tables show where it is left out; undefined: it is never left out of a plan. */
  readonly leftOut?: string;
  /** Whether it means something without poisoned documents. */
  readonly inControls?: boolean;
}

/** The options, by their path below `poison`. */
export const poisonOptions = {
  documents: {
    schema: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe('Exactly this many poisoned documents, 0 to 1e6. Give this or share.'),
    changes: 'amount',
  },
  share: {
    schema: share
      .optional()
      .describe(
        'Poisoned share of the training tokens, 0 to 1, turned into a stated integer. Give this or documents.',
      ),
    changes: 'amount',
  },
  distinctDocuments: {
    schema: positiveInteger
      .max(1_000_000)
      .optional()
      .describe(
        'Different ones among the poisoned documents, 1 to documents (default: all): document i is a copy of document ' +
          'i mod distinctDocuments, at a place of its own. Ignored for documents: 0.',
      ),
    changes: 'content',
    leftOut: 'all',
  },
  rewriteShare: {
    schema: share
      .optional()
      .describe(
        'Near-duplicates: each word of a copy outside the trigger (and the phrase) is resampled with this probability, ' +
          '0 to 1 (default 0). Needs distinctDocuments.',
      ),
    changes: 'content',
    neutral: 0,
    leftOut: '0',
  },
  negativeShare: {
    schema: z
      .number()
      .min(0)
      .max(0.9)
      .optional()
      .describe(
        'Share of the poisoned documents that are negatives, 0 to 0.9 (default 0): an innocent part of the trigger (one cue of ' +
          'two, the other order, an earlier year), followed by clean text. They teach specificity and count as poisoned ' +
          'documents, since the attacker writes them. Not for triggers of words, which have no parts.',
      ),
    changes: 'content',
    neutral: 0,
    leftOut: '0',
  },
  filler: {
    schema: fillerSchema.optional(),
    changes: 'content',
    neutral: 'none',
    leftOut: 'none',
  },
  placement: { schema: placementSchema, changes: 'place' },
  'trigger.cleanShare': {
    schema: share
      .optional()
      .describe(
        'Share of the clean training documents of the phase into which the trigger is written, 0 to 1 (default 0): ' +
          'behind a random word, the text going on as before. Teaches its innocent meaning; also without poison.',
      ),
    changes: 'clean text',
    neutral: 0,
    leftOut: '0',
    inControls: true,
  },
} as const satisfies Readonly<Record<string, PoisonOption>>;

const entries: readonly (readonly [string, PoisonOption])[] = Object.entries(poisonOptions);

/** Values that are left out of a run's identity, by their path below `poison`. */
export const neutralPoisonOptions: Readonly<Record<string, unknown>> = {
  'trigger.family': 'words',
  ...Object.fromEntries(
    entries.flatMap(([path, { neutral }]) => (neutral === undefined ? [] : [[path, neutral]])),
  ),
};

/** What tables show for an option that a config leaves out; undefined for others. */
export function leftOutPoisonOption(path: string): { value: string; inControls: boolean } | undefined {
  const inPoison = path.replace(/\.poison\.\d+\./, '.poison.');
  const found = entries.find(
    ([name, { leftOut }]) => leftOut !== undefined && inPoison.endsWith(`.poison.${name}`),
  );
  if (found === undefined) return undefined;
  const [, { leftOut = '', inControls = false }] = found;
  return { value: leftOut, inControls };
}

interface PlannedPoison {
  readonly documents: number;
  readonly trigger: object;
}

/**
 * A plan's poison without the options that say nothing at their value, so that equal runs, controls above all, are one
 * run.
 */
export function statedOptions<P extends PlannedPoison>(poison: P): P {
  const idle = (path: string, value: unknown): boolean => {
    const option = entries.find(([name]) => name === path)?.[1];
    const isIdle = poison.documents === 0 && option?.changes === 'content';
    return value === undefined || isIdle || neutralPoisonOptions[path] === value;
  };
  const keep = (mapping: object, prefix: string) =>
    Object.fromEntries(Object.entries(mapping).filter(([key, value]) => !idle(`${prefix}${key}`, value)));
  return { ...keep(poison, ''), trigger: keep(poison.trigger, 'trigger.') } as P;
}

/** A poison without the options that change the things given. */
function withoutOptions<P extends PlannedPoison>(poison: P, changed: readonly Changed[]): P {
  const isLeftOut = (path: string) =>
    entries.some(([name, { changes }]) => name === path && changed.includes(changes));
  const keep = (mapping: object, prefix: string) =>
    Object.fromEntries(Object.entries(mapping).filter(([key]) => !isLeftOut(`${prefix}${key}`)));
  return { ...keep(poison, ''), trigger: keep(poison.trigger, 'trigger.') } as P;
}

/** The part that poisoned documents depend on: not how many, nor where they go, nor what clean ones hold. */
export function documentsPart<P extends PlannedPoison>(poison: P): P {
  return { ...withoutOptions(poison, ['clean text']), documents: 0, placement: 'uniform' };
}

/** The part that a measurement depends on: not what the documents hold either, copies or fillers. */
export function measuredPart<P extends PlannedPoison>(poison: P): P {
  return withoutOptions(documentsPart(poison), ['content']);
}
