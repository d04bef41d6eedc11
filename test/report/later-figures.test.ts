import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { laterFigures } from '../../src/report/figures/figures.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { SIZES, syntheticRecords, withSetting } from '../analyse/synthetic-records.ts';

const onePhase = syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [0, 50, 100], seeds: [1, 2] });

/** The run, and a clean phase of half a million tokens after it in which success falls by half. */
function withCleanPhase(record: RunRecord, learningRate = 0.01): RunRecord {
  const [first] = record.config.phases;
  const last = record.checkpoints.at(-1);
  if (first === undefined || last === undefined) throw new Error('a record without phase or checkpoint');
  const conditions = last.conditions.map((own) => ({ ...own, successShare: (own.successShare ?? 0) / 2 }));
  const clean = {
    ...last,
    phase: 'clean',
    tokensTrained: last.tokensTrained + 500_000,
    cleanLossNats: (last.cleanLossNats ?? 0) - 0.1,
    conditions,
  };
  const { poison, ...unpoisoned } = first;
  const two: RunRecord = {
    ...record,
    id: `${record.id}-${learningRate}`,
    config: { ...record.config, phases: [first, { ...unpoisoned, name: 'clean', tokens: 500_000 }] },
    checkpoints: [...record.checkpoints, clean],
  };
  return withSetting(two, 'phases.1.optimizer.learningRate', learningRate);
}

function figuresOf(records: readonly RunRecord[]) {
  const analysis = analyseExperiment({ name: 'x', configText: '', records: [...records] }, { draws: 20 });
  return laterFigures(analysis, records);
}

const textsOf = (svg: string) =>
  [...parseHTML(svg).document.querySelectorAll('text, tspan')].map(({ textContent }) => textContent ?? '');
const countsOf = (svg = '') => textsOf(svg).filter((text) => /^\d+ documents$/.test(text));

describe('figures of later phases', () => {
  it('are drawn for runs of several phases alone', () => {
    expect(figuresOf(onePhase)).toEqual([]);
    expect(figuresOf(onePhase.map((record) => withCleanPhase(record))).map(({ name }) => name)).toEqual([
      'later-success',
      'later-clean-loss',
    ]);
  });

  it('show a panel for each group and count, over the tokens since the first phase', async () => {
    const records = [0.01, 0.001].flatMap((rate) => onePhase.map((record) => withCleanPhase(record, rate)));
    const [success, loss] = figuresOf(records);
    for (const figure of [success, loss]) {
      expect(countsOf(figure?.svg)).toEqual([
        '50 documents',
        '100 documents',
        '50 documents',
        '100 documents',
      ]);
      expect(textsOf(figure?.svg ?? '')).toContain('0.5');
      await expect(figure?.svg).toMatchFileSnapshot(`./gallery/phases-${figure?.name}.svg`);
    }
  });

  it('keep each group at its largest count where there are many', () => {
    const rates = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09];
    const records = rates.flatMap((rate) => onePhase.map((record) => withCleanPhase(record, rate)));
    const [success] = figuresOf(records);
    expect(countsOf(success?.svg)).toEqual(rates.map(() => '100 documents'));
  });
});
