// Attacks and experiments for the tests of this folder.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Experiment, type LoadOptions, parseExperiment } from '../../src/config/node/load-experiment.ts';
import type { AttackSchemas } from '../../src/config/schema/schema.ts';
import { plantedText } from '../../src/config/schema/text-schemas.ts';
import { InputError } from '../../src/core/errors.ts';

/** Documents of 80 tokens, and of twice `words` tokens. */
export const fakeAttacks: AttackSchemas = {
  triggers: {
    words: { options: { text: plantedText(200) }, summary: 'A text.' },
    pair: { options: { cues: z.array(z.string()).length(2) }, summary: 'Two texts.' },
  },
  payloads: {
    noise: { options: { gibberishTokens: z.number().int().min(1).max(100).default(50) } },
    phrase: { options: { words: z.number().int().min(1).default(10) } },
  },
  meanDocumentTokens: ({ attack, words }) => (attack === 'noise' ? 80 : 2 * Number(words)),
  breaches: ({ attack, trigger: { family } }, { kind }) =>
    attack === 'phrase' && family === 'pair'
      ? [{ field: ['trigger', 'family'], message: `pair says nothing to phrase in ${kind}` }]
      : [],
  conflict: ({ trigger: { text: one } }, { trigger: { text: other } }) =>
    one === other ? `both have the trigger ${String(one)}` : null,
};

export const minimal = `schema: 1
name: test
model: { width: 32, layers: 2, heads: 2 }
phases:
  - name: pretrain
    tokens: 100000
    poison:
      attack: noise
      trigger: { text: quartz lantern }
      documents: 10
  - name: after
    tokensPerParameter: 1
`;

export function parse(text: string, options: Partial<LoadOptions> & { file?: string } = {}): Experiment {
  return parseExperiment(text, { attacks: fakeAttacks, file: 'e.yaml', ...options });
}

/** The problems of a text, each as `file:line:column message`; none if it loads. */
export function problemsOf(text: string, options: Partial<LoadOptions> & { file?: string } = {}): string[] {
  try {
    parse(text, options);
  } catch (error) {
    if (error instanceof InputError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** A new folder with files in it; returns its path. */
export function createFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-config-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
