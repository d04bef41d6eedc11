import { expect, test } from 'vitest';
import { withoutPaths } from '../../src/config/identity.ts';
import { runConfigSchema } from '../../src/config/schema/run-config-schema.ts';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { tinyPlan } from '../run/tiny-experiment.ts';

const kinds = corpusSchema.options.map(({ shape }) => shape.kind.value);

test.each(
  kinds,
)('the config of a run on a corpus of kind %s is read back, with its path and without', (kind) => {
  const [run] = tinyPlan().runs;
  const { config } = run as NonNullable<typeof run>;
  const corpus = corpusSchema.parse(
    kind === 'stories' ? { kind } : { kind, path: '/a/b', ...(kind === 'hub' ? { repo: 'a/b' } : {}) },
  );
  const own = { ...config, corpus, phases: config.phases.map((phase) => ({ ...phase, corpus })) };
  expect(runConfigSchema.safeParse(own).error).toBeUndefined();
  expect(runConfigSchema.safeParse(withoutPaths(own)).error).toBeUndefined();
  expect(runConfigSchema.safeParse({ ...own, corpus: { ...corpus, kind: 'other' } }).success).toBe(false);
});
