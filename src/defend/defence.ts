// What a defence is: its options, and what it does to a phase. Blind by construction: it sees examples, gradients and
// weights, never where examples came from.
import type { z } from 'zod';
import type { ScoringDemand } from '../config/schema/schema.ts';
import type { ModelSignal } from '../model/signals.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { Example } from '../tokens/example.ts';
import type { GradientRule } from '../train/gradient-rule.ts';

/** What a filter says of examples, one entry each. */
export interface FilterVerdict {
  readonly kept: readonly boolean[];
  /**
   * How suspicious each is, finite; the higher, the more: none that is kept scores above one that is removed. The recipe joins
   * them with where examples came from, so that a ROC curve can be drawn whatever the threshold. Left out by filters without a score.
   */
  readonly scores?: ArrayLike<number>;
  /** Documents of the defender's own, which are trained on, evenly among the others: the end of the phase leaves room. */
  readonly added?: readonly Example[];
}

/** A data defence: looks at all examples of a phase before it is trained on. */
export interface ExampleFilter {
  readonly name: string;
  /**
   * It judges nothing: it chooses the part of the data that the phase is trained on, document by document, spare ones
   * included. Left out: other clean documents take the place of what it removes.
   */
  readonly divides?: true;
  judge(examples: readonly Example[]): FilterVerdict;
}

/** A defence after training: changes the weights once, after the last step of its phase. */
export interface WeightRepair {
  readonly name: string;
  /** What it needs of the model beyond its weights. */
  readonly needs: readonly ModelSignal[];
  /** @param model trained; what it is left with is evaluated, stored, and trained on in the next phase */
  apply(model: TrainableModel): void;
}

/** What a defence may use. */
export interface DefenceContext {
  /** Of the phase and of the defence's place in it: two defences of a phase never draw the same numbers. */
  readonly seed: string;
  /** Text of token ids. */
  decode(tokens: ArrayLike<number>): string;
  readonly vocabularySize: number;
  /** Id of the token between documents. */
  readonly separatorId: number;
  /**
   * The first documents of the trusted text of the phase's corpus: clean, and not trained on. Fewer where there are no more.
   * Read while a filter judges or weights are repaired, at most as many as it wants (`trusted` of a defence).
   */
  trusted(documents: number): readonly Example[];
  /**
   * Hidden states of documents, one vector each, in a model that was trained on the phase as this defence finds it: behind the
   * defences before it, without itself and those behind it. For a defence that wants them (`judgesBy` of a defence).
   * @param request.layer 0: the embeddings; l: the output of block l; null: the last, normalised
   * @param request.pool the mean over a document's tokens, or the state after the last
   * @returns [documents][C]; zeros for a document without tokens
   */
  states(
    documents: readonly Example[],
    request: { readonly layer: number | null; readonly pool: 'mean' | 'last' },
  ): readonly ArrayLike<number>[];
  /**
   * Loss of every token of documents, nats, in that model after a share of its steps; the first follows the separator. For a
   * defence that wants such a point (`judgesBy` of a defence).
   * @returns [documents][tokens]
   */
  losses(documents: readonly Example[], trainedShare: number): readonly ArrayLike<number>[];
}

/** What a defence brings to a phase; neither at strength zero. */
export interface BoundDefence {
  readonly filter?: ExampleFilter;
  readonly gradient?: GradientRule;
  readonly repair?: WeightRepair;
}

/** Documents of trusted text; both 0 at strength zero. */
export interface TrustedDemand {
  /** As many as it reads where there are as many. */
  readonly wanted: number;
  /** Fewer than these do not do. */
  readonly least: number;
}

/** One kind of defence. */
export interface Defence {
  /** Name in the config. */
  readonly kind: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** zod fields of its options, each with a default or optional; they stand beside `kind` in the YAML. */
  readonly options: z.ZodRawShape;
  /** What it reads of trusted text at these settings; left out: nothing. */
  trusted?(settings: unknown): TrustedDemand;
  /** The model that it judges documents by at these settings, which is trained first; left out or null: there is none. */
  judgesBy?(settings: unknown): ScoringDemand | null;
  /** Optimizer steps, of one micro-batch each, that its repair takes at these settings; left out: none. */
  repairSteps?(settings: unknown): number;
  /** @param settings its mapping in the config, `kind` included; parsed here, once */
  bind(settings: unknown, context: DefenceContext): BoundDefence;
}
