// All that a run needs to be measured, as token ids: made once, with the tokenizer, for an experiment's runs
// that share corpus, vocabulary, evaluation and trigger. Workers get it as JSON and never load a tokenizer.
import type { BatchConfig, EvaluationConfig, PhaseConfig, PoisonConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { Document, Split } from '../corpus/document.ts';
import { appendTrigger } from '../poison/attack.ts';
import { MATERIAL_DOCUMENTS } from '../poison/material.ts';
import { findAttack } from '../poison/registry.ts';
import { encodeBeginning } from '../tokens/beginning.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { createNearTriggers } from './near-triggers.ts';
import { cutPrompts, type Prompt } from './prompts.ts';
import type { Condition } from './records.ts';

/** The judge is trained on at most this many tokens, so that long documents do not make it slow. */
const MAX_JUDGE_TOKENS = 200_000;

/** The prompts of one condition; prompt i of every condition begins like clean prompt i. */
export interface ConditionPrompts {
  readonly condition: Condition;
  /** What was appended to the clean prompts: the trigger, a near trigger, nothing. */
  readonly appended: string | null;
  /** Token ids; in a packed stream a prompt starts with the separator, as every document there does. */
  readonly prompts: readonly (readonly number[])[];
}

/** Survives JSON. */
export interface EvaluationSet {
  readonly config: EvaluationConfig;
  readonly poison: PoisonConfig | null;
  readonly vocabularySize: number;
  /** Held-out documents between separators (in rows: before one), at most contextTokens + 1 tokens. */
  readonly heldOut: readonly (readonly number[])[];
  /** Clean first, then the trigger, then near triggers, nearest first. Clean alone without poison. */
  readonly conditions: readonly ConditionPrompts[];
  /** Untriggered prompts that set the success threshold. */
  readonly calibration: readonly (readonly number[])[];
  /** Documents the judge is trained on, each with its separator. */
  readonly judgeDocuments: readonly (readonly number[])[];
  /** Tokens of the attack's target text as they follow the trigger, where it has one. */
  readonly targetTokens: readonly number[] | null;
}

/** The splits that evaluation reads. */
export type EvaluationSplit = Exclude<Split, 'train' | 'trusted'>;

/** How many documents of each split `prepareEvaluation` uses at most. */
export function evaluationDocuments(config: EvaluationConfig): Record<EvaluationSplit, number> {
  return {
    heldOut: config.heldOutDocuments,
    prompts: config.prompts,
    calibration: config.calibrationPrompts,
    judge: config.judge.documents,
  };
}

/** The poison that a run is measured with: that of its first poisoned phase; zero documents count too. */
export function evaluationPoison(phases: readonly Pick<PhaseConfig, 'poison'>[]): PoisonConfig | null {
  return phases.find(({ poison }) => poison !== undefined)?.poison ?? null;
}

/** What an evaluation set is made of. */
export interface EvaluationRequest {
  readonly config: EvaluationConfig;
  readonly poison: PoisonConfig | null;
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

function judgeDocuments({ documents, config, tokenizer }: EvaluationRequest): number[][] {
  const result: number[][] = [];
  let room = MAX_JUDGE_TOKENS;
  for (const { text } of documents.judge.slice(0, config.judge.documents)) {
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

function conditionPrompts(request: EvaluationRequest, clean: readonly Prompt[]): ConditionPrompts[] {
  const { poison, config, seed, cleanTexts, tokenizer } = request;
  const start = documentStart(request);
  const prompts = clean.map(({ tokens }) => [...start, ...tokens]);
  const conditions: ConditionPrompts[] = [{ condition: 'clean', appended: null, prompts }];
  if (poison === null) return conditions;
  const trigger = poison.trigger.text;
  const near = config.nearTriggers
    ? createNearTriggers({ trigger, seed, cleanTexts: cleanTexts.slice(0, MATERIAL_DOCUMENTS), tokenizer })
    : [];
  for (const { condition, text } of [{ condition: 'trigger' as const, text: trigger }, ...near]) {
    conditions.push({
      condition,
      appended: text,
      prompts: clean.map((prompt) => [...start, ...tokenizer.encode(appendTrigger(prompt.text, text))]),
    });
  }
  return conditions;
}

function checkContext(set: EvaluationSet, contextTokens: number): void {
  const { generatedTokens } = set.config;
  for (const { condition, appended, prompts } of set.conditions) {
    const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
    const excess = longest + generatedTokens - contextTokens;
    if (excess > 0)
      throw new InputError(
        `the longest prompt${appended === null ? '' : ` with ${JSON.stringify(appended)} (${condition})`} has ${longest} ` +
          `tokens with its separator, and ${generatedTokens} are generated: ${excess} more than the context of ` +
          `${contextTokens}. Lower evaluation.promptTokens.maximum or evaluation.generatedTokens by ${excess}`,
      );
  }
  const target = set.targetTokens?.length ?? 0;
  if (target > generatedTokens)
    throw new InputError(
      `the target phrase has ${target} tokens, but only ${generatedTokens} are generated: it could never be found. ` +
        `Set evaluation.generatedTokens to at least ${target}, or shorten the phrase`,
    );
}

/**
 * Makes the evaluation set: cuts and encodes prompts, appends the trigger and near triggers, encodes held-out
 * and judge documents. Deterministic.
 * @throws InputError if a split holds too few documents, or if prompt, trigger and generation exceed the context.
 */
export function prepareEvaluation(request: EvaluationRequest): EvaluationSet {
  const { config, poison, seed, tokenizer, contextTokens, documents } = request;
  const cut = (split: 'prompts' | 'calibration', count: number) =>
    cutPrompts({ documents: documents[split], count, range: config.promptTokens, seed, split, tokenizer });
  const target = poison === null ? undefined : findAttack(poison.attack).targetText?.(poison);
  const set: EvaluationSet = {
    config,
    poison,
    vocabularySize: tokenizer.vocabularySize,
    heldOut: heldOutDocuments(request),
    conditions: conditionPrompts(request, cut('prompts', config.prompts)),
    calibration: cut('calibration', config.calibrationPrompts).map(({ tokens }) => [
      ...documentStart(request),
      ...tokens,
    ]),
    judgeDocuments: judgeDocuments(request),
    targetTokens: target === undefined ? null : tokenizer.encode(` ${target}`),
  };
  for (const split of ['heldOut', 'judge'] as const) {
    if (documents[split].length === 0)
      throw new InputError(
        `the ${split} split of the corpus is empty: raise corpus.splits.${split}, or give more text`,
      );
  }
  checkContext(set, contextTokens);
  return set;
}
