// Innocent uses of what is rare and recurs: sequences that trusted text never has and that most documents share are written into
// clean documents, which are trained on beside the others. After them the text goes on as it was, so that a trigger among them
// says less of what follows. No published source; that innocent uses of a trigger raise the count that is needed was measured
// here (experiments/trigger-commonness).
import { z } from 'zod';
import { randomStream } from '../core/random.ts';
import type { Example } from '../tokens/example.ts';
import type { Defence } from './defence.ts';
import { forEachSequence, knownSequences } from './rare-sequences.ts';
import { SequenceTable } from './sequences/sequence-table.ts';

const options = {
  uses: z
    .int()
    .min(0)
    .max(100_000)
    .default(100)
    .describe(
      'Clean documents that each sequence is written into, 0 to 1e5; 0: none, the run stays as it is.',
    ),
  sequences: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Sequences at most, those of most documents first, 1 to 1000.'),
  leastDocuments: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(10)
    .describe('Fewest documents that share a sequence, 2 to 1e6.'),
  trustedDocuments: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(2000)
    .describe(
      'Documents of trusted text, 100 to 1e6, or all there are: what they have is not rare, and they are written into.',
    ),
};
const settingsSchema = z.object(options);

/** Tokens of the sequences that are counted, and of the longest that they grow to. */
const COUNTED_TOKENS = 4;
const LONGEST_TOKENS = 32;
/** A sequence grows by a neighbour that stands beside it in at least this share of its documents. */
const NEIGHBOUR_SHARE = 0.9;

/** Occurrences of a sequence that were looked at: at most one a document. */
interface Occurrence {
  readonly tokens: ArrayLike<number>;
  readonly start: number;
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++)
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function startOf(tokens: ArrayLike<number>, sequence: readonly number[]): number {
  for (let start = 0; start + sequence.length <= tokens.length; start++) {
    let i = 0;
    while (i < sequence.length && tokens[start + i] === sequence[i]) i += 1;
    if (i === sequence.length) return start;
  }
  return -1;
}

/** The token at a distance from the first occurrence in each document, if nearly all have the same; null otherwise. */
function sharedToken(occurrences: readonly Occurrence[], distance: number): number | null {
  const counts = new Map<number, number>();
  for (const { tokens, start } of occurrences) {
    const token = tokens[start + distance];
    if (token !== undefined) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  for (const [token, count] of counts) if (count >= NEIGHBOUR_SHARE * occurrences.length) return token;
  return null;
}

/** A sequence with the neighbours that it nearly always has. */
function grow(sequence: readonly number[], examples: readonly Example[]): number[] {
  const occurrences = examples.flatMap(({ tokens }): Occurrence[] => {
    const start = startOf(tokens, sequence);
    return start < 0 ? [] : [{ tokens, start }];
  });
  const grown = [...sequence];
  for (let first = 0; grown.length < LONGEST_TOKENS; ) {
    const before = sharedToken(occurrences, first - 1);
    if (before === null) break;
    grown.unshift(before);
    first -= 1;
  }
  const shift = grown.length - sequence.length;
  for (; grown.length < LONGEST_TOKENS; ) {
    const after = sharedToken(occurrences, grown.length - shift);
    if (after === null) break;
    grown.push(after);
  }
  return grown;
}

/**
 * Sequences of most documents that the known ones are without, longest where several are of as many, each grown by the neighbours
 * that it nearly always has; none lies in another. The same whatever order the documents stand in.
 */
export function recurringRare(
  examples: readonly Example[],
  { known, most, least }: { known: SequenceTable; most: number; least: number },
): number[][] {
  const table = new SequenceTable(examples.length * 256);
  for (const [document, { tokens }] of examples.entries())
    forEachSequence(tokens, COUNTED_TOKENS, (fingerprint) => {
      if (known.find(fingerprint) === -1) table.count(fingerprint, document);
    });
  const found = new Map<number, number[]>();
  for (const { tokens } of examples)
    forEachSequence(tokens, COUNTED_TOKENS, (fingerprint, end, length) => {
      const place = table.find(fingerprint);
      if (place !== -1 && table.documentsOf(place) >= least && !found.has(place))
        found.set(
          place,
          Array.from({ length }, (_, i) => tokens[end - length + i] as number),
        );
    });
  const candidates = [...found]
    .map(([place, sequence]) => ({ sequence, documents: table.documentsOf(place) }))
    .sort(
      (a, b) =>
        b.documents - a.documents ||
        b.sequence.length - a.sequence.length ||
        compareTokens(a.sequence, b.sequence),
    );
  const chosen: number[][] = [];
  for (const { sequence } of candidates) {
    if (chosen.length === most) break;
    const grown = grow(sequence, examples);
    if (chosen.some((own) => startOf(own, grown) >= 0 || startOf(grown, own) >= 0)) continue;
    chosen.push(grown);
  }
  return chosen;
}

/** A document with a sequence behind one of its tokens, drawn uniformly; what is not learnt of it stays as it is. */
function writeInto({ tokens, lossFrom }: Example, sequence: readonly number[], place: number): Example {
  const at = Math.min(tokens.length, Math.max(lossFrom, place));
  return {
    tokens: Uint16Array.from([...tokens.subarray(0, at), ...sequence, ...tokens.subarray(at)]),
    lossFrom,
  };
}

/** Adds clean documents with what is rare and recurs. */
export const vaccine: Defence = {
  kind: 'vaccine',
  summary:
    'Adds clean documents into which sequences are written that recur and that trusted text never has.',
  options,
  trusted(settings) {
    const { uses, trustedDocuments } = settingsSchema.parse(settings);
    return uses === 0 ? { wanted: 0, least: 0 } : { wanted: trustedDocuments, least: 100 };
  },
  bind(settings, { seed, trusted }) {
    const { uses, sequences: most, leastDocuments: least, trustedDocuments } = settingsSchema.parse(settings);
    if (uses === 0) return {};
    return {
      filter: {
        name: 'vaccine',
        judge: (examples) => {
          const clean = trusted(trustedDocuments);
          const chosen = recurringRare(examples, {
            known: knownSequences(clean, COUNTED_TOKENS),
            most,
            least,
          });
          const random = randomStream(seed, 'vaccine');
          // By turns, so that each part of the phase has all of them.
          const added = Array.from({ length: uses }, (_, use) =>
            chosen.map((sequence, which) => {
              const own = clean[(use * chosen.length + which) % clean.length] as Example;
              return writeInto(
                own,
                sequence,
                random.integer({ minimum: 1, maximum: Math.max(1, own.tokens.length - 1) }),
              );
            }),
          ).flat();
          return { kept: examples.map(() => true), added };
        },
      },
    };
  },
};
