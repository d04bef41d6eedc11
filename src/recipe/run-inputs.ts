// What a run reads, as values.
import type { EvaluationSet } from '../evaluate/evaluation-set.ts';
import { sumFrequencies } from '../poison/trigger-frequency.ts';
import type { Example } from '../tokens/example.ts';
import { documentTokens, type TokenizedDocuments } from '../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { PhaseArtefacts, RunArtefacts } from './artefacts.ts';
import type { MemoReader } from './memo.ts';
import type { PhaseInputs } from './phase/phase-data.ts';
import { examplesWith } from './phase/prepare-trusted.ts';

/** What a run is made of, beside its config. */
export interface RunInputs {
  /** Decodes; nothing is encoded while a run goes on. */
  readonly tokenizer: Pick<Tokenizer, 'decode' | 'separatorId' | 'vocabularySize'>;
  readonly evaluation: EvaluationSet;
  /** Weights that the first phase starts from, by name; left out: it starts from scratch. */
  base?(): ReadonlyMap<string, Float32Array>;
  /** What a phase is made of, read when it begins. */
  phase(index: number): PhaseInputs;
}

/** Clean documents as examples. */
function readExamples(
  { firstDocument, documents, prompts }: Pick<PhaseArtefacts, 'firstDocument' | 'documents' | 'prompts'>,
  { encoded, reader }: { encoded: TokenizedDocuments; reader: MemoReader },
): Example[] {
  const lossFrom = prompts === undefined ? [] : reader.read('prompts', prompts);
  return Array.from({ length: documents }, (_, place) => ({
    tokens: documentTokens(encoded, firstDocument + place),
    lossFrom: lossFrom[place] ?? 0,
  }));
}

/** Trusted text, with triggers written into some of it as into the clean text of the phase. */
function readTrusted(
  { tokens, documents, cleanTriggers }: NonNullable<PhaseArtefacts['trusted']>,
  reader: MemoReader,
): Example[] {
  return examplesWith(
    { encoded: reader.documents(tokens), documents },
    cleanTriggers.flatMap((ref) => (ref === null ? [] : reader.read('clean-triggers', ref))),
  );
}

/** The inputs of a phase. */
export function openPhase(
  { tokens, firstDocument, documents, prompts, poisons, reserve, trusted, mix = [] }: PhaseArtefacts,
  reader: MemoReader,
): PhaseInputs {
  const encoded = reader.documents(tokens);
  const mixed = mix.map((own) => ({ ...own, encoded: reader.documents(own.tokens) }));
  return {
    tokens: encoded,
    ...(reserve === undefined
      ? {}
      : {
          reserves: [{ reserve, encoded }, ...mixed].map((own) =>
            own.reserve === undefined ? [] : readExamples(own.reserve, { encoded: own.encoded, reader }),
          ),
        }),
    firstDocument,
    documents,
    ...(trusted === undefined ? {} : { trusted: () => readTrusted(trusted, reader) }),
    ...(mix.length === 0
      ? {}
      : { mixed: mixed.map((own) => readExamples(own, { encoded: own.encoded, reader })) }),
    ...(prompts === undefined ? {} : { prompts: reader.read('prompts', prompts) }),
    poisons: poisons.map((poison, place) => ({
      documents: reader.read('poison', poison.documents),
      trigger: sumFrequencies(
        [poison.trigger, ...mix.map(({ triggers }) => triggers[place] as string)].map((ref) =>
          reader.read('triggers', ref),
        ),
      ),
      cleanTrigger: poison.cleanTrigger === null ? null : reader.read('clean-triggers', poison.cleanTrigger),
    })),
  };
}

/** The inputs of a run. */
export function openInputs(
  artefacts: Pick<RunArtefacts, 'evaluation' | 'phases'>,
  options: { reader: MemoReader; tokenizer: RunInputs['tokenizer'] },
): RunInputs {
  const { reader, tokenizer } = options;
  return {
    tokenizer,
    evaluation: reader.read('evaluation', artefacts.evaluation),
    phase: (index) => openPhase(artefacts.phases[index] as PhaseArtefacts, reader),
  };
}
