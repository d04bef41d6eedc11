// The poisons of a phase: one by itself, or several in a list.
import type { Filler } from './schema/filler-schema.ts';

/** A phase as far as its poisons go. */
interface Poisonable<P> {
  readonly poison?: P | readonly P[] | undefined;
}

const isList = <P>(poison: P | readonly P[]): poison is readonly P[] => Array.isArray(poison);

/** The poisons of a phase in their order; none for a phase without. */
export function poisonsOf<P extends object>({ poison }: Poisonable<P>): readonly P[] {
  if (poison === undefined) return [];
  return isList(poison) ? poison : [poison];
}

/** Poisons as a phase holds them: nothing, one by itself, or a list of several. */
export function withPoisons<P extends object>(poisons: readonly P[]): { poison?: P | readonly P[] } {
  const [first, ...others] = poisons;
  if (first === undefined) return {};
  return { poison: others.length === 0 ? first : poisons };
}

/** Whether clean text stands in the place of some poison: a twin, or a run with some of its documents replaced. */
export function isTwin({
  phases,
}: {
  readonly phases: readonly Poisonable<{ readonly filler?: Filler | undefined }>[];
}): boolean {
  return phases.flatMap(poisonsOf).some(({ filler = 'none' }) => filler !== 'none');
}

/** Poisoned documents planted over some phases, each in every poison counted. */
export function plantedDocuments(phases: readonly Poisonable<{ readonly documents: number }>[]): number {
  return phases.flatMap(poisonsOf).reduce((sum, { documents }) => sum + documents, 0);
}

/** What a poison goes by in records: its phase, and its place (from 0) where the phase has several. */
export function poisonName(poison: { readonly phase: string; readonly place?: number | undefined }): string {
  return poison.place === undefined ? poison.phase : `${poison.phase}.${poison.place}`;
}

/** The poisons of a phase, each with the place by which records tell it from others of the phase. */
export function placedPoisons<P extends object>(
  phase: Poisonable<P>,
): readonly { readonly poison: P; readonly index: number; readonly place?: number }[] {
  const poisons = poisonsOf(phase);
  return poisons.map((poison, index) => ({ poison, index, ...(poisons.length > 1 ? { place: index } : {}) }));
}
