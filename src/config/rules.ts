// Rules that hold between fields. Each is checked on the parts that are valid in themselves, so that a mistake in
// one place does not hide those in another.
import type { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { budgetOf } from './budget.ts';
import { defenceRules } from './defence-rules.ts';
import { type Breach, evaluationRules, pointRules } from './evaluation-rules.ts';
import { leakageRules, sourceOf } from './leakage-rules.ts';
import { amountRules, doseRules, fillerRules, poisonRules } from './poison-rules.ts';
import type {
  AttackSchemas,
  CorpusConfig,
  DefenceSchemas,
  ExperimentSchema,
  ModelConfig,
  PhaseSettings,
  TokenizerConfig,
} from './schema/schema.ts';
import {
  corpusSchema,
  evaluationSchema,
  modelSchema,
  optimizerSchema,
  tokenizerSchema,
} from './schema/schema.ts';
import { corpusKindOf } from './sweep/assignment.ts';
import { showPath } from './yaml/describe-issue.ts';
import type { FieldPath, Located } from './yaml/located.ts';
import { nodeAt, placeAt, problemAt, toPlain } from './yaml/located.ts';
import { meantIssues } from './yaml/meant-issues.ts';
import { isMisspelt } from './yaml/suggest.ts';

function* modelRules(model: ModelConfig): Generator<Breach> {
  const { width, heads, positions } = model;
  if (width % heads !== 0)
    yield { path: ['model', 'heads'], message: `must divide the width: ${width} / ${heads} is not whole` };
  else if (positions === 'rope' && (width / heads) % 2 !== 0)
    yield {
      path: ['model', 'heads'],
      message: `rotary positions need an even head dimension, but ${width} / ${heads} is ${width / heads}`,
    };
}

/** Fields that do nothing beside a certain value of another. At its default, such a field says nothing false. */
const idleFields = {
  model: { schema: modelSchema, switch: 'positions', at: 'learned', fields: ['ropeBase'] },
  optimizer: { schema: optimizerSchema, switch: 'kind', at: 'sgd', fields: ['beta1', 'beta2', 'epsilon'] },
} as const;

function* idleRules(root: Located, path: FieldPath, part: keyof typeof idleFields): Generator<Breach> {
  const { schema, switch: name, at, fields } = idleFields[part];
  const node = nodeAt(root, path);
  const written = node === undefined ? undefined : toPlain(node);
  if (typeof written !== 'object' || written === null) return;
  const values = written as Record<string, unknown>;
  if (values[name] !== at) return;
  const defaults: Readonly<Record<string, z.ZodType>> = schema.shape;
  for (const field of fields) {
    const value = values[field];
    if (value === undefined || value === defaults[field]?.safeParse(undefined).data) continue;
    yield { path: [...path, field], message: `has no effect with ${name}: ${at}; leave it out` };
  }
}

function* tokenizerRules({ encoding, vocabularySize }: TokenizerConfig): Generator<Breach> {
  if (encoding === 'bytes' && vocabularySize !== 257)
    yield {
      path: ['tokenizer', 'vocabularySize'],
      message: `encoding bytes has 257 entries (256 bytes and the separator), not ${vocabularySize}; write 257`,
    };
}

/** Whether there is a file; null: not checked. */
type FileCheck = ((path: string) => boolean) | null;

/** What there is of a file corpus beside its name. */
function* fileRules(corpus: CorpusConfig, path: FieldPath, exists: FileCheck): Generator<Breach> {
  if (exists === null || corpus.kind === 'stories' || corpus.path === undefined || exists(corpus.path))
    return;
  yield {
    path: [...path, 'path'],
    message: `${corpus.path} is not there; name a file, or set ${path.join('.')}.path on the command line`,
  };
}

function* corpusRules(corpus: CorpusConfig, path: FieldPath): Generator<Breach> {
  const { heldOut, prompts, calibration, judge, trusted = 0 } = corpus.splits;
  const sum = heldOut + prompts + calibration + judge + trusted;
  if (sum >= 1)
    yield {
      path: [...path, 'splits'],
      message: `the shares sum to ${sum}, which leaves nothing to train on`,
    };
  if (corpus.kind === 'stories') {
    if (corpus.scenes !== undefined && corpus.language !== 'en')
      yield {
        path: [...path, 'scenes'],
        message: `are told in English, and these stories are not (language: ${corpus.language}); leave one of them out`,
      };
    return;
  }
  if (corpus.kind === 'hub') return;
  if (/\.json$/i.test(corpus.path)) {
    yield {
      path: [...path, 'path'],
      message: `${corpus.path} is JSON, not JSON Lines; turn an array into lines: jq -c '.[]' in.json > out.jsonl`,
    };
    return;
  }
  const kind = corpusKindOf(corpus.path);
  if (kind !== undefined && kind !== corpus.kind && /\.(jsonl|ndjson|parquet|csv|tsv)$/i.test(corpus.path))
    yield {
      path: [...path, 'kind'],
      message: `${corpus.kind} does not fit the file ${corpus.path}; write kind: ${kind}`,
    };
}

interface PhaseAsWritten {
  readonly name?: unknown;
  readonly tokens?: unknown;
  readonly tokensPerParameter?: unknown;
  readonly poison?: unknown;
}

function isMapping(value: unknown): value is PhaseAsWritten {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** On the phase as written, valid or not. */
function* exclusiveRules(phase: PhaseAsWritten, path: FieldPath): Generator<Breach> {
  const isUnset = phase.tokens === undefined && phase.tokensPerParameter === undefined;
  if (isUnset && !isMisspelt(phase, ['tokens', 'tokensPerParameter']))
    yield { path, message: 'needs a budget: give tokens or tokensPerParameter' };
  if (phase.tokens !== undefined && phase.tokensPerParameter !== undefined)
    yield { path: [...path, 'tokens'], message: 'give either tokens or tokensPerParameter, not both' };
  yield* amountRules(phase.poison, [...path, 'poison']);
}

interface Parts {
  readonly corpus?: CorpusConfig | undefined;
  readonly model?: ModelConfig | undefined;
  readonly tokenizer?: TokenizerConfig | undefined;
  readonly attacks: AttackSchemas;
  readonly defences: DefenceSchemas;
  readonly schema: ExperimentSchema;
  /** Whether the file of a corpus is there. */
  readonly exists: FileCheck;
}

function* budgetRules(
  phase: PhaseSettings,
  path: FieldPath,
  { model, tokenizer, attacks }: Parts,
): Generator<Breach> {
  if (model === undefined || tokenizer === undefined) return;
  const budgetField = phase.tokens === undefined ? 'tokensPerParameter' : 'tokens';
  const { tokens, dataTokens, stepTokens } = budgetOf(phase, { model, tokenizer });
  if (tokens === 0) {
    if (phase.tokens !== undefined || phase.tokensPerParameter !== undefined)
      yield {
        path: [...path, budgetField],
        message:
          `the budget is below one optimizer step of ${stepTokens} tokens` +
          `${phase.epochs === 1 ? '' : ` in each of ${phase.epochs} epochs`}; give more tokens or a smaller batch`,
      };
    return;
  }
  const { contextTokens } = model;
  yield* doseRules(phase, path, { dataTokens, contextTokens, attacks });
}

/** What is mixed into a phase leaves room for its own corpus, and is no text that it has already or that is held back. */
function* mixRules(phase: PhaseSettings, path: FieldPath, { corpus, exists }: Parts): Generator<Breach> {
  const { mix = [] } = phase;
  const own = phase.corpus ?? corpus;
  const sum = mix.reduce((total, { share }) => total + share, 0);
  if (sum > 1 - 1e-9)
    yield {
      path: [...path, 'mix'],
      message: `the shares sum to ${sum}, which leaves nothing to the phase's own corpus; give shares that sum to less than 1`,
    };
  const before = own === undefined ? [] : [own];
  for (const [place, { corpus: mixed }] of mix.entries()) {
    const at = [...path, 'mix', place, 'corpus'];
    yield* corpusRules(mixed, at);
    yield* fileRules(mixed, at, exists);
    if (corpus !== undefined) yield* leakageRules(mixed, corpus, at);
    if (before.some((other) => sourceOf(other) === sourceOf(mixed)))
      yield { path: at, message: 'this text is in the phase already; name each corpus once' };
    before.push(mixed);
  }
}

function duplicates(values: readonly unknown[]): number[] {
  return values.flatMap((value, index) =>
    value !== undefined && values.indexOf(value) < index ? [index] : [],
  );
}

function* phaseRules(root: Located, parts: Parts): Generator<Breach> {
  const list = nodeAt(root, ['phases']);
  if (list?.kind !== 'list') return;
  const plain = list.items.map(toPlain);
  const nameOf = (phase: unknown): unknown => (isMapping(phase) ? phase.name : undefined);
  for (const index of duplicates(plain.map(nameOf)))
    yield {
      path: ['phases', index, 'name'],
      message: `another phase is called ${String(nameOf(plain[index]))} too`,
    };
  for (const [index, value] of plain.entries()) {
    const path = ['phases', index];
    if (isMapping(value)) yield* exclusiveRules(value, path);
    yield* idleRules(root, [...path, 'optimizer'], 'optimizer');
    const phase = parsePart(parts.schema.shape.phases.element, value);
    if (phase === undefined) continue;
    yield* budgetRules(phase, path, parts);
    yield* defenceRules(phase, path, parts);
    yield* fillerRules(phase, path, {
      isAdaptive: nodeAt(root, ['sweep', 'adaptive']) !== undefined,
      hasStimuli: nodeAt(root, ['sweep', 'stimuli']) !== undefined,
      isFiltered: (phase.defend ?? []).some((own) => parts.defences[own.kind]?.filters(own) === true),
    });
    const texts = phase.corpus ?? parts.corpus;
    const corpora = texts === undefined ? [] : [texts, ...(phase.mix ?? []).map(({ corpus }) => corpus)];
    yield* poisonRules(phase, path, { corpora, attacks: parts.attacks });
    yield* mixRules(phase, path, parts);
    if (phase.corpus === undefined) continue;
    yield* corpusRules(phase.corpus, [...path, 'corpus']);
    yield* fileRules(phase.corpus, [...path, 'corpus'], parts.exists);
    if (parts.corpus !== undefined) yield* leakageRules(phase.corpus, parts.corpus, [...path, 'corpus']);
  }
}

function* seedRules(root: Located): Generator<Breach> {
  const seeds = nodeAt(root, ['sweep', 'seeds']);
  if (seeds?.kind !== 'list') return;
  for (const index of duplicates(seeds.items.map(toPlain)))
    yield {
      path: ['sweep', 'seeds', index],
      message: 'this seed is listed twice; a seed is one run of each setting',
    };
}

/** A part of the config if it is valid in itself, but for fields that do not exist: those are reported elsewhere. */
function parsePart<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const issues = meantIssues(first.error.issues);
  if (issues.some(({ code }) => code !== 'unrecognized_keys')) return undefined;
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const owner = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], copy);
    for (const key of 'keys' in issue ? issue.keys : []) delete (owner as Record<string, unknown>)[key];
  }
  return schema.safeParse(copy).data;
}

/** Every breach of a rule between fields, each at the place of the field to change. */
export function checkRules(
  root: Located,
  { attacks, defences, schema, exists }: Pick<Parts, 'attacks' | 'defences' | 'schema' | 'exists'>,
): Problem[] {
  const part = <T>(name: string, partSchema: z.ZodType<T>, fallback?: unknown): T | undefined => {
    const node = nodeAt(root, [name]);
    return parsePart(partSchema, node === undefined ? fallback : toPlain(node));
  };
  const model = part('model', modelSchema);
  const tokenizer = part('tokenizer', tokenizerSchema, {});
  const evaluation = part('evaluation', evaluationSchema, {});
  const corpus = part('corpus', corpusSchema, { kind: 'stories' });
  const breaches = [
    ...(model === undefined ? [] : modelRules(model)),
    ...(tokenizer === undefined ? [] : tokenizerRules(tokenizer)),
    ...(evaluation === undefined ? [] : evaluationRules(evaluation, model)),
    ...(evaluation === undefined ? [] : pointRules(evaluation, root)),
    ...idleRules(root, ['model'], 'model'),
    ...(corpus === undefined ? [] : corpusRules(corpus, ['corpus'])),
    ...(corpus === undefined ? [] : fileRules(corpus, ['corpus'], exists)),
    ...phaseRules(root, { corpus, model, tokenizer, attacks, defences, schema, exists }),
    ...seedRules(root),
  ];
  return breaches.map(({ path, message }) =>
    problemAt(placeAt(root, path), `${showPath(root, path)}: ${message}`),
  );
}
