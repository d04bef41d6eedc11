// The parts of verify, one by one: sample, bands, table, identity, contracts, corpora, lockstep. Over 300 lines: they share one
// experiment that takes seconds.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { poisonsOf } from '../../src/config/poisons.ts';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { EVALUATION_CONTRACTS } from '../../src/core/contracts.ts';
import { openCorpus } from '../../src/corpus/node/open-corpus.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { contractVersions } from '../../src/recipe/identity.ts';
import { programVersion } from '../../src/run/execute/source-version.ts';
import type { ConditionRecord, RunRecord } from '../../src/run/record.ts';
import { compareByBands, successShareBand } from '../../src/verify/bands.ts';
import { chooseSample } from '../../src/verify/choose-sample.ts';
import { CorpusFinder } from '../../src/verify/complete-config.ts';
import { foreignContracts, releases } from '../../src/verify/contract-releases.ts';
import { parseTable } from '../../src/verify/csv-table.ts';
import { checkDerived } from '../../src/verify/derived-files.ts';
import { diffValues } from '../../src/verify/diff-values.ts';
import { identityDifferences } from '../../src/verify/identity-parts.ts';
import { runLockstep } from '../../src/verify/lockstep.ts';
import { planOfResults } from '../../src/verify/planned-records.ts';
import { ScratchStore } from '../../src/verify/rerun.ts';
import { findInconsistencies, readResultsFolder } from '../../src/verify/results-folder.ts';
import { findNearest } from '../../src/verify/stored-runs.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyPlan } from '../run/tiny-experiment.ts';

const { records } = readResultsFolder('results/constant-count');
const first = records[0] as RunRecord;

describe('the sample', () => {
  test('is the same whatever the order of the records, cheapest first, of every size, with and without poison', () => {
    const sample = chooseSample(records, 3);
    expect(new Set(sample.map(({ config }) => config.model.width)).size).toBe(3);
    const counts = sample.map(({ config }) => poisonsOf(config.phases[0] ?? {})[0]?.documents ?? 0);
    expect(counts).toContain(0);
    expect(counts.some((count) => count > 0)).toBe(true);
    expect(chooseSample([...records].reverse(), 3)).toEqual(sample);
  });

  test('has as many runs as asked, each once, and all where there are fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (size) => {
        const ids = chooseSample(records, size).map(({ id }) => id);
        expect(new Set(ids).size).toBe(Math.min(size, records.length));
      }),
      { numRuns: 20 },
    );
  });
});

describe('the bands', () => {
  const bandsHold = (one: RunRecord, other: RunRecord) =>
    compareByBands(one, other).every(({ agrees }) => agrees);
  const withTrigger = (record: RunRecord, change: Partial<ConditionRecord>): RunRecord => ({
    ...record,
    checkpoints: record.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      conditions: checkpoint.conditions.map((condition) =>
        condition.condition === 'trigger' ? { ...condition, ...change } : condition,
      ),
    })),
  });

  test('are there for the sustained effect of runs with scores', () => {
    const effect = { mean: 0.1, aboveQuarter: 0.1, aboveHalf: 0.1, aboveThreeQuarters: 0 };
    const record = withTrigger(records[0] as RunRecord, { effect });
    expect(bandsHold(record, record)).toBe(true);
    expect(bandsHold(withTrigger(record, { effect: { ...effect, aboveHalf: 1 } }), record)).toBe(false);
  });

  test('hold for a run and itself; not for another seed, whose poison is other, nor for far other counts', () => {
    const countOf = ({ config }: RunRecord) => poisonsOf(config.phases[0] ?? {})[0]?.documents ?? 0;
    const isPair = (one: RunRecord, other: RunRecord) =>
      one.id < other.id && one.config.model.width === other.config.model.width;
    for (const one of records) {
      expect(bandsHold(one, one)).toBe(true);
      for (const other of records.filter((record) => isPair(one, record))) {
        const isOtherSeed = countOf(one) === countOf(other) && countOf(one) > 0;
        if (isOtherSeed) expect(bandsHold(one, other)).toBe(false);
        const figures = compareByBands(one, other).filter(({ allowed }) => allowed > 0);
        const counts = [countOf(one), countOf(other)].sort((a, b) => a - b);
        if (counts[0] === 0 && counts[1] === 250) expect(figures.every(({ agrees }) => agrees)).toBe(false);
      }
    }
  });

  test('are wider in the middle than at the ends, and narrower with more prompts', () => {
    expect(successShareBand(0, 0, 200)).toBe(0.05);
    expect(successShareBand(0.5, 0.5, 200)).toBeCloseTo(0.2, 10);
    expect(successShareBand(0.5, 0.5, 1000)).toBeLessThan(successShareBand(0.5, 0.5, 200));
  });

  test('do not hold for success outside, a missing figure, or another dose', () => {
    const half = withTrigger(first, { successShare: 0.5 });
    expect(bandsHold(half, withTrigger(first, { successShare: 0.69 }))).toBe(true);
    expect(bandsHold(half, withTrigger(first, { successShare: 0.72 }))).toBe(false);
    expect(bandsHold(half, withTrigger(first, { successShare: null }))).toBe(false);
    expect(bandsHold(half, withTrigger(half, { prompts: 1, successShare: 0 }))).toBe(false);
    const silent = first.checkpoints.map((checkpoint) => ({ ...checkpoint, conditions: [] }));
    expect(bandsHold({ ...first, checkpoints: silent }, first)).toBe(false);
    expect(bandsHold(first, { ...first, tokensTrained: first.tokensTrained + 1 })).toBe(false);
    expect(bandsHold(first, { ...first, checkpoints: first.checkpoints.slice(0, -1) })).toBe(false);
  });
});

describe('results.csv', () => {
  test('is read back as it was written, whatever stands in it', () => {
    const cells = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', ' ', "'", 'é') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cells, cells, cells), { maxLength: 5 }), (rows) => {
        const text = stringify([['x', 'y', 'z'], ...rows], { record_delimiter: 'unix' });
        const read = parseTable(text);
        expect(read.columns).toEqual(['x', 'y', 'z']);
        expect(read.rows).toEqual(rows.map(([x, y, z]) => ({ x, y, z })));
      }),
    );
  });
});

describe('differences', () => {
  test('name phases, checkpoints and conditions, and count a missing mapping once', () => {
    const one = { phases: [{ name: 'a', tokens: 1, poison: { attack: 'x', documents: 3 } }] };
    const other = { phases: [{ name: 'a', tokens: 2 }] };
    expect(diffValues(one, other)).toEqual([
      { path: 'phases.a.tokens', one: 1, other: 2 },
      { path: 'phases.a.poison', one: { attack: 'x', documents: 3 }, other: undefined },
    ]);
  });

  test('of equal values are none, and each changed field is found', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(diffValues(value, structuredClone(value))).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(diffValues({ a: null }, {})).toHaveLength(1);
    expect(diffValues([1, 2], [1, 3])).toHaveLength(1);
  });

  test('of identities: one field; the content of a corpus only where its config is the same', () => {
    const parts = ({ config, contracts, arithmetic }: RunRecord) => ({ config, contracts, arithmetic });
    const seeded = { ...parts(first), config: { ...first.config, seed: 9 } };
    expect(identityDifferences(parts(first), seeded)).toMatchObject([
      { kind: 'config', path: 'seed', other: 9 },
    ]);
    const other = { ...parts(first), contracts: { ...first.contracts, corpusHash: 'b', train: 7 } };
    expect(identityDifferences(parts(first), other).map(({ kind }) => kind)).toEqual([
      'corpus content',
      'contract',
    ]);
    const evaluated = {
      ...parts(first),
      config: { ...first.config, evaluation: { ...first.config.evaluation, prompts: 9 } },
    };
    expect(identityDifferences(parts(first), evaluated)).toMatchObject([{ isEvaluation: true }]);
  });

  test('find the nearest runs, all of them', () => {
    const stored = records.map((record) => ({ ...record, state: record.status, hasWeights: true }));
    const { compared, runs, differences } = findNearest(first, stored);
    expect(compared).toBe(records.length - 1);
    expect(differences).toHaveLength(1);
    // another count or another seed
    expect(runs).toHaveLength(9);
  });
});

describe('contracts', () => {
  test('of this program are those of the last release in the table, which package.json belongs to', () => {
    const last = releases.slice(-EVALUATION_CONTRACTS.length);
    expect(last.map(({ contracts }) => contracts)).toEqual(
      EVALUATION_CONTRACTS.map((evaluation) => contractVersions('tfjs', evaluation)),
    );
    for (const { packages } of last) expect(`${programVersion()}.`.startsWith(`${packages}.`)).toBe(true);
    expect(foreignContracts(first)).toBeNull();
  });

  test('of other results are named, with the newest release that has them', () => {
    const contracts = { ...first.contracts, tokens: 0 };
    const known = ['0.0.1', '0.0.2'].map((packages) => ({
      packages,
      contracts: { ...contractVersions('exact'), tokens: 0 },
    }));
    const foreign = foreignContracts({ contracts, arithmetic: 'exact' }, known);
    expect(foreign?.differences).toEqual(['tokens 0 (here 1)']);
    expect(foreign?.release?.packages).toBe('0.0.2');
    expect(foreignContracts({ contracts, arithmetic: 'exact' })?.release).toBeUndefined();
  });
});

describe('corpora of files', () => {
  test('are found by their content, and asked for where they are not', async () => {
    const folder = temporaryFolder();
    const [right, wrong] = [join(folder, 'right.jsonl'), join(folder, 'wrong.jsonl')];
    writeFileSync(right, '{"text":"one"}\n{"text":"two"}\n');
    writeFileSync(wrong, '{"text":"one"}\n{"text":"three"}\n');
    const [phase] = tinyPlan().runs[0]?.config.phases ?? [];
    const { splits, seed } = (phase as NonNullable<typeof phase>).corpus;
    const corpus = { kind: 'jsonl', path: '', textField: 'text', splits, seed } as const;
    const { contentHash } = await openCorpus({ ...corpus, path: right }, { baseFolder: '/' });
    const found = await new CorpusFinder([wrong, right]).find(corpus, contentHash);
    expect(found).toMatchObject({ path: right });
    await expect(new CorpusFinder([wrong]).find(corpus, contentHash)).rejects.toThrow(
      /not in .*wrong.*--corpus/,
    );
    await expect(new CorpusFinder([]).find(corpus, contentHash)).rejects.toThrow(/none was named/);
  });

  test('of the Hub are found in the cache of this machine, or in one that is named', async () => {
    const commit = 'a'.repeat(40);
    const [cache, empty] = [temporaryFolder(), temporaryFolder()];
    const snapshot = join(cache, 'datasets--owner--set', 'snapshots', commit);
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(snapshot, 'train.jsonl'), '{"text":"one"}\n{"text":"two"}\n');
    const typed = corpusSchema.parse({ kind: 'hub', repo: 'owner/set', revision: commit });
    vi.stubEnv('HF_HUB_CACHE', cache);
    const { contentHash } = await openCorpus(typed, { baseFolder: '/' });
    expect(await new CorpusFinder([]).find(typed, contentHash)).toEqual(typed);
    vi.stubEnv('HF_HUB_CACHE', empty);
    expect(await new CorpusFinder([cache]).find(typed, contentHash)).toMatchObject({ path: cache });
    const lost = new CorpusFinder(['/elsewhere']).find(typed, contentHash);
    await expect(lost).rejects.toThrow(
      `the Hub data set owner/set (revision ${commit}, split train) with content ${contentHash.slice(0, 16)}…: no such text in ${empty}, /elsewhere. Download that revision`,
    );
    vi.unstubAllEnvs();
  });
});

/** The reference, one value of whose arena is spoilt after so many programs. */
function faultyEngine(programs: number, spoil: (floats: Float32Array) => void): Engine {
  const right = createReferenceEngine({ precision: 'f32' });
  return {
    ...right,
    detail: 'a faulty engine',
    createArena: (options) => {
      const arena = right.createArena(options);
      let done = 0;
      return {
        ...arena,
        run: (start, length) => {
          arena.run(start, length);
          done += 1;
          if (done === programs) spoil(arena.floats as Float32Array);
        },
      };
    },
  };
}

describe('engines side by side', () => {
  test('of equal bits do not part; a faulty one does, at a step, in a tensor', async () => {
    const scratch = new ScratchStore();
    try {
      const [run] = tinyPlan().runs;
      if (run === undefined) throw new Error('no run');
      const artefacts = await scratch.prepare(run);
      const beside = createReferenceEngine({ precision: 'f32' });
      const compare = (engine: Engine) =>
        runLockstep({ config: run.config, artefacts }, { engine, beside, steps: 3 });
      expect(await compare(createReferenceEngine({ precision: 'f32' }))).toMatchObject({
        steps: 3,
        parted: null,
      });
      // Programs and counters read as floats are far smaller than weights.
      const faulty = faultyEngine(5, (floats) => {
        for (let i = 0; i < floats.length; i++) {
          const size = Math.abs(floats[i] as number);
          if (size > 1e-4 && size < 1) floats[i] = (floats[i] as number) * (1 + 1e-6);
        }
      });
      const { parted, engine } = await compare(faulty);
      expect(engine).toBe('a faulty engine');
      expect(parted?.optimizerStep).toBeGreaterThan(0);
      expect((parted?.tensors.length ?? 0) > 0 || parted?.lossDiffers).toBe(true);
    } finally {
      scratch.remove();
    }
  });
});

describe('a folder of results', () => {
  const lines = readFileSync('results/golden/results.jsonl', 'utf8').trimEnd().split('\n');

  function changedFolder(name: string, change: (text: string) => string): string {
    const folder = temporaryFolder();
    cpSync('results/golden', folder, { recursive: true });
    writeFileSync(join(folder, name), change(readFileSync(join(folder, name), 'utf8')));
    return folder;
  }

  test.each([
    ['no contracts', { contracts: null }],
    ['no poison', { poison: undefined }],
    ['a checkpoint that is none', { checkpoints: [null] }],
    ['a condition that is none', { checkpoints: [{ conditions: [null] }] }],
    ['a phase that is none', { config: { phases: [null] } }],
    ['a list for a name', { arithmetic: [] }],
  ])('whose first record has %s is refused with its line', (_, change) => {
    const edited = JSON.stringify({ ...JSON.parse(lines[0] as string), ...change });
    const folder = changedFolder('results.jsonl', () => `${[edited, ...lines.slice(1)].join('\n')}\n`);
    expect(() => readResultsFolder(folder)).toThrow(/results\.jsonl:1.* is not a valid record of a run/);
  });

  test('is held against SHA256SUMS in every file that this names', async () => {
    const findingsOf = async (folder: string) => {
      const results = readResultsFolder(folder);
      return (await checkDerived(results, planOfResults(results))).findings.map(({ text }) => text);
    };
    expect(await findingsOf('results/golden')).toEqual([]);
    const other = changedFolder('SHA256SUMS', (text) => `${text}${'0'.repeat(64)}  analysis.json\n`);
    expect(await findingsOf(other)).toEqual(['analysis.json is named in SHA256SUMS, but is not there']);
    writeFileSync(join(other, 'analysis.json'), '{}');
    expect(await findingsOf(other)).toEqual([expect.stringMatching(/^analysis\.json was changed after/)]);
    const gone = changedFolder('results.csv', (text) => text);
    rmSync(join(gone, 'config.yaml'));
    expect(await findingsOf(gone)).toEqual(['config.yaml is named in SHA256SUMS, but is not there']);
  });

  test('counts as trained on what filters left of the poison', () => {
    const folder = changedFolder('results.jsonl', (text) => {
      const [first = '', ...others] = text.trimEnd().split('\n');
      const record = JSON.parse(first);
      const sides = { clean: { kept: 9, seen: 9 }, poisoned: { kept: 12, seen: 20 } };
      const filters = [{ filter: 'random-removal', ...sides }];
      record.poison[0].filtered = { filters, planted: 20, kept: 12, trained: 12, exposures: 12 };
      record.checkpoints.at(-1).poisonedDocumentsSeen = 12;
      return `${[JSON.stringify(record), ...others].join('\n')}\n`;
    });
    rmSync(join(folder, 'SHA256SUMS'));
    const findings = findInconsistencies(readResultsFolder(folder)).map(({ text }) => text);
    expect(findings.filter((text) => text.startsWith('poisoned documents'))).toEqual([]);
  });

  test('does not hide a column of results.csv behind another name', () => {
    const folder = changedFolder('results.csv', (text) =>
      text.replace('clean_loss_nats', 'clean_loss_bits').replaceAll(/,3\.\d+/g, ',1.0'),
    );
    rmSync(join(folder, 'SHA256SUMS'));
    const findings = findInconsistencies(readResultsFolder(folder)).map(({ text }) => text);
    expect(findings[0]).toMatch(/results\.csv has "clean_loss_bits" in place of/);
  });
});
