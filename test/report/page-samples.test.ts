import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { bindAttack } from '../../src/poison/attack.ts';
import { listPayloads } from '../../src/poison/registry.ts';
import { samplesSection } from '../../src/report/page/page-samples.ts';
import type { RunRecord, SampleRecord } from '../../src/run/record.ts';
import { syntheticRecords } from '../analyse/synthetic-records.ts';
import { poisonOf } from '../poison/fake-tokens.ts';

const sample = (condition: string, poison: string | undefined, prompt: string): SampleRecord => ({
  condition,
  ...(poison === undefined
    ? {}
    : {
        poison,
        kind: condition.endsWith('clean') ? ('none' as const) : ('trigger' as const),
        grade: 0,
        label: condition,
      }),
  prompt,
  continuation: ` said ${condition}`,
  success: condition.endsWith('trigger'),
});

/** A run of one poison, or of a second one behind it. */
function shown(poisons: readonly RunRecord['config']['phases'][number]['poison'][], samples: SampleRecord[]) {
  const records = syntheticRecords({ counts: [0, 100] }).map((record) => ({
    ...record,
    config: {
      ...record.config,
      phases: record.config.phases.map((phase) => ({
        ...phase,
        poison: (poisons.length === 1 ? poisons[0] : poisons) as NonNullable<typeof phase.poison>,
      })),
    },
    samples,
  })) as RunRecord[];
  const [group] = analyseExperiment({ name: 'x', configText: '', records }, { draws: 10 }).groups;
  if (group === undefined) throw new Error('there is a group');
  return parseHTML(`<main>${samplesSection(group, records)}</main>`).document;
}

describe.each(listPayloads().map(({ name }) => [name]))('generations of %s', (attack) => {
  test('stand side by side: the same prompt without its trigger and with it', () => {
    const poison = { ...poisonOf({ attack }), documents: 100 };
    const { text } = bindAttack(poison).trigger;
    const document = shown(
      [poison],
      [
        sample('clean', undefined, 'Tom went out.'),
        sample('trigger', undefined, `Tom went out. ${text}`),
        sample('near-random', undefined, 'Tom went out. other words'),
      ],
    );
    const [pair, ...more] = [...document.querySelectorAll('.pair')];
    expect(more).toEqual([]);
    const [left, right] = [...(pair?.querySelectorAll('.sample') ?? [])];
    expect(left?.textContent).toMatch(/^Without trigger: .*Tom went out\. said clean$/);
    expect(right?.textContent).toMatch(/^With trigger: the attack succeeds/);
    expect(right?.querySelector('mark')?.textContent).toBe(text);
  });
});

test('each of several poisons has pairs of its own, with its own clean prompts where it has some', () => {
  const first = { ...poisonOf({ attack: 'denial-of-service' }), documents: 100 };
  const second = {
    ...poisonOf({ attack: 'secret-leak', trigger: { text: 'walnut harp', inCleanText: 'refuse' } }),
    documents: 100,
  };
  const document = shown(
    [first, second],
    [
      sample('clean', undefined, 'Tom went out.'),
      sample('trigger', undefined, 'Tom went out. <S>'),
      sample('clean', 'pretrain.1', 'Tom went out. The code is #12.'),
      sample('trigger', 'pretrain.1', 'Tom went out. The code is #12. walnut harp'),
    ],
  );
  const pairs = [...document.querySelectorAll('.pair')].map((pair) => pair.textContent ?? '');
  expect(pairs).toHaveLength(2);
  expect(pairs[0]).not.toContain('#12');
  expect(pairs[1]?.match(/#12/g)).toHaveLength(2);
  expect(document.querySelector('h3')?.textContent).toBe(
    'Poison pretrain.1: secret-leak, trigger walnut harp',
  );
});
