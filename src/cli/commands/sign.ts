// `tinypoison sign`: a signature on results, or on weights, that others check without this program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readText } from '../../core/node/read-file.ts';
import { ANALYSIS_FILE } from '../../report/file-names.ts';
import { sourceRevision } from '../../run/execute/source-version.ts';
import { ifReadable, readProvenance } from '../../run/store/read-run-file.ts';
import { runFile } from '../../run/store/store.ts';
import { SIGNATURE_FILE, SIGNATURE_FILES, SIGNER_FILE } from '../../sign/check-results.ts';
import { signStatement } from '../../sign/envelope.ts';
import { generateKey, keyId, publicPem, readPrivateKey } from '../../sign/keys.ts';
import { MODEL_SIGNATURE, signEveryFile, signModel } from '../../sign/model-bundle.ts';
import { type Code, type Origin, resultsStatement } from '../../sign/results-statement.ts';
import { hashFiles } from '../../sign/signed-files.ts';
import { holdsResults, type ResultsFolder, readResultsFolder } from '../../verify/results-folder.ts';
import { checkFiles } from '../../verify/verify-results.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  print,
  printJson,
  programVersion,
} from '../command-context.ts';
import { plural } from '../format.ts';

export interface SignOptions {
  readonly key: string;
  readonly generateKey?: boolean;
  readonly weights?: boolean;
  readonly store: string;
  readonly json?: boolean;
}

const unique = <T>(items: readonly T[]) => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

/** Code and kernels that did the runs, as far as the store has them. */
function originOf({ records }: ResultsFolder, store: string): Origin {
  const found = records.flatMap(({ id }) => ifReadable(() => readProvenance(store, id))?.code ?? []);
  const code = found.map(({ version, git }) => ({
    version,
    commit: git?.commit ?? null,
    isClean: git?.isClean ?? null,
  }));
  const kernels = found.flatMap((own) => {
    const { file, sha256 = null } = own.kernels ?? {};
    return file === undefined || sha256 === null ? [] : [{ file, sha256 }];
  });
  return { runs: found.length, code: unique(code), kernels: unique(kernels) };
}

async function ownCode(): Promise<Code> {
  const revision = await sourceRevision();
  return { version: programVersion(), commit: revision?.commit ?? null, isClean: revision?.isClean ?? null };
}

/** @throws InputError where the files do not agree with each other: nobody should sign that */
async function signResults(folder: string, options: SignOptions, context: CommandContext) {
  const key = readPrivateKey(absolutePath(options.key, context));
  const results = readResultsFolder(folder);
  const { findings } = await checkFiles(results);
  const [first] = findings;
  if (first !== undefined)
    throw new InputError(
      `${folder} is not signed: ${first.text}${findings.length === 1 ? '' : ` (and ${findings.length - 1} more)`}; \`tinypoison verify\` shows all`,
    );
  const files = hashFiles(folder, SIGNATURE_FILES);
  const analysis = join(folder, ANALYSIS_FILE);
  const signed = { ...results, files, analysis: existsSync(analysis) ? readText(analysis) : null };
  const origin = originOf(results, absolutePath(options.store, context));
  const statement = resultsStatement(signed, origin, await ownCode());
  const envelope = signStatement(statement, key);
  writeFileAtomic(join(folder, SIGNER_FILE), publicPem(key));
  writeFileAtomic(join(folder, SIGNATURE_FILE), `${JSON.stringify(envelope, null, 2)}\n`);
  signEveryFile(folder, key);
  return { signer: keyId(key), files: files.length, runsWithOrigin: origin.runs };
}

/** The folder with the weights of a run: itself, or `weights` in it. */
function weightsIn(folder: string): string | null {
  return (
    [folder, join(folder, 'weights')].find((path) => existsSync(join(path, 'model.safetensors'))) ?? null
  );
}

function signWeights(folders: readonly string[], options: SignOptions, context: CommandContext) {
  const key = readPrivateKey(absolutePath(options.key, context));
  const files = folders.map((folder) => signModel(folder, key));
  return { signer: keyId(key), models: folders, files: files.reduce((sum, count) => sum + count, 0) };
}

function storedWeights(folder: string, options: SignOptions, context: CommandContext): string[] {
  const store = absolutePath(options.store, context);
  const { records } = readResultsFolder(folder);
  const folders = records
    .map(({ id }) => runFile(store, id, 'weights'))
    .filter((path) => existsSync(join(path, 'model.safetensors')));
  if (folders.length === 0)
    throw new InputError(
      `none of the weights of these ${plural(records.length, 'run')} is in the store ${store}: name it with --store`,
    );
  return folders;
}

async function signTarget(target: string, options: SignOptions, context: CommandContext): Promise<number> {
  const folder = absolutePath(target, context);
  const isResults = holdsResults(folder);
  const weights = isResults ? null : weightsIn(folder);
  if (!isResults && weights === null)
    throw new InputError(
      `${target} holds neither results.jsonl nor model.safetensors: name a folder of results, or of a run's weights`,
    );
  if (weights !== null || options.weights === true) {
    const folders = weights === null ? storedWeights(folder, options, context) : [weights];
    const signed = signWeights(folders, options, context);
    if (options.json) printJson(context, signed);
    else
      print(
        context,
        `${plural(folders.length, 'model')} signed (${MODEL_SIGNATURE}) by the key ${signed.signer}`,
      );
    return ExitCode.done;
  }
  const signed = await signResults(folder, options, context);
  if (options.json) printJson(context, { folder, ...signed });
  else
    print(
      context,
      `${target}: ${plural(signed.files, 'file')} signed (${SIGNATURE_FILE}; ${MODEL_SIGNATURE} for OpenSSF's tool) by the key ${signed.signer}`,
      `Code and kernels of ${plural(signed.runsWithOrigin, 'run')} are named, out of the store.`,
    );
  return ExitCode.done;
}

/** Makes a key, signs a folder, or both. */
export async function signFolder(
  target: string | undefined,
  options: SignOptions,
  context: CommandContext,
): Promise<number> {
  if (target === undefined && options.generateKey !== true)
    throw new InputError(
      'nothing to sign: name a folder of results or weights, or make a key with --generate-key',
    );
  if (options.generateKey === true) {
    const path = absolutePath(options.key, context);
    const made = generateKey(path);
    if (target === undefined && options.json) printJson(context, made);
    else if (!options.json)
      print(
        context,
        `${options.key}: a new private key, for you alone`,
        `${made.publicPath}: its public key, ${made.id}`,
      );
  }
  return target === undefined ? ExitCode.done : await signTarget(target, options, context);
}
