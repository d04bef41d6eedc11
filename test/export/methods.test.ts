// The methods paragraph: every number in it is worked out again from results.jsonl, by code that knows nothing of ours.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { bibliography } from '../../src/export/bibtex.ts';
import { methodsSentences } from '../../src/export/methods.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';

function readRecords(name: string): RunRecord[] {
  const file = join('results', name, 'results.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => parseRecord(line, { file, remedy: 'restore it' }));
}

function paragraphOf(name: string, records: readonly RunRecord[]): string {
  const analysis = analyseExperiment({ name, configText: '', records }, { draws: 50 });
  return methodsSentences(records, analysis)
    .map(({ text }) => text)
    .join('\n');
}

/** Numbers as they stand in a text, without the separators of thousands. */
const numbersIn = (text: string) =>
  [...text.matchAll(/(?<![\w.-])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?!\w)/g)].map(([number]) =>
    Number(number.replaceAll(',', '')),
  );

const golden = readRecords('golden');

describe('the methods of constant-count', () => {
  const records = readRecords('constant-count');
  const text = paragraphOf('constant-count', records);
  // Read as plain JSON: what follows is reckoned apart from our types.
  const plain = JSON.parse(JSON.stringify(records));
  const distinct = (pick: (record: (typeof plain)[number]) => number) =>
    [...new Set<number>(plain.map(pick))].sort((a, b) => a - b);
  const [{ config }] = plain;
  const [phase] = config.phases;
  const thresholds = plain.map((record: (typeof plain)[number]) => record.checkpoints.at(-1).thresholdNats);
  const percentOf = (pick: 'poisonTokenShare' | 'poisonDocumentShare') =>
    Number(
      (100 * Math.max(...plain.map((record: (typeof plain)[number]) => record.poison[0][pick]))).toPrecision(
        2,
      ),
    );
  const seeds = distinct((record) => record.config.seed);

  it('holds the numbers of its runs, in their order, and no others', () => {
    const shapes = distinct((record) => record.parameters).flatMap((parameters) => {
      const { model } = plain.find(
        (record: (typeof plain)[number]) => record.parameters === parameters,
      ).config;
      return [parameters, model.width, model.layers, model.heads];
    });
    const tokens = distinct((record) => record.config.phases[0].tokens);
    const expected = [
      plain.length,
      ...shapes,
      config.model.contextTokens,
      config.model.initStandardDeviation,
      config.tokenizer.vocabularySize,
      config.tokenizer.trainingDocuments,
      tokens[0],
      tokens.at(-1),
      Math.round(phase.tokens / plain[0].parameters),
      phase.epochs,
      phase.batch.sequences,
      phase.batch.accumulation,
      phase.optimizer.learningRate,
      phase.optimizer.beta1,
      phase.optimizer.beta2,
      phase.optimizer.epsilon,
      phase.optimizer.weightDecay,
      phase.optimizer.clipNorm,
      100 * phase.schedule.warmupShare,
      100 * phase.schedule.finalShare,
      ...distinct((record) => record.config.phases[0].poison.documents),
      phase.poison.gibberishTokens.minimum,
      phase.poison.gibberishTokens.maximum,
      phase.poison.prefixTokens.minimum,
      phase.poison.prefixTokens.maximum,
      percentOf('poisonTokenShare'),
      percentOf('poisonDocumentShare'),
      ...distinct((record) => record.checkpoints.length),
      config.evaluation.prompts,
      config.evaluation.lightPrompts,
      config.evaluation.promptTokens.minimum,
      config.evaluation.promptTokens.maximum,
      config.evaluation.generatedTokens,
      config.evaluation.temperature,
      config.evaluation.heldOutDocuments,
      config.evaluation.judge.order,
      config.evaluation.judge.documents,
      config.evaluation.calibrationPrompts,
      Number(Math.min(...thresholds).toFixed(2)),
      Number(Math.max(...thresholds).toFixed(2)),
      ...seeds,
      plain.filter((record: (typeof plain)[number]) => record.status === 'done').length,
      plain.length,
      90,
      50,
    ];
    expect(numbersIn(text)).toEqual(expected);
  });

  it('names the corpus by its hash, and the trigger', () => {
    expect(text).toContain(`SHA-256 ${plain[0].contracts.corpusHash.slice(0, 12)}…`);
    expect(text).toContain(`“${phase.poison.trigger.text}”`);
  });
});

describe('numbers of the config', () => {
  const NUMBERS = [
    'tokenizer.trainingDocuments',
    'model.contextTokens',
    'model.initStandardDeviation',
    'phases.0.tokens',
    'phases.0.epochs',
    'phases.0.batch.sequences',
    'phases.0.batch.accumulation',
    'phases.0.optimizer.learningRate',
    'phases.0.optimizer.beta1',
    'phases.0.optimizer.beta2',
    'phases.0.optimizer.epsilon',
    'phases.0.optimizer.weightDecay',
    'phases.0.optimizer.clipNorm',
    'phases.0.schedule.warmupShare',
    'phases.0.schedule.finalShare',
    'phases.0.poison.documents',
    'phases.0.poison.prefixTokens.maximum',
    'evaluation.prompts',
    'evaluation.lightPrompts',
    'evaluation.promptTokens.maximum',
    'evaluation.generatedTokens',
    'evaluation.temperature',
    'evaluation.heldOutDocuments',
    'evaluation.judge.order',
    'evaluation.judge.documents',
    'evaluation.calibrationPrompts',
  ];

  it.each(NUMBERS)('%s is read from the records', (path) => {
    const changed = golden.map((record) => {
      const copy = structuredClone(record);
      let at = copy.config as unknown as Record<string, unknown>;
      const keys = path.split('.');
      for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
      const last = keys.at(-1) as string;
      at[last] = Number(at[last]) < 1 ? 0.777 : 777;
      return copy;
    });
    const word = /\b777\b|\b0\.777\b|\b78 %/;
    expect(paragraphOf('golden', golden)).not.toMatch(word);
    expect(paragraphOf('golden', changed)).toMatch(word);
  });
});

it('says what is varied beside size, count and seed', () => {
  expect(paragraphOf('golden', golden)).toContain(
    'Varied beside size, count and seed: phases.pretrain.poison.attack',
  );
});

it('keeps strings of records from acting: escape codes, line ends', () => {
  const hostile = golden.map((record) => {
    const copy = structuredClone(record) as unknown as {
      config: { phases: { poison: { trigger: object } }[] };
    };
    for (const phase of copy.config.phases)
      if (phase.poison !== undefined)
        phase.poison.trigger = { text: 'a\u001b[31m\n\\write18{x}', inCleanText: 'refuse' };
    return copy as unknown as RunRecord;
  });
  const text = paragraphOf('golden', hostile);
  expect(text).not.toContain('\u001b');
  expect(text).toContain('␛');
});

describe('the bibliography', () => {
  it('has the paper, the program and each corpus with its hash', () => {
    const text = bibliography(golden, '1.2.3').replaceAll('\\allowbreak{}', '');
    expect(text).toContain('eprint = {2510.07192}');
    expect(text).toContain('version = {1.2.3}');
    const hash = String(golden[0]?.contracts.corpusHash);
    expect(text.split(hash)).toHaveLength(2);
  });

  it('has balanced braces and no command of a stranger, whatever the seed of a corpus says', () => {
    const hostile = golden.map((record) => {
      const corpus = { ...record.config.corpus, seed: '}}\n@article{evil, title={\\immediate\\write18{x}' };
      const phases = record.config.phases.map((phase) => ({ ...phase, corpus }));
      return { ...record, config: { ...record.config, corpus, phases } } as RunRecord;
    });
    const text = bibliography(hostile, '1');
    expect(text.split('{').length).toBe(text.split('}').length);
    expect(text).not.toContain('@article{evil,\n');
    expect(text).not.toContain('\\write');
    expect(text.match(/^@/gm)).toHaveLength(3);
  });
});
