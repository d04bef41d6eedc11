// Paths of what runs read, as tasks carry them: relative to the store, so that a task means the same in every process
// and on every machine that sees the store, wherever it is mounted there.
import { isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '../../core/errors.ts';
import type { RunArtefacts } from '../run-event.ts';

type Reserve = NonNullable<RunArtefacts['phases'][number]['reserve']>;

function mapReserve(reserve: Reserve, change: (path: string) => string): Reserve {
  return { ...reserve, ...(reserve.prompts === undefined ? {} : { prompts: change(reserve.prompts) }) };
}

/** Each path of a run's artefacts through a function. */
function mapPaths(artefacts: RunArtefacts, change: (path: string) => string): RunArtefacts {
  return {
    ...artefacts,
    vocabulary: change(artefacts.vocabulary),
    evaluation: change(artefacts.evaluation),
    ...(artefacts.base === undefined ? {} : { base: change(artefacts.base) }),
    phases: artefacts.phases.map((phase) => ({
      ...phase,
      tokens: change(phase.tokens),
      ...(phase.prompts === undefined ? {} : { prompts: change(phase.prompts) }),
      ...(phase.reserve === undefined ? {} : { reserve: mapReserve(phase.reserve, change) }),
      ...(phase.trusted && {
        trusted: {
          ...phase.trusted,
          tokens: change(phase.trusted.tokens),
          cleanTriggers: phase.trusted.cleanTriggers.map((path) => (path === null ? null : change(path))),
        },
      }),
      ...(phase.mix && {
        mix: phase.mix.map(({ prompts, reserve, ...own }) => ({
          ...own,
          tokens: change(own.tokens),
          triggers: own.triggers.map(change),
          ...(prompts === undefined ? {} : { prompts: change(prompts) }),
          ...(reserve === undefined ? {} : { reserve: mapReserve(reserve, change) }),
        })),
      }),
      poisons: phase.poisons.map(({ documents, trigger, cleanTrigger }) => ({
        documents: change(documents),
        trigger: change(trigger),
        cleanTrigger: cleanTrigger === null ? null : change(cleanTrigger),
      })),
    })),
  };
}

/**
 * Artefacts with paths relative to the store, with `/` on every system.
 * @throws InputError for a path outside the store
 */
export function relativeArtefacts(store: string, artefacts: RunArtefacts): RunArtefacts {
  return mapPaths(artefacts, (path) => {
    const inside = relative(store, path);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw new InputError(`${path} is outside the store ${store}`);
    }
    return inside.split(sep).join('/');
  });
}

/** Artefacts of a task as paths that this process can open. */
export function locateArtefacts(store: string, artefacts: RunArtefacts): RunArtefacts {
  return mapPaths(artefacts, (path) => join(store, path));
}
