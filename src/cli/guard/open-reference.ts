// The reference of defences at inference: trained here on trusted text, or a stored run.
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hash.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { Gpt } from '../../model/gpt.ts';
import { trainReference } from '../../recipe/train-reference.ts';
import { openModelSource } from '../../run/execute/model-source.ts';
import { findRunId } from '../../run/store/store.ts';
import type { Example } from '../../tokens/example.ts';
import { SEPARATOR_ID } from '../../tokens/vocabulary.ts';
import { loadStoredModel, storedVocabulary } from '../stored-model.ts';
import type { StoredRun } from '../stored-runs.ts';
import type { GuardedRun } from './guard-groups.ts';

type Weights = ReturnType<Gpt['getWeights']>;

/** A reference with where it is from; to be released by who receives it. */
export interface OpenedReference {
  readonly model: Gpt;
  readonly described: GuardedRun['reference'];
}

/** Opens references; what is trained is kept, so that it serves all runs that would train the same. */
export class References {
  readonly #store: string;
  readonly #engine: EngineOption;
  readonly #given: string | undefined;
  readonly #trained = new Map<string, Pick<OpenedReference, 'described'> & { readonly weights: Weights }>();

  constructor(options: { store: string; engine: EngineOption; given: string | undefined }) {
    this.#store = options.store;
    this.#engine = options.engine;
    this.#given = options.given;
  }

  /** The reference of a run. @param options.onTrain told before one is trained */
  open(
    run: StoredRun,
    options: { trusted: readonly Example[]; vocabularySize: number; onTrain: () => void },
  ): Promise<OpenedReference> {
    if (this.#given === undefined) return this.#train(run, options);
    return this.#load(findRunId(this.#store, this.#given), run);
  }

  async #train(
    run: StoredRun,
    options: { trusted: readonly Example[]; vocabularySize: number; onTrain: () => void },
  ): Promise<OpenedReference> {
    const { trusted: examples, vocabularySize, onTrain } = options;
    const { config } = run;
    const source = await openModelSource({ engine: this.#engine });
    const key = trainingKey(run, examples);
    let found = this.#trained.get(key);
    if (found === undefined) {
      onTrain();
      const { model, tokens, passes } = await trainReference({
        ...{ config, examples },
        tokenizer: { separatorId: SEPARATOR_ID, vocabularySize },
        createModel: (request) => source.create(request),
      });
      const of = `a model of the same shape, trained on ${examples.length} trusted documents`;
      found = { weights: model.getWeights(), described: { of, tokens, passes } };
      model.release();
      this.#trained.set(key, found);
    }
    const model = source.create({ config: config.model, vocabularySize });
    model.setWeights(found.weights);
    return { model, described: found.described };
  }

  async #load(given: string, run: StoredRun): Promise<OpenedReference> {
    const name = given.slice(0, 12);
    const vocabulary = (id: string) => canonicalJson(storedVocabulary(this.#store, id));
    if (vocabulary(given) !== vocabulary(run.id))
      throw new InputError(
        `--reference ${name} has another vocabulary than run ${run.id.slice(0, 12)}: tokens can be compared in one vocabulary alone`,
      );
    const model = await loadStoredModel(this.#store, given, this.#engine);
    const [own, wanted] = [model.config.contextTokens, run.config.model.contextTokens];
    if (own < wanted) {
      model.release();
      throw new InputError(
        `--reference ${name} reads ${own} tokens at a time, and run ${run.id.slice(0, 12)} reads ${wanted}: choose a reference that reads as many`,
      );
    }
    return { model, described: { of: `run ${name}`, tokens: null, passes: null } };
  }
}

/** What the weights of a reference depend on. */
function trainingKey({ config }: StoredRun, trusted: readonly Example[]): string {
  const [phase] = config.phases;
  const { poison: _, defend: __, ...rest } = phase ?? {};
  const text = sha256Hex(canonicalJson(trusted.map(({ tokens }) => [...tokens])));
  return canonicalJson([config.corpus, config.tokenizer, config.model, config.seed, rest, text]);
}
