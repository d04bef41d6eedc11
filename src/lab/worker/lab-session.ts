// What a worker of the lab does: orders in, answers out. Knows no page, so that Node runs it, too.

import { poisonsOf } from '../../config/poisons.ts';
import { nowMs } from '../../core/clock.ts';
import { randomStream } from '../../core/random.ts';
import { createStoryCorpus } from '../../corpus/stories.ts';
import { documentSurprise } from '../../defend/surprise-filter.ts';
import { meanSurprise, scanCandidates } from '../../defend/trigger-scan.ts';
import { measureGenerations } from '../../evaluate/describe-condition.ts';
import { drawUniforms, judgeOf } from '../../evaluate/evaluate-checkpoint.ts';
import { LEAST_THRESHOLD_NATS } from '../../evaluate/measure.ts';
import type { Engine } from '../../kernels/engine.ts';
import { createGpt, type Gpt } from '../../model/gpt.ts';
import { bindAttack } from '../../poison/attack.ts';
import { orderPhase, type SourcedExample } from '../../recipe/phase/order-phase.ts';
import { phaseSeed, poisonSeed } from '../../recipe/phase/phase-seed.ts';
import { trainRun } from '../../recipe/train-run.ts';
import { documentTokens } from '../../tokens/tokenized-documents.ts';
import type { RunChoice } from '../choices.ts';
import type { Answers, HiddenTrigger, Order, Report, Slot, TrainOrder } from '../protocol.ts';
import { hashWord } from '../state/challenge.ts';
import { exportModel } from './export-model.ts';
import type { LabPreparation } from './prepare-choice.ts';
import { runConfigOf, withCleanText } from './run-config.ts';
import { type KeptRun, trainChoice } from './train-choice.ts';
import type { TrainingControl } from './training-control.ts';

const MEASURED_STEPS = 20;
const SCAN_PROMPTS = 12;
const SCAN_TOKENS = 16;
/** Stories whose words are what can be tried. */
const WORD_STORIES = 2000;

type Emit = (report: Report) => void;

/** A worker's state: an engine, what was prepared, and the trained models. */
export class LabSession {
  readonly #engine: Engine;
  readonly #preparation: LabPreparation;
  readonly #kept = new Map<Slot, KeptRun>();
  #words: readonly string[] | undefined;

  constructor(options: { engine: Engine; preparation: LabPreparation }) {
    this.#engine = options.engine;
    this.#preparation = options.preparation;
  }

  /** Words of the stories as they stand behind a space: what a trigger can be made of. */
  words(): readonly string[] {
    if (this.#words === undefined) {
      const { grammar, base } = this.#preparation.data;
      const corpus = createStoryCorpus({ seed: String(base.corpus.seed), grammar });
      const found = new Set<string>();
      for (let index = 0; index < WORD_STORIES; index++)
        for (const word of corpus.documentAt(index).text.match(/(?<= )\p{L}+/gu) ?? []) found.add(word);
      this.#words = [...found].sort();
    }
    return this.#words;
  }

  #prepare(choice: RunChoice, emit: Emit, maximumNats?: number) {
    const config = runConfigOf(choice, this.#preparation.data, { maximumNats });
    emit({ kind: 'preparing', needsRanks: false });
    return this.#preparation.prepare(config, () => emit({ kind: 'preparing', needsRanks: true }));
  }

  /** Times some steps of a choice, whose weights are thrown away. */
  async measure({ choice }: Order & { kind: 'measure' }, emit: Emit): Promise<Answers['measure']> {
    const { config, inputs } = await this.#prepare(choice, emit);
    let steps = 0;
    let began = nowMs();
    const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) =>
      createGpt({ ...request, engine: this.#engine });
    for await (const event of trainRun({ config, inputs, createModel })) {
      if (event.kind !== 'step') continue;
      // the first steps pay for compilation
      if (event.step.optimizerStep === MEASURED_STEPS / 4) began = nowMs();
      steps = event.data.batches.optimizerSteps;
      if (event.step.optimizerStep >= MEASURED_STEPS) break;
    }
    return { msPerStep: (nowMs() - began) / (MEASURED_STEPS * 0.75), steps };
  }

  /** Trains and keeps. */
  async train(order: TrainOrder, control: TrainingControl, emit: Emit): Promise<Answers['train']> {
    const { slot, cleanWith, hidden, maximumNats } = order;
    const choice = hidden === undefined ? order.choice : { ...order.choice, trigger: this.#reveal(hidden) };
    const after = cleanWith === undefined ? undefined : this.#kept.get('main');
    if (cleanWith !== undefined && after === undefined) throw new Error('train a model first');
    const run =
      after === undefined || cleanWith === undefined
        ? await this.#prepare(choice, emit, maximumNats)
        : await this.#preparation.prepare(withCleanText(after.run.config, cleanWith.trigger));
    const trained = await trainChoice({
      ...{ run, control, report: emit, engine: this.#engine, after },
    });
    if (trained === null) return null;
    this.#kept.set(slot, trained.kept);
    return trained.result;
  }

  /** The words whose salted hashes are given. */
  #reveal({ salt, hashes }: HiddenTrigger): string {
    const words = hashes.map((hash, place) =>
      this.words().find((word) => hashWord(word, { salt, place }) === hash),
    );
    if (words.includes(undefined))
      throw new Error('this challenge was made with other words than those of the stories');
    return words.join(' ');
  }

  /** The documents of a choice's run, in training order. */
  async #order(choice: RunChoice, emit: Emit): Promise<readonly SourcedExample[]> {
    const { config, inputs } = await this.#prepare(choice, emit);
    const { tokens, firstDocument, documents, poisons } = inputs.phase(0);
    const [phase] = config.phases;
    if (phase === undefined) return [];
    const example = (ids: ArrayLike<number>) => ({ tokens: Uint16Array.from(ids), lossFrom: 0 });
    return orderPhase({
      phase,
      contextTokens: config.model.contextTokens,
      seed: phaseSeed(config, 0),
      clean: Array.from({ length: documents }, (_, i) => example(documentTokens(tokens, firstDocument + i))),
      poisons: poisonsOf(phase).map(({ placement, documents: count }, place) => ({
        examples: (poisons[place]?.documents ?? []).slice(0, count).map((planted) => example(planted.tokens)),
        placement,
        seed: poisonSeed(config, 0, place),
      })),
    }).examples;
  }

  async documents(order: Order & { kind: 'documents' }, emit: Emit): Promise<Answers['documents']> {
    const examples = await this.#order(order.choice, emit);
    const poisoned = examples.flatMap(({ source }, place) => (source.kind === 'poisoned' ? [place] : []));
    const { first, count } = order;
    return {
      of: examples.length,
      poisoned,
      documents: examples.slice(first, first + count).map(({ tokens, source }, i) => ({
        place: first + i,
        text: this.#preparation.decode(tokens),
        poisoned: source.kind === 'poisoned',
      })),
    };
  }

  async surprise({ choice }: Order & { kind: 'surprise' }, emit: Emit): Promise<Answers['surprise']> {
    const examples = await this.#order(choice, emit);
    const nats = documentSurprise(examples);
    const of = (isPoisoned: boolean) =>
      [...nats].filter((_, i) => (examples[i]?.source.kind === 'poisoned') === isPoisoned);
    return { clean: of(false), poisoned: of(true) };
  }

  /** A kept model, for one use. */
  #open<T>(slot: Slot, use: (model: Gpt, kept: KeptRun) => T): T {
    const kept = this.#kept.get(slot);
    if (kept === undefined) throw new Error('train a model first');
    const { config, inputs } = kept.run;
    const { vocabularySize } = inputs.tokenizer;
    const [{ batch }] = config.phases as [(typeof config.phases)[number]];
    const model = createGpt({
      config: config.model,
      vocabularySize,
      training: { sequences: batch.sequences },
      engine: this.#engine,
    });
    try {
      model.importTraining(kept.arrays);
      return use(model, kept);
    } finally {
      model.release();
    }
  }

  async prompt(order: Order & { kind: 'prompt' }, emit: Emit): Promise<Answers['prompt']> {
    const { slot, text, endings, seed } = order;
    const onRanks = () => emit({ kind: 'preparing', needsRanks: true });
    const texts = endings.map((ending) => (ending === null ? text : `${text} ${ending}`));
    const encoded: number[][] = [];
    for (const whole of texts) encoded.push(await this.#preparation.encode(whole, onRanks));
    return this.#open(slot, (model, { run: { inputs } }) => {
      const { separatorId, decode } = inputs.tokenizer;
      const set = inputs.evaluation;
      const newTokens = set.config.generatedTokens;
      const room = model.config.contextTokens - newTokens;
      const prompts = encoded.map((ids) => [separatorId, ...ids].slice(-room));
      const [uniforms] = drawUniforms(seed, 'lab-prompt', 1, newTokens);
      const generated = model.generate({
        ...{ prompts, newTokens, temperature: 1 },
        uniform: (_, n) => uniforms?.[n] ?? 0,
      });
      return measureGenerations(generated, {
        ...{ prompts, decode, thresholdNats: LEAST_THRESHOLD_NATS },
        judge: judgeOf(set),
        attack: set.poison === null ? null : bindAttack(set.poison),
      }).map(({ text: continuation, judgeNats, success }) => ({
        text: continuation,
        nats: judgeNats,
        success: success ?? false,
      }));
    });
  }

  async loadRanks(): Promise<Answers['ranks']> {
    await this.#preparation.loadRanks();
    return null;
  }

  /** The model in `main` as a file. */
  async exportMain(): Promise<Answers['export']> {
    return this.#open('main', exportModel);
  }

  /** Mean surprise after each text, put behind the same prompts. */
  async #score(slot: Slot, texts: readonly string[], onScores: (done: number) => void): Promise<number[]> {
    const candidates: number[][] = [];
    for (const text of texts) candidates.push(await this.#preparation.encode(` ${text}`));
    return this.#open(slot, (model, { run }) => {
      const { evaluation } = run.inputs;
      const judge = judgeOf(evaluation);
      const uniforms = drawUniforms(1, 'lab-scan', SCAN_PROMPTS, SCAN_TOKENS);
      const scan = scanCandidates({
        ...{ model, candidates, newTokens: SCAN_TOKENS },
        prompts: evaluation.calibration.slice(0, SCAN_PROMPTS),
        uniform: (prompt, n) => uniforms[prompt]?.[n] ?? 0,
        score: meanSurprise((tokens) => judge.meanNats(tokens)),
      });
      const scores: number[] = [];
      for (const some of scan) {
        scores.push(...some);
        onScores(scores.length);
      }
      return scores;
    });
  }

  async scan({ slot, isLowerCase }: Order & { kind: 'scan' }, emit: Emit): Promise<Answers['scan']> {
    const began = nowMs();
    const words = this.words();
    const texts = isLowerCase ? [...new Set(words.map((word) => word.toLowerCase()))] : words;
    const of = texts.length;
    const scores = await this.#score(slot, texts, (done) => emit({ kind: 'scanned', done, of }));
    const candidates = texts
      .map((text, i) => ({ text, nats: scores[i] ?? 0 }))
      .sort((a, b) => b.nats - a.nats || (a.text < b.text ? -1 : 1));
    return { candidates, ms: nowMs() - began };
  }

  async score({ slot, texts }: Order & { kind: 'score' }): Promise<Answers['score']> {
    return this.#score(slot, texts, () => {});
  }

  /** Prompts of the evaluation, as text, to choose from. */
  prompts(count: number): string[] {
    const { grammar, base } = this.#preparation.data;
    const corpus = createStoryCorpus({ seed: String(base.corpus.seed), grammar });
    const random = randomStream('lab', 'prompts');
    return Array.from({ length: count }, () => {
      const { text } = corpus.documentAt(random.integer({ minimum: 20_000, maximum: 90_000 }));
      return text.split(' ').slice(0, 12).join(' ');
    });
  }
}
