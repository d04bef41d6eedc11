// Which engine runs the kernels: the fastest that loads and passes its self-test, or the requested one.
import { InputError } from '../core/errors.ts';
import type { Engine } from './engine.ts';
import type { EngineName } from './engine-names.ts';
import { createNativeEngine } from './native/native-engine.ts';
import { createReferenceEngine } from './reference/reference-engine.ts';
import { selfTestProblem } from './self-test/self-test.ts';
import { createWasmEngine } from './wasm/wasm-engine.ts';

/** Something that may give an engine. */
export interface EngineProvider {
  readonly name: EngineName;
  /** The engine, or the reason why it cannot be had. */
  readonly create: () => Engine | { readonly reason: string };
  /** Another build of it, for where the first cannot be had or fails its self-test. */
  readonly createInstead?: () => Engine | { readonly reason: string };
  /** What would make it available. */
  readonly remedy: string;
}

/** All providers, fastest first. */
export const engineProviders: readonly EngineProvider[] = [
  {
    name: 'native',
    create: () => createNativeEngine({ origin: 'compiled' }),
    createInstead: () => createNativeEngine({ origin: 'prebuilt' }),
    remedy: 'Install gcc or clang and run `npm ci` again, or choose `engine: auto`.',
  },
  { name: 'wasm', create: () => createWasmEngine(), remedy: 'Choose `engine: auto`.' },
  {
    name: 'reference',
    create: () => createReferenceEngine({ precision: 'f32' }),
    remedy: 'Choose `engine: auto`.',
  },
];

/** An engine that works, with the reason where it is not the provider's first choice; or why there is none. */
type Trial = { readonly engine: Engine; readonly passedOver?: string } | { readonly reason: string };

function tryProvider({ create, createInstead }: EngineProvider): Trial {
  const first = tryEngine(create());
  if ('engine' in first || createInstead === undefined) return first;
  const second = tryEngine(createInstead());
  if ('engine' in second) return { ...second, passedOver: first.reason };
  return { reason: `${first.reason}; ${second.reason}` };
}

function tryEngine(engine: Engine | { readonly reason: string }): Trial {
  if ('reason' in engine) return engine;
  // The reference defines what is right, and takes long to say it.
  const problem = engine.name === 'reference' ? undefined : selfTestProblem(engine);
  return problem === undefined ? { engine } : { reason: `${engine.detail}: ${problem}` };
}

/** The engine that was chosen, and what its user should know about the choice. */
export interface EngineChoice {
  readonly engine: Engine;
  /** Sentences: engines passed over and why, settings that are ignored. */
  readonly notes: readonly string[];
}

function threadNotes(engine: Engine, threads: number): string[] {
  if (threads === 1 || engine.name === 'native') return [];
  return [`threads: ${threads} is ignored: only the native kernels use more than one thread.`];
}

function chooseFastest(providers: readonly EngineProvider[], threads: number): EngineChoice {
  const notes: string[] = [];
  for (const provider of providers) {
    const trial = tryProvider(provider);
    if ('engine' in trial) {
      return { engine: trial.engine, notes: [...notes, ...threadNotes(trial.engine, threads)] };
    }
    notes.push(`${provider.name} kernels are not used: ${trial.reason}.`);
  }
  throw new InputError(`no engine can run here. ${notes.join(' ')}`);
}

/**
 * Chooses the engine. All give the same bits; they differ in speed.
 * @param options.engine `auto`: the fastest that loads and passes its self-test
 * @param options.threads threads of one run; only the native engine uses more than one
 * @throws InputError where the requested engine cannot be had, with the reason and what to do
 */
export function chooseEngine(
  options: { engine: 'auto' | EngineName; threads?: number },
  providers: readonly EngineProvider[] = engineProviders,
): EngineChoice {
  const threads = options.threads ?? 1;
  if (options.engine === 'auto') return chooseFastest(providers, threads);
  const provider = providers.find(({ name }) => name === options.engine);
  if (provider === undefined) {
    const names = providers.map(({ name }) => name).join(', ');
    throw new InputError(`there is no engine \`${options.engine}\`; there are auto, ${names}`);
  }
  const trial = tryProvider(provider);
  if ('engine' in trial) return { engine: trial.engine, notes: threadNotes(trial.engine, threads) };
  throw new InputError(`engine \`${options.engine}\` cannot be used: ${trial.reason}. ${provider.remedy}`);
}

/** One engine as `doctor` prints it. */
export interface EngineDescription {
  readonly name: EngineName;
  readonly available: boolean;
  /** As text, e.g. `native, AVX-512, tile 8x32`; empty where it is not available. */
  readonly detail: string;
  /** Why it is not available; of an available one, why it is another build than its provider's first choice. */
  readonly reason?: string;
}

/** Every engine, fastest first: whether it works here, and if not, why. */
export function describeEngines(providers: readonly EngineProvider[] = engineProviders): EngineDescription[] {
  return providers.map((provider) => {
    const trial = tryProvider(provider);
    if (!('engine' in trial)) {
      return { name: provider.name, available: false, detail: '', reason: trial.reason };
    }
    const { engine, passedOver } = trial;
    const reason = passedOver === undefined ? {} : { reason: passedOver };
    return { name: provider.name, available: true, detail: engine.detail, ...reason };
  });
}
