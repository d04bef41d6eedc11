// What is in the corpora of a plan, found before anything runs: documents, tokens, and the dose that they make of a count.

import { dataTokens, meanDocumentTokens } from '../config/budget.ts';
import { plantedDocuments, poisonsOf } from '../config/poisons.ts';
import type {
  CorpusConfig,
  MixedCorpus,
  PhaseConfig,
  RunConfig,
  TokenizerConfig,
} from '../config/schema/schema.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { percent, shortCount } from '../core/format-number.ts';
import type { Corpus, Split } from '../corpus/document.ts';
import { openCorpus } from '../corpus/node/open-corpus.ts';
import { splitOf } from '../corpus/splits.ts';
import { filterMilliseconds } from '../defend/filter-cost.ts';
import { attackSchemas } from '../poison/attack-schemas.ts';
import { corporaOf, identifyRun, type RunIdentity } from '../recipe/identity.ts';
import { openBase } from '../run/prepare/open-base.ts';
import type { RunRecord } from '../run/record.ts';
import { trainTokenizer } from '../tokens/train-tokenizer.ts';

/** Documents on which the length in tokens is measured; of an endless corpus all that are looked at. */
const SAMPLE_DOCUMENTS = 1000;

/** Poisoned share of the documents above which a person is told. */
const MUCH_POISON = 0.1;

/** A corpus as it was found. */
export interface CorpusSurvey {
  readonly kind: CorpusConfig['kind'];
  readonly path: string | null;
  readonly contentHash: string;
  /** Documents of all splits; null: as many as are needed. */
  readonly documents: number | null;
  readonly trainingDocuments: number | null;
  /** Of the training split, separators included: estimated from the first documents; null: as many as are needed. */
  readonly trainingTokens: number | null;
  /** Mean tokens of a training document with its separator, of the first documents. */
  readonly meanTokens: number;
  /** Files of its folder that do not end in .txt, and are not read. */
  readonly leftOutFiles: number;
}

/** The dose of a run. */
export interface Dose {
  /** Poisoned share of an epoch's tokens, 0-1: by the mean length that the attack states. */
  readonly tokenShare: number;
  /** Poisoned share of an epoch's documents, 0-1: estimated. */
  readonly documentShare: number;
}

async function survey(
  config: CorpusConfig,
  {
    corpus,
    tokenizer,
    evaluates,
  }: {
    corpus: Corpus;
    tokenizer: TokenizerConfig /** Prompts and judge are taken from it. */;
    evaluates: boolean;
  },
): Promise<CorpusSurvey> {
  const sample: string[] = [];
  const counts: Record<Split, number> = {
    train: 0,
    heldOut: 0,
    prompts: 0,
    calibration: 0,
    judge: 0,
    trusted: 0,
  };
  let characters = 0;
  for await (const { text } of corpus.documents()) {
    const split = splitOf(text, config);
    counts[split] += 1;
    if (split !== 'train') continue;
    characters += text.length;
    if (sample.length < SAMPLE_DOCUMENTS) sample.push(text);
    else if (corpus.unlimited) break;
  }
  const documents = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const training = counts.train;
  const empty = Object.entries(counts).filter(
    ([split, count]) => count === 0 && split !== 'trusted' && (evaluates || split === 'train'),
  );
  if (empty.length > 0 && !corpus.unlimited)
    throw new InputError(
      `the corpus ${('path' in config ? config.path : undefined) ?? config.kind} has ${documents} ${documents === 1 ? 'document' : 'documents'}, ` +
        `and none falls into ${empty.map(([split]) => split).join(', ')}: it needs more documents, or larger shares in corpus.splits`,
    );
  const { encode } = await trainTokenizer(tokenizer, sample);
  const sampled = sample.reduce((sum, text) => sum + text.length, 0);
  const tokens = sample.reduce((sum, text) => sum + encode(text).length, 0);
  const meanTokens = (tokens / sampled) * (characters / training) + 1;
  const whole = <T>(value: T): T | null => (corpus.unlimited ? null : value);
  return {
    kind: config.kind,
    path: ('path' in config ? config.path : undefined) ?? null,
    contentHash: corpus.contentHash,
    documents: whole(documents),
    trainingDocuments: whole(training),
    trainingTokens: whole(Math.round(meanTokens * training)),
    meanTokens,
    leftOutFiles: corpus.leftOutFiles ?? 0,
  };
}

/** Sentences on what a person may not have meant: much poison, or more tokens than there are. */
export function surveyNotes(
  runs: readonly Pick<PlannedRun, 'config'>[],
  { corpora, doses }: PlanSurvey,
): string[] {
  const notes: string[] = [];
  const most = doses.reduce((one, other) => (other.documentShare > one.documentShare ? other : one));
  if (most.documentShare > MUCH_POISON)
    notes.push(
      `note: in the most poisoned run ${percent(most.documentShare)} of the documents and ${percent(most.tokenShare)} of the tokens ` +
        'are poisoned: that is far from an attack that goes unnoticed',
    );
  for (const { path, trainingTokens } of corpora) {
    if (trainingTokens === null) continue;
    const wanted = Math.max(...runs.map(({ config }) => cleanTokens(config, path)));
    if (wanted > trainingTokens)
      notes.push(
        `note: a run needs ${shortCount(wanted)} different tokens of ${path ?? ''}, which has about ${shortCount(trainingTokens)} for training; ` +
          'give a smaller budget, or more epochs',
      );
  }
  return notes;
}

/** Tokens of the data of a phase that are poison, by the mean lengths that attacks state. */
function poisonedTokens(phase: PhaseConfig): number {
  return poisonsOf(phase).reduce(
    (sum, poison) => sum + poison.documents * meanDocumentTokens(poison, attackSchemas),
    0,
  );
}

/** The corpora of a phase, each with its share of the clean text, 0-1. */
function cleanShares({ corpus, mix = [] }: PhaseConfig): MixedCorpus[] {
  const mixed = mix.reduce((sum, { share }) => sum + share, 0);
  return [{ corpus, share: 1 - mixed }, ...mix];
}

/** Share of a phase's clean text that is from a file, 0-1. */
function shareOfFile(phase: PhaseConfig, path: string | null): number {
  return cleanShares(phase).find((own) => 'path' in own.corpus && own.corpus.path === path)?.share ?? 0;
}

/** Clean tokens that a run reads of a file, each once. */
function cleanTokens({ phases }: RunConfig, path: string | null): number {
  return phases.reduce((sum, phase) => {
    const share = shareOfFile(phase, path);
    const poisoned = poisonedTokens(phase);
    return sum + share * Math.max(0, dataTokens(phase) - poisoned);
  }, 0);
}

/** What was found in the corpora of a plan. */
export interface PlanSurvey {
  /** Each corpus once. */
  readonly corpora: readonly CorpusSurvey[];
  /** Of the runs, in plan order. */
  readonly identities: readonly RunIdentity[];
  readonly ids: readonly string[];
  /** Of each run, the largest of its phases, in plan order. */
  readonly doses: readonly Dose[];
  /** Processor time of each run's filters, milliseconds; 0 without any. */
  readonly filterMs: readonly number[];
}

function doseOf({ phases }: RunConfig, meanOf: (corpus: CorpusConfig) => number): Dose {
  const doses = phases.map((phase): Dose => {
    const documents = plantedDocuments([phase]);
    if (documents === 0) return { tokenShare: 0, documentShare: 0 };
    const epoch = dataTokens(phase);
    const poisoned = poisonedTokens(phase);
    const clean = cleanShares(phase).reduce(
      (sum, own) => sum + (own.share * Math.max(0, epoch - poisoned)) / meanOf(own.corpus),
      0,
    );
    return { tokenShare: Math.min(1, poisoned / epoch), documentShare: documents / (documents + clean) };
  });
  return doses.reduce((most, dose) => (dose.documentShare > most.documentShare ? dose : most));
}

/**
 * Opens the corpora of a plan and looks at what is in them.
 * @throws InputError for a corpus that a run would refuse, too
 */
export async function surveyPlan(
  runs: readonly Pick<PlannedRun, 'config'>[],
  options: { store: string; baseFolder: string; arithmetic: RunRecord['arithmetic'] },
): Promise<PlanSurvey> {
  const found = new Map<string, CorpusSurvey>();
  const opened = new Map<string, Corpus>();
  for (const { config } of runs) {
    for (const corpus of corporaOf(config)) {
      const key = canonicalJson(corpus);
      const own = opened.get(key) ?? (await openCorpus(corpus, options));
      opened.set(key, own);
      const measured = canonicalJson([corpus, config.tokenizer]);
      if (!found.has(measured))
        found.set(
          measured,
          await survey(corpus, {
            corpus: own,
            tokenizer: config.tokenizer,
            evaluates: canonicalJson(config.corpus) === key,
          }),
        );
    }
  }
  const surveyOf = (corpus: CorpusConfig, { tokenizer }: RunConfig) =>
    found.get(canonicalJson([corpus, tokenizer])) as CorpusSurvey;
  const hashOf = (corpus: CorpusConfig) => opened.get(canonicalJson(corpus))?.contentHash ?? '';
  const identities = runs.map(({ config }) => {
    const base =
      config.base === undefined ? undefined : openBase(config.base, { ...options, keep: false }).weightsHash;
    return identifyRun(config, hashOf, options.arithmetic, base);
  });
  return {
    corpora: [...found.values()],
    identities,
    ids: identities.map(({ id }) => id),
    doses: runs.map(({ config }) => doseOf(config, (corpus) => surveyOf(corpus, config).meanTokens)),
    filterMs: runs.map(({ config }) =>
      config.phases.reduce((sum, phase) => {
        if (phase.defend === undefined) return sum;
        const { meanTokens } = surveyOf(phase.corpus, config);
        return sum + filterMilliseconds(phase, { meanTokens });
      }, 0),
    ),
  };
}
