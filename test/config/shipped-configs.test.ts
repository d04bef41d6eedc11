import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYamlText } from 'yaml';
import { countParameters } from '../../src/config/count-parameters.ts';
import { modelName } from '../../src/config/labels.ts';
import { loadExperiment, parseExperiment } from '../../src/config/node/load-experiment.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import { generateJsonSchema } from '../../src/config/schema/json-schema.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { commentedConfig } from '../../src/config/yaml/commented-config.ts';
import { defenceSchemas } from '../../src/defend/registry.ts';
import { attackSchemas } from '../../src/poison/attack-schemas.ts';
import { isValid } from './json-schema-validator.ts';

const root = new URL('../../', import.meta.url).pathname;
const filesIn = (folder: string) =>
  readdirSync(`${root}configs/${folder}`).map((name) => [`configs/${folder}/${name}`] as const);

const base = (fields: string) => `schema: 1
name: shipped
model: { width: 32, layers: 2, heads: 2 }
phases: [{ name: pretrain, tokensPerParameter: 20 }]
${fields}`;

const load = (text: string, set: readonly string[] = []) =>
  parseExperiment(text, { attacks: attackSchemas, file: `${root}e.yaml`, set });

describe('the shipped configs', () => {
  it.each(filesIn('models'))('%s is a model of the size that its comment states', (file) => {
    const { config } = load(base(''), [`model=${root}${file}`]);
    const [stated = ''] = /^# ([\d,]+) parameters/.exec(readFileSync(root + file, 'utf8'))?.slice(1) ?? [];
    expect(countParameters(config.model, 1024)).toBe(Number(stated.replaceAll(',', '')));
    if (config.model.layers === 2 && config.model.width > 24)
      expect(file).toContain(`/${modelName(config.model)}.yaml`);
  });

  it.each(filesIn('corpora'))('%s is a corpus', (file) => {
    const { config } = load(base(''), [`corpus=${root}${file}`]);
    expect(file).toMatch(new RegExp(`/${config.corpus.kind}(-[a-z-]+)?\\.yaml$`));
  });

  it.each(filesIn('attacks'))('%s is an attack', (file) => {
    const poison = `phases.pretrain.poison={ extends: "${root}${file}", documents: 50 }`;
    const scenes = `corpus=${root}configs/corpora/stories-with-scenes.yaml`;
    const [planted] = poisonsOf(load(base(''), [scenes, poison]).config.phases[0] ?? {});
    const { attack, trigger } = planted ?? {};
    const name = file.match(/\/([^/]+)\.yaml$/)?.[1] ?? '';
    const known = [attack, trigger?.family ?? 'words'].map(String);
    expect(known.some((own) => name === own || name.startsWith(`${own}-`))).toBe(true);
  });

  it('climb from about 39 thousand to about 11 million parameters', () => {
    const sizes = filesIn('models').map(([file]) => {
      const { config } = load(base(''), [`model=${root}${file}`]);
      return countParameters(config.model, 1024);
    });
    expect(Math.min(...sizes)).toBeLessThan(40_000);
    expect(Math.max(...sizes)).toBeGreaterThan(10_000_000);
  });
});

describe('the shipped experiments', () => {
  const experiments = readdirSync(`${root}experiments`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [`experiments/${name}`] as const);

  it.each(experiments)('%s loads, and its plan names every run once', (file) => {
    const { runs, duplicates } = expandPlan(
      loadExperiment(root + file, { attacks: attackSchemas, defences: defenceSchemas }),
    );
    expect(runs.length).toBeGreaterThan(1);
    expect(duplicates).toBe(0);
  });

  it.each(experiments)('%s satisfies the JSON Schema', (file) => {
    expect(
      isValid(
        generateJsonSchema(attackSchemas, defenceSchemas),
        parseYamlText(readFileSync(root + file, 'utf8')),
      ),
    ).toBe(true);
  });
});

describe('commentedConfig', () => {
  it('is valid as it is, for every name', () => {
    expect(load(commentedConfig()).config.name).toBe('my-experiment');
    const plan = expandPlan(load(commentedConfig('other-name')));
    expect(plan.name).toBe('other-name');
    expect(plan.runs).toHaveLength(12);
  });
});

describe('configs/schema.json', () => {
  const generated = generateJsonSchema(attackSchemas, defenceSchemas);

  it('is what the schema generates; `node scripts/generate-schema.mjs` writes it', () => {
    expect(readFileSync(`${root}configs/schema.json`, 'utf8')).toBe(
      `${JSON.stringify(generated, null, 2)}\n`,
    );
  });

  const accepts = (text: string) => isValid(generated, parseYamlText(text));

  it('accepts the config of init, extends in mappings and files in grids', () => {
    expect(accepts(commentedConfig())).toBe(true);
    expect(
      accepts(`schema: 1
name: a
corpus: { path: a.jsonl }
model: { extends: m.yaml, layers: 3 }
phases: [{ name: p, tokens: 5, poison: { extends: a.yaml, documents: 3 } }, { extends: p.yaml }]
sweep: { grid: { model: [m.yaml, { extends: m.yaml }], phases.p.poison.documents: [1, 2] }, seeds: [1] }`),
    ).toBe(true);
    expect(accepts('{ extends: base.yaml }')).toBe(true);
  });

  it.each([
    ['a misspelt field', 'widht: 32, width: 32, layers: 2, heads: 2'],
    ['a missing field', 'width: 32, layers: 2'],
    ['a wrong type', 'width: wide, layers: 2, heads: 2'],
  ])('refuses %s', (_, model) => {
    const text = (fields: string) =>
      `{ schema: 1, name: a, model: { ${fields} }, phases: [{ name: p, tokens: 5 }] }`;
    expect(accepts(text('width: 32, layers: 2, heads: 2'))).toBe(true);
    expect(accepts(text(model))).toBe(false);
  });

  it('describes every field', () => {
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (Array.isArray(node)) for (const [index, item] of node.entries()) visit(item, `${path}[${index}]`);
      if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
      for (const [key, value] of Object.entries(node)) {
        if (key !== 'properties') visit(value, `${path}.${key}`);
        else
          for (const [name, field] of Object.entries(
            value as Record<string, { description?: string; anyOf?: unknown[] }>,
          )) {
            const isDescribed =
              field.description !== undefined || field.anyOf !== undefined || path.endsWith('.grid');
            if (!isDescribed) undescribed.push(`${path}.${name}`);
            visit(field, `${path}.${name}`);
          }
      }
    };
    visit(generated, '');
    expect(undescribed).toEqual([]);
  });
});
