import { describe, expect, it } from 'vitest';
import type { Claim, ClaimStatus } from '../../src/analyse/claims/claim.ts';
import { headlineOf } from '../../src/analyse/claims/headline.ts';

const verdict = { status: 'supported', headline: 'All the same.', reasons: [] } as const;
const group = (id: string, title = id) => ({ id, title, verdict });

function claim(id: Claim['id'], own: string, status: ClaimStatus, quantity = 'α'): Claim {
  return {
    id,
    group: own,
    baseline: null,
    statement: '',
    status,
    reason: '',
    rule: { quantity, low: -1, high: 1, words: '' },
    estimate: null,
    interval: null,
    n: { runs: 1, controls: 0, seeds: 5 },
    parts: [],
    numbers: {},
  };
}

const P50 = 'log2 of the ratio of documents for half success (P50)';
const SUCCESS = 'difference of attack success at the same count (0-1), paired by seed';

describe('headline', () => {
  it('is the verdict of the only group, and says so where there is none', () => {
    expect(headlineOf([group('all')], [])).toEqual(verdict);
    expect(headlineOf([], [])).toMatchObject({ status: 'illustration', headline: 'There are no runs yet.' });
  });

  it('counts the outcomes of several groups, and is mixed where they differ', () => {
    const groups = [group('a'), group('b'), group('c')];
    const found = headlineOf(groups, [
      claim('dilution', 'a', 'inconclusive'),
      claim('dilution', 'b', 'contradicted'),
      claim('specificity', 'c', 'supported'),
    ]);
    expect(found.status).toBe('mixed');
    expect(found.headline).toBe(
      'The count law on 2 series of amounts of data: 1 contradicted, 1 inconclusive.',
    );
    expect(headlineOf(groups, [claim('dilution', 'a', 'inconclusive')]).status).toBe('inconclusive');
  });

  it('never says that P50 changes by more than twice where success at the same counts decided', () => {
    const { reasons } = headlineOf(
      [group('base'), group('a', 'rows'), group('b', 'copies')],
      [claim('same-count', 'a', 'contradicted', SUCCESS), claim('same-count', 'b', 'contradicted', P50)],
    );
    expect(reasons).toEqual([
      'Success at the same counts changes by more than 20 points, P50 by an unknown factor: rows.',
      'P50 changes by more than 2 times: copies.',
    ]);
  });

  it('is an illustration where no group can be compared with another', () => {
    expect(headlineOf([group('a'), group('b')], []).headline).toMatch(/none of which can be compared/);
  });
});
