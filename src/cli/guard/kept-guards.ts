// What a guard has measured, kept in the store's cache: a stopped one goes on where it was. Other code believes none of it.
import { join } from 'node:path';
import { z } from 'zod';
import { hashValue } from '../../core/hash.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { hasCachedJson, readCachedJson, writeCachedJson } from '../../run/prepare/cached-json.ts';
import { checkingCode } from '../../run/store/checking-code.ts';
import type { GuardedRun } from './guard-groups.ts';

const share = z.number();
const referenceSchema = z.object({
  of: z.string(),
  tokens: z.int().nullable(),
  passes: z.int().nullable(),
}) satisfies z.ZodType<GuardedRun['reference']>;
const keptSchema = z.object({
  reference: referenceSchema,
  uses: z.array(
    z.object({
      defence: z.string(),
      success: share.nullable(),
      withoutTrigger: share.nullable(),
      cleanLossNats: z.number().nullable(),
      changedClean: share,
      changedTriggered: share.nullable(),
      detection: z
        .object({
          auroc: share,
          caughtAtOneInHundred: share,
          threshold: z.number().nullable(),
          caught: share,
          falseAlarms: share,
        })
        .nullable(),
    }),
  ),
}) satisfies z.ZodType<KeptGuard>;

/** What is kept of a run and one of its poisons. */
export type KeptGuard = Pick<GuardedRun, 'reference' | 'uses'>;

/** Folders of the program on which what is measured depends. */
const CODE = [
  ...['analyse', 'cli', 'config', 'core', 'corpus', 'defend', 'evaluate', 'kernels', 'model', 'poison'],
  ...['recipe', 'run', 'tensorflow', 'tokens', 'train'],
];

/** Files named by all that they depend on, this program included. */
export class KeptGuards {
  readonly folder: string;
  readonly #program: readonly string[];

  constructor({ store, engine }: { store: string; engine: EngineOption }) {
    this.folder = join(store, 'cache', 'guard');
    this.#program = [checkingCode(undefined, CODE), arithmeticOf(engine) ?? 'exact'];
  }

  /** Path without an ending. @param key all that the value depends on, besides this program */
  pathOf(key: unknown): string {
    return join(this.folder, hashValue([...this.#program, key]));
  }

  has(key: unknown): boolean {
    return hasCachedJson(`${this.pathOf(key)}.json`);
  }

  /** Reads what is kept; what is not there is made, kept and read, so that both are the same. */
  async keep(key: unknown, make: () => Promise<KeptGuard>): Promise<KeptGuard> {
    const path = `${this.pathOf(key)}.json`;
    if (!hasCachedJson(path)) writeCachedJson(path, await make());
    return readCachedJson(path, keptSchema);
  }
}
