// What a process keeps from run to run: an engine that passed its self-test, and what runs read, for the next run mostly
// reads the same.
import { statSync } from 'node:fs';
import { EnvironmentError } from '../../core/errors.ts';
import { hashFile } from '../../core/node/sha256.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { MemoPart, MemoReader, MemoValues } from '../../recipe/memo.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import type { TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import type { Vocabulary } from '../../tokens/vocabulary.ts';
import { readKept } from '../prepare/disk-memo.ts';
import { readCachedTokens } from '../prepare/token-cache.ts';
import type { RunTask } from '../run-event.ts';
import { type ModelSource, openModelSource } from './model-source.ts';
import { type SourceRevision, sourceRevision } from './source-version.ts';

/** Kept values; the one that was not used for longest leaves first. */
class Recent<T> {
  readonly #values = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => T): T {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (oldest !== undefined && this.#values.size > this.#most) this.#values.delete(oldest);
    return value;
  }

  forget(key: string): void {
    this.#values.delete(key);
  }
}

/** A path and the state of its file: equal while the file does not change. */
function stateOf(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false });
  return `${path} ${status?.mtimeMs} ${status?.size}`;
}

/** What one process keeps. */
export class WorkerContext implements MemoReader {
  readonly #models = new Recent<Promise<ModelSource>>(1);
  readonly #evaluations = new Recent<EvaluationSet>(8);
  readonly #tokens = new Recent<TokenizedDocuments>(1);
  readonly #vocabularies = new Recent<{ vocabulary: Vocabulary; tokenizer: Tokenizer }>(1);
  readonly #hashes = new Recent<{ readonly sha256: string | null }>(1000);
  #revision: Promise<SourceRevision | null> | undefined;

  /**
   * The engine of a task; its self-test runs once.
   * @throws EnvironmentError where this machine cannot have it: no run is to blame, and another machine may have it
   */
  models({ engine, threads }: Pick<RunTask, 'engine' | 'threads'>): Promise<ModelSource> {
    const key = `${engine} ${threads}`;
    return this.#models.get(key, () =>
      openModelSource({ engine, threads }).catch((error: unknown) => {
        this.#models.forget(key);
        const message = error instanceof Error ? error.message : String(error);
        throw new EnvironmentError(message, { cause: error });
      }),
    );
  }

  /** A JSON artefact. */
  read<P extends MemoPart>(part: P, path: string): MemoValues[P] {
    return readKept(part, path);
  }

  /** The evaluation set at a path: the same object each time, so that its judge is trained once. */
  evaluation(path: string): EvaluationSet {
    return this.#evaluations.get(path, () => readKept('evaluation', path));
  }

  /** All tokenised documents of a file of the token cache. */
  documents(path: string): TokenizedDocuments {
    return this.#tokens.get(stateOf(path), () =>
      readCachedTokens(path, { tokens: Number.POSITIVE_INFINITY }),
    );
  }

  /** A vocabulary, and a tokenizer that decodes with it. */
  vocabulary(path: string): { vocabulary: Vocabulary; tokenizer: Tokenizer } {
    return this.#vocabularies.get(path, () => {
      const vocabulary = readKept('vocabularies', path);
      return { vocabulary, tokenizer: decodingTokenizer(vocabulary) };
    });
  }

  /** SHA-256 of a file; null where it cannot be read. */
  hash(path: string): string | null {
    return this.#hashes.get(stateOf(path), () => ({ sha256: hashFile(path) })).sha256;
  }

  /** The revision of this program; null where it is not a clone, or git is missing. */
  revision(): Promise<SourceRevision | null> {
    this.#revision ??= sourceRevision();
    return this.#revision;
  }
}
