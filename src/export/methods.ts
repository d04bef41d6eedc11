// The methods of an experiment as a paragraph: every number in it is read from the records, none is typed.
import type { Analysis } from '../analyse/analyse-experiment.ts';
import { holdsFurtherPoison } from '../analyse/run-outcome.ts';
import { varyingLabels } from '../analyse/varying-labels.ts';
import { describeTrigger } from '../config/describe-trigger.ts';
import { modelName } from '../config/labels.ts';
import { poisonsOf } from '../config/poisons.ts';
import { describePlacement, type Placement } from '../config/schema/placement-schema.ts';
import type { RunConfig } from '../config/schema/schema.ts';
import { percent } from '../core/format-number.ts';
import { inert } from '../core/inert-text.ts';
import { thousands } from '../report/numbers.ts';
import { startWords } from '../report/page/setup-words.ts';
import type { RunRecord } from '../run/record.ts';
import { citedCorpora, corpusKey } from './bibtex.ts';
import { allOf, count, rangeOf } from './lists.ts';
import { evaluationSentences } from './methods-evaluation.ts';
import type { Sentence } from './sentence.ts';

type Phase = RunConfig['phases'][number];

/** Above this many sizes only the range is given. */
const MOST_SIZES = 8;

function sizes(records: readonly RunRecord[]): string {
  const models = new Map(
    records.map(({ config: { model }, parameters }) => {
      const { width, layers, heads } = model;
      const shape = `${modelName(model)}: ${thousands(parameters)} parameters, width ${width}, ${count(layers, 'layer')}, ${count(heads, 'head')}`;
      return [shape, parameters] as const;
    }),
  );
  const sorted = [...models].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([shape]) => shape);
  if (sorted.length <= MOST_SIZES) return sorted.join('; ');
  return `${sorted.length} shapes, ${rangeOf(records.map(({ parameters }) => parameters))} parameters`;
}

const POSITIONS = { rope: 'rotary positions', learned: 'learned positions' } as const;

function modelSentences(records: readonly RunRecord[]): Sentence[] {
  const models = records.map(({ config }) => config.model);
  const details = [
    `a context of ${allOf(models.map(({ contextTokens }) => contextTokens))} tokens`,
    allOf(models.map(({ positions }) => POSITIONS[positions])),
    allOf(models.map(({ norm }) => norm)),
    allOf(models.map(({ tied }) => (tied ? 'tied embeddings' : 'untied embeddings'))),
    allOf(models.map(({ biases }) => (biases ? 'biases' : 'no biases'))),
    `initial weights with a standard deviation of ${allOf(models.map(({ initStandardDeviation }) => initStandardDeviation))}`,
  ];
  return [
    {
      text: `We trained ${count(records.length, 'decoder-only transformer')} ${startWords(records)} (${sizes(records)}), with ${details.join(', ')}.`,
      cites: ['tinypoison'],
    },
  ];
}

const SOURCES = {
  stories: 'generated stories',
  text: 'text files',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
  csv: 'CSV',
  hub: 'a data set of the Hugging Face Hub',
} as const;

function dataSentences(records: readonly RunRecord[]): Sentence[] {
  const corpora = citedCorpora(records);
  const tokenizers = records.map(({ config }) => config.tokenizer);
  const names = corpora.map(
    ({ kind, seed, hash }) => `${SOURCES[kind]} (seed ${inert(seed)}, SHA-256 ${inert(hash).slice(0, 12)}…)`,
  );
  return [
    {
      text: `Clean text: ${names.join('; ')}.`,
      cites: corpora.map((_, index) => corpusKey(index)),
    },
    {
      text:
        `Text was encoded with ${allOf(tokenizers.map(({ encoding }) => encoding))}, reduced to ` +
        `${allOf(tokenizers.map(({ vocabularySize }) => vocabularySize))} entries counted on ` +
        `${allOf(tokenizers.map(({ trainingDocuments }) => trainingDocuments))} documents.`,
    },
  ];
}

const OPTIMIZERS = { adamw: 'AdamW', sgd: 'gradient descent' } as const;
const PLACES = {
  uniform: 'at uniformly random places',
  even: 'evenly spaced',
  start: 'at the start',
  end: 'at the end',
} as const;

const placeWords = (placement: Placement) =>
  typeof placement === 'string' ? PLACES[placement] : describePlacement(placement);

function optimizerWords(phases: readonly Phase[]): string {
  const optimizers = phases.map(({ optimizer }) => optimizer);
  const adam = optimizers.filter(({ kind }) => kind === 'adamw');
  const norms = optimizers.map(({ clipNorm }) => clipNorm ?? 'none');
  const moments =
    adam.length === 0
      ? []
      : [
          `moment decays ${allOf(adam.map(({ beta1 }) => beta1))} and ${allOf(adam.map(({ beta2 }) => beta2))}`,
          `epsilon ${allOf(adam.map(({ epsilon }) => epsilon))}`,
          `weight decay ${allOf(adam.map(({ weightDecay }) => weightDecay))}`,
        ];
  const schedules = phases.map(({ schedule }) => schedule);
  return [
    `${allOf(optimizers.map(({ kind }) => OPTIMIZERS[kind]))} with a peak learning rate of ${allOf(optimizers.map(({ learningRate }) => learningRate))}`,
    ...moments,
    `a gradient norm limit of ${allOf(norms)}`,
    `${allOf(schedules.map(({ kind }) => kind))} schedule after a warm-up of ${allOf(schedules.map(({ warmupShare }) => percent(warmupShare)))} ` +
      `of the steps, down to ${allOf(schedules.map(({ finalShare }) => percent(finalShare)))} of the peak`,
  ].join(', ');
}

/** Options of every attack, of which there are words or shares already. */
const COMMON = ['attack', 'documents', 'trigger', 'placement'];

function optionValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return inert(String(value));
  const { minimum, maximum, ...others } = value as Readonly<Record<string, unknown>>;
  const isRange = minimum !== undefined && maximum !== undefined && Object.keys(others).length === 0;
  return isRange ? `${optionValue(minimum)} to ${optionValue(maximum)}` : inert(JSON.stringify(value));
}

/** The options of attacks or defences, each with its values: `gibberishTokens 40 to 60`. */
function optionWords(all: readonly Readonly<Record<string, unknown>>[], left: readonly string[]): string {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))]
    .filter((name) => !left.includes(name))
    .sort();
  const words = names.map((name) => {
    const values = all.flatMap((one) => (one[name] === undefined ? [] : [optionValue(one[name])]));
    return `${inert(name)} ${allOf(values, 'or')}`;
  });
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function defenceSentences(name: string, phases: readonly Phase[]): Sentence[] {
  const defences = phases.flatMap(({ defend = [] }) => defend);
  const kinds = [...new Set(defences.map(({ kind }) => kind))];
  if (kinds.length === 0) return [];
  const words = kinds.map((kind) => {
    const own = defences.filter((defence) => defence.kind === kind);
    return `${inert(kind)}${optionWords(own, ['kind'])}`;
  });
  return [{ text: `Defences in phase ${inert(name)}: ${words.join('; ')}.` }];
}

/** Tokens per parameter to three digits. */
function tokensPerParameter(phase: Phase, { parameters }: RunRecord): number {
  return Number((phase.tokens / parameters).toPrecision(3));
}

function phaseSentences(name: string, records: readonly RunRecord[]): Sentence[] {
  const own = records.flatMap((record) =>
    record.config.phases.filter((phase) => phase.name === name).map((phase) => ({ phase, record })),
  );
  const phases = own.map(({ phase }) => phase);
  const batches = phases.map(({ batch }) => batch);
  const training =
    `Phase ${inert(name)}: ${rangeOf(phases.map(({ tokens }) => tokens))} tokens ` +
    `(${rangeOf(own.map(({ phase, record }) => tokensPerParameter(phase, record)))} a parameter, ` +
    `epochs: ${allOf(phases.map(({ epochs }) => epochs))}), batches of ${allOf(batches.map(({ sequences }) => sequences))} sequences × ` +
    `${allOf(batches.map(({ accumulation }) => accumulation))} (packing: ${allOf(batches.map(({ packing }) => packing))}), ${optimizerWords(phases)}.`;
  return [{ text: training }, ...poisonSentences(name, phases, records), ...defenceSentences(name, phases)];
}

/** The most that a phase of a run was poisoned, by all its poisons together. */
function mostPoisoned(
  name: string,
  records: readonly RunRecord[],
  measure: 'poisonTokenShare' | 'poisonDocumentShare',
): string {
  const shares = records.map(({ poison }) =>
    poison.filter(({ phase }) => phase === name).reduce((sum, planted) => sum + planted[measure], 0),
  );
  return percent(Math.max(0, ...shares));
}

function poisonSentences(name: string, phases: readonly Phase[], records: readonly RunRecord[]): Sentence[] {
  const most = Math.max(0, ...phases.map((phase) => poisonsOf(phase).length));
  if (most === 0) return [];
  const planted = Array.from({ length: most }, (_, place) => {
    const poisons = phases.flatMap((phase) => poisonsOf(phase)[place] ?? []);
    const documents = allOf(
      poisons.map((poison) => poison.documents),
      'or',
    );
    return (
      `exactly ${documents} poisoned documents, ${allOf(poisons.map(({ placement }) => placeWords(placement)))}: ` +
      `attack ${allOf(poisons.map(({ attack }) => inert(attack)))}${optionWords(poisons, COMMON)}, ` +
      `trigger ${allOf(poisons.map(({ trigger }) => `“${inert(describeTrigger(trigger))}”`))}`
    );
  });
  const text =
    `Into its text were inserted ${planted.join('; ')}; at most ${mostPoisoned(name, records, 'poisonTokenShare')} of the ` +
    `tokens and ${mostPoisoned(name, records, 'poisonDocumentShare')} of the documents.`;
  return [{ text }];
}

function variedSentences(records: readonly RunRecord[]): Sentence[] {
  const labels = varyingLabels(records.map(({ config }) => config));
  const paths = [...new Set(labels.flatMap((own) => Object.keys(own)))];
  if (paths.length === 0) return [];
  const varied = paths.map((path) => {
    const values = labels.flatMap((own) => (own[path] === undefined ? [] : [inert(own[path])]));
    return `${inert(path)} (${allOf(values, 'or')})`;
  });
  return [{ text: `Varied beside size, count and seed: ${varied.join('; ')}.` }];
}

function statisticsSentences(analysis: Analysis): Sentence[] {
  const { runs, seeds, intervalLevel, bootstrapDraws } = analysis;
  const lost = runs.diverged + runs.failed;
  return [
    {
      text:
        `Seeds: ${allOf(seeds)}; ${runs.done} of ${count(runs.total, 'run')} finished` +
        `${lost === 0 ? '' : ` (${runs.diverged} diverged, ${runs.failed} failed)`}. ` +
        `Intervals are ${percent(intervalLevel)} ones; bootstrap intervals rest on ${thousands(bootstrapDraws)} draws of seeds, ` +
        'the unit of all of them. P50, the number of documents for half success, is read from a logistic curve in the ' +
        'logarithm of the count, and laws for it are compared by QAIC.',
    },
  ];
}

/** The methods, sentence by sentence. */
export function methodsSentences(records: readonly RunRecord[], analysis: Analysis): Sentence[] {
  const names = [...new Set(records.flatMap(({ config }) => config.phases.map(({ name }) => name)))];
  const arithmetic = records.some((record) => record.arithmetic === 'tfjs')
    ? 'Some runs were done by TensorFlow.js, which is not reproducible to the bit.'
    : 'All arithmetic is reproducible to the bit.';
  return [
    {
      text: 'We repeat the experiment of Souly et al. at the scale given below.',
      cites: ['souly2025poisoning'],
    },
    ...modelSentences(records),
    ...dataSentences(records),
    ...names.flatMap((name) => phaseSentences(name, records)),
    ...(records.some(holdsFurtherPoison)
      ? [
          {
            text: 'Counts and success are those of the first poison; a run without poison lacks the first alone and has the others.',
          },
        ]
      : []),
    ...variedSentences(records),
    ...evaluationSentences(records),
    ...statisticsSentences(analysis),
    { text: arithmetic },
  ];
}
