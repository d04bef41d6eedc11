// What a signature on results says: their files by hash, and in plain fields what they are the results of.
// docs/signing.md describes the predicate; a field that changes its meaning gets another type.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { sha256 } from '../core/node/sha256.ts';
import { parseJson } from '../core/read-json.ts';
import { CONFIG_FILE } from '../report/checksums.ts';
import { ANALYSIS_FILE, RECORDS_FILE } from '../report/file-names.ts';
import type { RunRecord } from '../run/record.ts';
import { STATEMENT_TYPE } from './envelope.ts';
import type { SignedFile } from './signed-files.ts';

export const PREDICATE_TYPE = 'https://tinypoison/results/v1';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const codeSchema = z.strictObject({
  version: z.string().max(100),
  commit: z.string().max(100).nullable(),
  isClean: z.boolean().nullable(),
});

const kernelsSchema = z.strictObject({ file: z.string().max(200), sha256: hash });

/** Code and kernels that did runs, as far as the store told when they were signed. */
const originSchema = z.strictObject({
  runs: z.int().min(0),
  code: z.array(codeSchema).max(1000),
  kernels: z.array(kernelsSchema).max(1000),
});

const predicateSchema = z.strictObject({
  experiment: z.string().max(200),
  config: hash.nullable(),
  records: z.strictObject({ sha256: hash, runs: z.int().min(1), runIds: hash }),
  corpora: z.array(z.string().max(200)).max(1000),
  verdict: z.strictObject({ status: z.string().max(100), headline: z.string().max(2000) }).nullable(),
  origin: originSchema,
  signer: z.strictObject({ ...codeSchema.shape, kernels: kernelsSchema }),
});

export const statementSchema = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z
    .array(z.strictObject({ name: z.string().max(500), digest: z.strictObject({ sha256: hash }) }))
    .max(100_000),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: predicateSchema,
});

export type ResultsStatement = z.infer<typeof statementSchema>;
export type Origin = z.infer<typeof originSchema>;
export type Code = z.infer<typeof codeSchema>;

/** What of a folder of results the statement is about. */
export interface SignedResults {
  readonly name: string;
  readonly records: readonly RunRecord[];
  readonly files: readonly SignedFile[];
  /** Text of analysis.json; null where there is none. */
  readonly analysis: string | null;
}

const verdictSchema = z.looseObject({
  verdict: z.looseObject({ status: z.string(), headline: z.string() }),
});

function verdictOf(analysis: string | null): ResultsStatement['predicate']['verdict'] {
  if (analysis === null) return null;
  const { verdict } = parseJson(analysis, verdictSchema, {
    file: 'analysis.json',
    what: 'analysis',
    remedy: 'write the report again with `tinypoison report`',
  });
  return { status: verdict.status.slice(0, 100), headline: verdict.headline.slice(0, 2000) };
}

const hashOf = (files: readonly SignedFile[], name: string) =>
  files.find((file) => file.name === name)?.sha256;

/** The part of the predicate that follows from the files, and can be made again by whoever has them. */
export function derivedPredicate({ name, records, files, analysis }: SignedResults) {
  const corpora = records.flatMap(({ contracts }) =>
    Object.entries(contracts).flatMap(([key, value]) =>
      key.startsWith('corpusHash') ? [String(value)] : [],
    ),
  );
  return {
    experiment: name.slice(0, 200),
    config: hashOf(files, CONFIG_FILE) ?? null,
    records: {
      sha256: hashOf(files, RECORDS_FILE) ?? '',
      runs: records.length,
      runIds: sha256(records.map(({ id }) => `${id}\n`).join('')),
    },
    corpora: [...new Set(corpora)].sort(),
    verdict: hashOf(files, ANALYSIS_FILE) === undefined ? null : verdictOf(analysis),
  };
}

/** The portable kernels of this program, which all others have to agree with to the bit. */
function ownKernels(): z.infer<typeof kernelsSchema> {
  const file = 'kernels/wasm/kernels.wasm';
  return { file, sha256: sha256(readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)))) };
}

/** The statement on a folder of results. @param code of the program that signs */
export function resultsStatement(results: SignedResults, origin: Origin, code: Code): ResultsStatement {
  return {
    _type: STATEMENT_TYPE,
    subject: results.files.map((file) => ({ name: file.name, digest: { sha256: file.sha256 } })),
    predicateType: PREDICATE_TYPE,
    predicate: { ...derivedPredicate(results), origin, signer: { ...code, kernels: ownKernels() } },
  };
}
