import { describe, expect, test } from 'vitest';
import { findEnsembles, targetParts, whyUncertified } from '../../src/cli/ensemble/find-ensembles.ts';
import type { StoredRun } from '../../src/cli/stored-runs.ts';
import { poisonsOf, withPoisons } from '../../src/config/poisons.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const yaml = tinyYaml.replace(
  'evaluation:',
  `    defend: [{ kind: partition, parts: 3 }]
  - name: finetune
    tokens: 4096
    batch: { sequences: 4 }
    defend: [{ kind: partition, parts: 3 }]
evaluation:`,
);
const base = tinyPlan({ yaml }).runs[0]?.config;

/** A run of two phases, trained on one part of each. */
function member(parts: readonly [number, number], documents = 4): StoredRun {
  if (base === undefined) throw new Error('nothing was planned');
  const phases = base.phases.map((phase, place) => ({
    ...phase,
    ...withPoisons(poisonsOf(phase).map((poison) => ({ ...poison, documents }))),
    defend: (phase.defend ?? []).map((own) => ({ ...own, part: parts[place] })),
  }));
  return { id: `${parts.join('-')} of ${documents}`, config: { ...base, phases } };
}
const all = [1, 2, 3];
const diagonal = (documents?: number) => all.map((part) => member([part, part], documents));

describe('members of an ensemble', () => {
  test('have the same part in every divided phase', () => {
    expect(whyUncertified(diagonal())).toBeNull();
    expect(findEnsembles(diagonal())).toHaveLength(1);
    // A document of the second phase reaches all three of these.
    const mixed = all.map((part) => member([part, 1]));
    expect(whyUncertified(mixed)).toMatch(
      /different parts in different phases.*the same part in every phase/,
    );
    expect(findEnsembles(mixed)).toEqual([]);
  });

  test('are found in a grid of the parts of two phases', () => {
    const grid = all.flatMap((first) => all.map((second) => member([first, second])));
    const found = findEnsembles(grid);
    expect(found.map(({ members }) => members.map(({ id }) => id))).toEqual([diagonal().map(({ id }) => id)]);
  });
});

describe('the attacker of chosen parts', () => {
  test('has the ensembles without poison as controls', () => {
    const groups = targetParts(findEnsembles([...diagonal(0), ...diagonal(6)]), 2);
    expect(
      groups.map(({ planted, targeted, members }) => [planted, targeted, members.map(({ id }) => id)]),
    ).toEqual([
      [0, 2, ['1-1 of 0', '2-2 of 0', '3-3 of 0']],
      [6, 2, ['1-1 of 6', '2-2 of 6', '3-3 of 0']],
    ]);
  });

  test('needs runs with poison and runs without', () => {
    expect(() => targetParts(findEnsembles(diagonal(0)), 2)).toThrow(/holds none.*with poisoned documents/);
    expect(() => targetParts(findEnsembles(diagonal(6)), 2)).toThrow(
      /runs with 0 documents of the same seed/,
    );
  });
});
