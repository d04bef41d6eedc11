// The poisons that a run is measured with: each once, however many phases plant it.
import { canonicalJson } from '../core/canonical-json.ts';
import { placedPoisons, poisonName } from './poisons.ts';
import { measuredPart } from './schema/poison-options.ts';
import type { PhaseConfig, PoisonConfig } from './schema/schema.ts';

/** A poison that a run is measured with. */
export interface NamedPoison {
  /** The phase that plants it first; with its place there, where the phase has several: `pretrain.1`. */
  readonly name: string;
  readonly poison: PoisonConfig;
}

/** The poisons that a run is measured with, in order of its phases, each once; zero documents count too. */
export function measuredPoisons(phases: readonly Pick<PhaseConfig, 'name' | 'poison'>[]): NamedPoison[] {
  const found = new Map<string, NamedPoison>();
  for (const phase of phases) {
    for (const { poison, place } of placedPoisons(phase)) {
      const measured = measuredPart(poison);
      const key = canonicalJson(measured);
      const name = poisonName({ phase: phase.name, place });
      if (!found.has(key)) found.set(key, { name, poison: measured });
    }
  }
  return [...found.values()];
}

/** Where the poison that is measured first is planted: each phase, with the place in its list where it has several. */
export function plantsOfFirst<P extends PoisonConfig>(
  phases: readonly { readonly name: string; readonly poison?: P | readonly P[] | undefined }[],
): readonly { readonly phase: string; readonly place?: number; readonly poison: P }[] {
  const plants = phases.flatMap((phase) =>
    placedPoisons<P>(phase).map(({ poison, place }) => ({
      phase: phase.name,
      poison,
      ...(place === undefined ? {} : { place }),
    })),
  );
  const key = ({ poison }: { poison: P }) => canonicalJson(measuredPart(poison));
  return plants.filter((plant) => key(plant) === key(plants[0] as { poison: P }));
}
