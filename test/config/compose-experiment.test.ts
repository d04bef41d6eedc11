import { describe, expect, test } from 'vitest';
import { composeExperiment } from '../../src/config/compose-experiment.ts';
import { memoryFiles } from '../../src/config/config-files.ts';
import { fakeAttacks, minimal } from './fixtures.ts';

const files = memoryFiles({
  '/configs/models/small.yaml': 'width: 16\nlayers: 1\nheads: 1\n',
  '/data/texts.jsonl': '',
});
const text = minimal.replace('{ width: 32, layers: 2, heads: 2 }', '../models/small.yaml');
const options = { attacks: fakeAttacks, files, file: '/configs/experiments/e.yaml' };

describe('an experiment whose files are in memory', () => {
  test('is the one that the same files on a disk give', () => {
    const { config, settings } = composeExperiment(text, {
      ...options,
      set: ['corpus.path=/data/texts.jsonl'],
      corporaExist: true,
    });
    expect(config.model).toMatchObject({ width: 16, layers: 1 });
    expect(config.corpus).toMatchObject({ kind: 'jsonl', path: '/data/texts.jsonl' });
    expect(settings).toHaveLength(1);
  });

  test('names the file that is missing', () => {
    const absent = text.replace('small', 'large');
    expect(() => composeExperiment(absent, options)).toThrow(/models\/large\.yaml: no such file/);
    const set = ['corpus.path=/data/other.jsonl'];
    expect(() => composeExperiment(text, { ...options, set, corporaExist: true })).toThrow(
      /other\.jsonl is not there/,
    );
  });
});
