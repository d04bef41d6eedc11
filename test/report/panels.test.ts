import { describe, expect, it } from 'vitest';
import { panelTitles } from '../../src/report/figures/panels.ts';

describe('titles of panels', () => {
  it('leave out what defences were set to where the panels still differ', () => {
    const names = ['defended by onion (falsePositiveShare = 0.01, other = 2)', 'defended by random-removal'];
    expect(panelTitles(names)).toEqual(['defended by onion', 'defended by\nrandom-removal']);
    const strengths = [1, 2].map((part) => `defended by partition (part = ${part})`);
    expect(panelTitles(strengths)).toEqual(['partition\npart = 1', 'partition\npart = 2']);
  });

  it('give two settings a line each, and of more the one with the most values', () => {
    const two = ['defended by onion (share = 0.1), poison.trigger.cleanShare = 0.02', 'base settings'];
    expect(panelTitles(two)).toEqual(['onion\ncleanShare = 0.02', 'base settings']);
    const families = ['order', 'year'].map((family) => `a.share = 1, a.family = ${family}, a.border = 9`);
    expect(panelTitles(families)).toEqual(['family = order\nand 2 more', 'family = year\nand 2 more']);
  });

  it('cut the name of a long setting, not its value', () => {
    const [title] = panelTitles(['a.falsePositiveShare = 0.01, a.documents = 8']);
    expect(title).toBe('falsePositiveSh… = 0.01\ndocuments = 8');
    expect(panelTitles(['poison.phrase = They were friends again'])[0]).toBe(
      'phrase\n= They were friends ag…',
    );
  });
});
