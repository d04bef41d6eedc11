// What a run reads, as values.
import type { EvaluationSet } from '../evaluate/evaluation-set.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { PhaseArtefacts, RunArtefacts } from './artefacts.ts';
import type { MemoReader } from './memo.ts';
import type { PhaseInputs } from './phase-data.ts';

/** What a run is made of, beside its config. */
export interface RunInputs {
  /** Decodes; nothing is encoded while a run goes on. */
  readonly tokenizer: Pick<Tokenizer, 'decode' | 'separatorId' | 'vocabularySize'>;
  readonly evaluation: EvaluationSet;
  /** What a phase is made of, read when it begins. */
  phase(index: number): PhaseInputs;
}

/** The inputs of a phase. */
export function openPhase(
  { tokens, firstDocument, documents, prompts, poison, trigger, cleanTrigger }: PhaseArtefacts,
  reader: MemoReader,
): PhaseInputs {
  return {
    tokens: reader.documents(tokens),
    firstDocument,
    documents,
    ...(prompts === undefined ? {} : { prompts: reader.read('prompts', prompts) }),
    poison:
      poison === null || trigger === null
        ? null
        : {
            documents: reader.read('poison', poison),
            trigger: reader.read('triggers', trigger),
            cleanTrigger: cleanTrigger === null ? null : reader.read('clean-triggers', cleanTrigger),
          },
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
