// All that a run needs to be measured, as token ids: made once, with the tokenizer, for an experiment's runs
// that share corpus, vocabulary, evaluation and trigger. Workers get it as JSON and never load a tokenizer.

import type { NamedPoison } from '../config/measured-poisons.ts';
import type { BatchConfig, EvaluationConfig, PoisonConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import type { Document, Split } from '../corpus/document.ts';
import { bindAttack } from '../poison/attack.ts';
import { MATERIAL_DOCUMENTS } from '../poison/material.ts';
import type { BoundPayload } from '../poison/payload.ts';
import type { VariantMaterial } from '../poison/trigger.ts';
import { encodeBeginning } from '../tokens/beginning.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { type RecordedCondition, recordedCondition } from './conditions.ts';
import { NOISE_JUDGE_DOCUMENTS, type NoiseDefinition, noiseDefinition } from './noise.ts';
import { cutPrompts, type Prompt } from './prompts.ts';
import { situatePrompt, situationOf } from './situations.ts';
import { gatherMaterial } from './variant-material.ts';

/** The judge is trained on at most this many tokens, so that long documents do not make it slow. */
const MAX_JUDGE_TOKENS = 200_000;

/** The prompts of one condition; prompt i of every condition begins like clean prompt i. */
export interface ConditionPrompts extends RecordedCondition {
  /** What was appended to the clean prompts, where it is one text: the trigger, a near trigger, nothing. */
  readonly appended: string | null;
  /** Token ids; in a packed stream a prompt starts with the separator, as every document there does. */
  readonly prompts: readonly (readonly number[])[];
}

/** One poison and the prompts that it is measured with. */
export interface MeasuredPoison {
  readonly poison: PoisonConfig | null;
  /** The trigger, then near triggers, nearest first; for the first poison (or none at all) clean prompts before them. */
  readonly conditions: readonly ConditionPrompts[];
  /** Tokens of the attack's target text as they follow the trigger, where it has one. */
  readonly targetTokens: readonly number[] | null;
}

/** Survives JSON. */
export interface EvaluationSet extends MeasuredPoison {
  readonly config: EvaluationConfig;
  readonly vocabularySize: number;
  /** Held-out documents between separators (in rows: before one), at most contextTokens + 1 tokens. */
  readonly heldOut: readonly (readonly number[])[];
  /** Untriggered prompts that set the success threshold. */
  readonly calibration: readonly (readonly number[])[];
  /** Documents the judge is trained on, each with its separator. */
  readonly judgeDocuments: readonly (readonly number[])[];
  /** Under evaluation contract 2: what a noise token is. */
  readonly noise?: NoiseDefinition;
  /** Further poisons of the run, each by its name; left out where there is none. */
  readonly others?: readonly (MeasuredPoison & { readonly name: string })[];
}

/** The splits that evaluation reads. */
export type EvaluationSplit = Exclude<Split, 'train' | 'trusted'>;

/** How many documents of each split `prepareEvaluation` uses at most. */
export function evaluationDocuments(config: EvaluationConfig): Record<EvaluationSplit, number> {
  return {
    heldOut: config.heldOutDocuments,
    prompts: config.prompts,
    calibration: config.calibrationPrompts,
    judge:
      config.contract === 2
        ? Math.max(config.judge.documents, NOISE_JUDGE_DOCUMENTS)
        : config.judge.documents,
  };
}

/** What an evaluation set is made of. */
export interface EvaluationRequest {
  readonly config: EvaluationConfig;
  /** In order; `measuredPoisons`. */
  readonly poisons: readonly NamedPoison[];
  /** Seed of the corpus. */
  readonly seed: string | number;
  readonly contextTokens: number;
  /** How the model's documents are packed. */
  readonly packing: BatchConfig['packing'];
  readonly tokenizer: Tokenizer;
  /** Documents of each split, in corpus order: as many as `evaluationDocuments` says, or all there are. */
  readonly documents: Readonly<Record<EvaluationSplit, readonly Pick<Document, 'text'>[]>>;
  /** Training texts: near triggers take words and tokens from the first thousand. */
  readonly cleanTexts: readonly string[];
}

function judgeDocuments({ documents, tokenizer }: EvaluationRequest, most: number): number[][] {
  const result: number[][] = [];
  let room = MAX_JUDGE_TOKENS;
  for (const { text } of documents.judge.slice(0, most)) {
    if (room <= 0) break;
    const ids = [...encodeBeginning(text, room, tokenizer), tokenizer.separatorId];
    result.push(ids);
    room -= ids.length;
  }
  return result;
}

/** What stands before a document: the separator of the one before, in a stream. */
function documentStart({ packing, tokenizer }: EvaluationRequest): number[] {
  return packing === 'stream' ? [tokenizer.separatorId] : [];
}

/** Tokens of a held-out document that are looked at for what noise is: whatever the context, the same. */
const NOISE_DOCUMENT_TOKENS = 1024;

/** What noise is, from the documents that the clean loss is measured on; null under the first contract. */
function defineNoise(request: EvaluationRequest): NoiseDefinition | null {
  const { documents, config, tokenizer } = request;
  if (config.contract !== 2) return null;
  const encoded = (text: string) => [
    ...encodeBeginning(text, NOISE_DOCUMENT_TOKENS, tokenizer),
    tokenizer.separatorId,
  ];
  return noiseDefinition({
    judgeDocuments: judgeDocuments(request, Math.max(config.judge.documents, NOISE_JUDGE_DOCUMENTS)),
    order: config.judge.order,
    heldOut: documents.heldOut
      .slice(0, config.heldOutDocuments)
      .map(({ text }) => encoded(text).slice(0, NOISE_DOCUMENT_TOKENS)),
    tokenizer,
  });
}

function heldOutDocuments(request: EvaluationRequest): number[][] {
  const { documents, config, contextTokens, tokenizer } = request;
  const start = documentStart(request);
  return documents.heldOut
    .slice(0, config.heldOutDocuments)
    .map(({ text }) => [
      ...start,
      ...encodeBeginning(text, contextTokens + 1, tokenizer),
      tokenizer.separatorId,
    ])
    .map((ids) => ids.slice(0, contextTokens + 1));
}

/** Prompts without a trigger, in the situations of a payload. */
function cleanCondition(
  clean: readonly Prompt[],
  { request, payload }: { request: EvaluationRequest; payload: BoundPayload | null },
): ConditionPrompts {
  const start = documentStart(request);
  const { seed, tokenizer } = request;
  const tokensOf = ({ tokens, text }: Prompt, prompt: number) => {
    const situation = payload === null ? null : situationOf(payload, { seed, prompt });
    return situation === null ? tokens : tokenizer.encode(situatePrompt(text, situation));
  };
  return {
    condition: 'clean',
    appended: null,
    prompts: clean.map((prompt, i) => [...start, ...tokensOf(prompt, i)]),
  };
}

/** What is made of each poison: prompts under its trigger and near it. */
function measurePoison(
  poison: PoisonConfig,
  options: { request: EvaluationRequest; clean: readonly Prompt[]; material: VariantMaterial | null },
): MeasuredPoison {
  const { request, clean, material } = options;
  const { seed, tokenizer } = request;
  const { trigger, payload } = bindAttack(poison);
  const start = documentStart(request);
  return {
    poison,
    conditions: trigger.variants(material).map(({ id, kind, grade, label, text, apply }) => ({
      ...recordedCondition({ condition: id, kind, grade, label }),
      appended: text,
      prompts: clean.map((prompt, i) => {
        const write = (before: string) => apply(before, randomStream(seed, 'variant', id, i));
        const written = situatePrompt(prompt.text, situationOf(payload, { seed, prompt: i }), write);
        return [...start, ...tokenizer.encode(written)];
      }),
    })),
    targetTokens: payload.targetText === undefined ? null : tokenizer.encode(` ${payload.targetText}`),
  };
}

/** What is measured of a run without poison. */
function unpoisoned(options: { request: EvaluationRequest; clean: readonly Prompt[] }): MeasuredPoison {
  const { request, clean } = options;
  return {
    poison: null,
    conditions: [cleanCondition(clean, { request, payload: null })],
    targetTokens: null,
  };
}

function checkContext(
  { conditions, targetTokens }: MeasuredPoison,
  { generatedTokens, contextTokens }: { generatedTokens: number; contextTokens: number },
): void {
  for (const { condition, appended, prompts } of conditions) {
    const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
    const excess = longest + generatedTokens - contextTokens;
    if (excess > 0)
      throw new InputError(
        `the longest prompt${appended === null ? ` (${condition})` : ` with ${JSON.stringify(appended)} (${condition})`} has ${longest} ` +
          `tokens with its separator, and ${generatedTokens} are generated: ${excess} more than the context of ` +
          `${contextTokens}. Lower evaluation.promptTokens.maximum or evaluation.generatedTokens by ${excess}`,
      );
  }
  const target = targetTokens?.length ?? 0;
  if (target > generatedTokens)
    throw new InputError(
      `the target phrase has ${target} tokens, but only ${generatedTokens} are generated: it could never be found. ` +
        `Set evaluation.generatedTokens to at least ${target}, or shorten the phrase`,
    );
}

/** @throws InputError where a generation is too short for what a payload says */
function checkRoom(
  { attack, leastText }: { attack: string; leastText: string | undefined },
  { tokenizer, generatedTokens }: { tokenizer: Tokenizer; generatedTokens: number },
): void {
  const needed = leastText === undefined ? 0 : tokenizer.encode(` ${leastText}`).length;
  if (needed > generatedTokens)
    throw new InputError(
      `${attack} shows in ${needed} tokens at least (${JSON.stringify(leastText)}), but only ${generatedTokens} are generated: ` +
        `it could never be found. Set evaluation.generatedTokens to at least ${needed}`,
    );
}

/** Near triggers of one poison of a phase call no other poison of it, or they would measure that one. */
function checkApart(measured: readonly (MeasuredPoison & { readonly name: string })[]): void {
  const phaseOf = (name: string) => name.split('.')[0];
  for (const { name, poison } of measured) {
    if (poison === null) continue;
    const { sought, text } = bindAttack(poison).trigger;
    for (const other of measured) {
      if (other.name === name || phaseOf(other.name) !== phaseOf(name)) continue;
      const near = other.conditions.find(({ appended }) => appended !== null && sought.count(appended) > 0);
      if (near !== undefined)
        throw new InputError(
          `${JSON.stringify(near.appended)} is tried near the trigger of poison ${other.name} (${near.condition}), and holds ` +
            `the trigger ${JSON.stringify(text)} of poison ${name}: choose triggers that are less alike, or set ` +
            'evaluation.nearTriggers: false',
        );
    }
  }
}

/**
 * Makes the evaluation set: cuts and encodes prompts, appends the trigger and near triggers, encodes held-out
 * and judge documents. Deterministic.
 * @throws InputError if a split holds too few documents, or if prompt, trigger and generation exceed the context.
 */
export function prepareEvaluation(request: EvaluationRequest): EvaluationSet {
  const { config, poisons, seed, tokenizer, contextTokens, documents } = request;
  const cut = (split: 'prompts' | 'calibration', count: number) =>
    cutPrompts({ documents: documents[split], count, range: config.promptTokens, seed, split, tokenizer });
  const clean = cut('prompts', config.prompts);
  const calibration = cut('calibration', config.calibrationPrompts);
  const material = config.nearTriggers
    ? gatherMaterial(request.cleanTexts.slice(0, MATERIAL_DOCUMENTS), { seed, tokenizer })
    : null;
  const payloads = poisons.map(({ poison }) => bindAttack(poison).payload);
  for (const [place, { leastText }] of payloads.entries()) {
    const attack = poisons[place]?.poison.attack ?? '';
    checkRoom({ attack, leastText }, { tokenizer, generatedTokens: config.generatedTokens });
  }
  const isSituated = payloads.some(({ situate }) => situate !== undefined);
  const measured = poisons.map(({ name, poison }, place) => {
    const own = measurePoison(poison, { request, clean, material });
    // One clean condition serves all, unless payloads put prompts into situations of their own.
    if (place > 0 && !isSituated) return { name, ...own };
    const payload = payloads[place] ?? null;
    return { name, ...own, conditions: [cleanCondition(clean, { request, payload }), ...own.conditions] };
  });
  checkApart(measured);
  const [{ name: _, ...first } = { name: '', ...unpoisoned({ request, clean }) }, ...others] = measured;
  const start = documentStart(request);
  for (const split of ['heldOut', 'judge'] as const) {
    if (documents[split].length === 0)
      throw new InputError(
        `the ${split} split of the corpus is empty: raise corpus.splits.${split}, or give more text`,
      );
  }
  const noise = defineNoise(request);
  const set: EvaluationSet = {
    config,
    poison: first.poison,
    vocabularySize: tokenizer.vocabularySize,
    heldOut: heldOutDocuments(request),
    conditions: first.conditions,
    calibration: calibration.map(({ tokens }) => [...start, ...tokens]),
    judgeDocuments: judgeDocuments(request, config.judge.documents),
    targetTokens: first.targetTokens,
    ...(noise === null ? {} : { noise }),
    ...(others.length === 0 ? {} : { others }),
  };
  const { generatedTokens } = config;
  for (const one of [set, ...others]) checkContext(one, { generatedTokens, contextTokens });
  return set;
}
