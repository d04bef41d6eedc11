// Removes documents that are there already, token for token.
import { z } from 'zod';
import type { Defence } from './defence.ts';

const options = {
  copies: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(1)
    .describe('Copies of a document that stay, 1 to 1e6; null: all.'),
};
const settingsSchema = z.object(options);

/** The first copies of each document stay. */
export const exactDuplicates: Defence = {
  kind: 'exact-duplicates',
  summary: 'Removes documents that are there already, token for token.',
  options,
  bind(settings) {
    const { copies } = settingsSchema.parse(settings);
    if (copies === null) return {};
    return {
      filter: {
        name: 'exact-duplicates',
        judge: (examples) => {
          const seen = new Map<string, number>();
          return {
            kept: examples.map(({ tokens }) => {
              const key = tokens.join(' ');
              const before = seen.get(key) ?? 0;
              seen.set(key, before + 1);
              return before < copies;
            }),
          };
        },
      },
    };
  },
};
