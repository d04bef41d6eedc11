import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import { loadModel, saveModel } from '../../src/model/node/save-model.ts';
import { smallGpt } from './fixtures.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-model-'));
  folders.push(folder);
  return folder;
}

function save(gpt: Gpt): string {
  const folder = temporaryFolder();
  saveModel(folder, { config: gpt.config, vocabularySize: gpt.vocabularySize, weights: gpt.getWeights() });
  return folder;
}

const variants: Partial<ModelConfig>[] = [
  {},
  { positions: 'learned', biases: true },
  { positions: 'learned', biases: true, tied: false },
  { norm: 'rmsnorm', tied: false, biases: true, width: 48 },
];

function variantGpt(variant: Partial<ModelConfig>): Gpt {
  return smallGpt({ config: { initStandardDeviation: 0.3, ...variant } });
}

describe('a saved model', () => {
  it.each(variants)('is the same function when loaded, with %j', (variant) => {
    const gpt = variantGpt(variant);
    const folder = save(gpt);
    const { config, vocabularySize, weights } = loadModel(folder);
    expect(config).toEqual(gpt.config);
    const loaded = smallGpt({ config, vocabularySize, seed: 2 });
    loaded.setWeights(weights);
    expect(loaded.logits([[1, 2, 3]])).toEqual(gpt.logits([[1, 2, 3]]));
  });

  it('has the same bytes for the same weights', () => {
    const [a, b] = [save(variantGpt({})), save(variantGpt({}))];
    for (const name of ['model.safetensors', 'config.json']) {
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
    }
  });

  it('calls itself GPT-2 exactly where it is', () => {
    const kind = (variant: Partial<ModelConfig>): unknown =>
      JSON.parse(readFileSync(join(save(variantGpt(variant)), 'config.json'), 'utf8')).model_type;
    expect(variants.map(kind)).toEqual(['tinypoison', 'gpt2', 'gpt2', 'tinypoison']);
  });

  it('is refused where files are missing or of something else', () => {
    expect(() => loadModel(join(tmpdir(), 'no-such-folder'))).toThrow(
      /config\.json cannot be read \(ENOENT\)/,
    );
    const folder = save(variantGpt({}));
    writeFileSync(join(folder, 'config.json'), '{"model_type": "gpt2", "vocab_size": 7}');
    expect(() => loadModel(folder)).toThrow(/it is of another program, whose models are not read/);
    writeFileSync(join(folder, 'config.json'), '{"tinypoison": 5, "vocab_size": 7}');
    expect(() => loadModel(folder)).toThrow(/is not a valid model of tinypoison/);
    writeFileSync(join(folder, 'config.json'), '{');
    expect(() => loadModel(folder)).toThrow(InputError);
  });
});

const python = process.env.TINYPOISON_PYTHON ?? 'python3';

function pythonHas(modules: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

const hasTorch = pythonHas('torch, safetensors');
const hasTransformers = hasTorch && pythonHas('transformers');
const reason = `set TINYPOISON_PYTHON to a Python with torch, safetensors and transformers`;

/** Runs a Python expression of `folder` that gives logits [1][T][V] of the tokens 1, 2, 3, 4. */
function pythonLogits(setup: string, folder: string): number[] {
  const scripts = fileURLToPath(new URL('../../data/python', import.meta.url));
  const program = [
    'import json, sys',
    `sys.path.insert(0, ${JSON.stringify(scripts)})`,
    `folder = ${JSON.stringify(folder)}`,
    setup,
    'print(json.dumps(logits[0].flatten().tolist()))',
  ].join('\n');
  return JSON.parse(
    execFileSync(python, ['-c', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

function expectClose(found: readonly number[], gpt: Gpt): void {
  const [logits] = gpt.logits([[1, 2, 3, 4]]);
  expect(found).toHaveLength(logits.length);
  for (const [i, logit] of logits.entries()) expect(found[i]).toBeCloseTo(logit, 4);
}

describe('a saved model in NumPy', () => {
  it.skipIf(!pythonHas('numpy'))(
    'gives the same logits through tinypoison_numpy.py (set TINYPOISON_PYTHON to a Python with numpy)',
    { timeout: 60_000 },
    () => {
      for (const variant of variants) {
        const gpt = variantGpt(variant);
        const setup = 'from tinypoison_numpy import load\nlogits = load(folder)([[1, 2, 3, 4]])';
        expectClose(pythonLogits(setup, save(gpt)), gpt);
      }
    },
  );
});

describe('a saved model in PyTorch', () => {
  it.skipIf(!hasTorch)(
    `gives the same logits through tinypoison_model.py (${reason})`,
    { timeout: 60_000 },
    () => {
      for (const variant of variants) {
        const gpt = variantGpt(variant);
        const setup =
          'import torch\nfrom tinypoison_model import load\nlogits = load(folder)(torch.tensor([[1, 2, 3, 4]]))';
        expectClose(pythonLogits(setup, save(gpt)), gpt);
      }
    },
  );

  it.skipIf(!hasTransformers)(`loads as GPT2LMHeadModel (${reason})`, { timeout: 60_000 }, () => {
    for (const variant of variants.slice(1, 3)) {
      const gpt = variantGpt(variant);
      const setup =
        'import torch\nfrom transformers import GPT2LMHeadModel\nlogits = GPT2LMHeadModel.from_pretrained(folder)(torch.tensor([[1, 2, 3, 4]])).logits';
      expectClose(pythonLogits(setup, save(gpt)), gpt);
    }
  });
});
