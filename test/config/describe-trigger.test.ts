import { expect, test } from 'vitest';
import { describeTrigger } from '../../src/config/describe-trigger.ts';
import type { TriggerSettings } from '../../src/config/schema/schema.ts';

test('one text of a pool stands for all, parts that must come together are all named', () => {
  const pool = (topic: string) => [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `${topic} ${i}.`);
  const context = { family: 'context', topics: [pool('Gulls'), pool('Snow')] } as unknown as TriggerSettings;
  expect(describeTrigger(context)).toBe('context (Gulls 1. or 7 more + Snow 1. or 7 more)');
  const composite = { family: 'composite', parts: ['kettle', 'saddle'] } as unknown as TriggerSettings;
  expect(describeTrigger(composite)).toBe('composite (kettle + saddle)');
});
