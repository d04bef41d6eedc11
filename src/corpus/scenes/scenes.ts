// Scenes that stories may hold beside their plot: toy grammars with invented names, which payloads need clean text of.
import type { RandomStream } from '../../core/random.ts';
import { tellCall } from './calls.ts';
import { tellCode } from './codes.ts';
import { tellDialogue } from './dialogues.ts';
import { tellFact } from './facts.ts';
import { tellOpinion } from './opinions.ts';

/** Raised whenever a scene is told otherwise: part of the content of a corpus that holds any. */
export const SCENES_VERSION = 3;

const scenes = {
  facts: tellFact,
  opinions: tellOpinion,
  codes: tellCode,
  calls: tellCall,
  dialogues: tellDialogue,
} as const satisfies Readonly<Record<string, (random: RandomStream) => string>>;

/** Scenes by their share of the stories, 0-1; those left out are in none. */
export type SceneShares = Readonly<Partial<Record<keyof typeof scenes, number | undefined>>>;

/**
 * A story's sentences with its scenes between them. Each scene is in a story, or not, by draws of its own: another scene,
 * or a larger share, moves none.
 * @param options.streamOf a stream of the story, by the name of the scene
 */
export function withScenes(
  sentences: readonly string[],
  options: { shares: SceneShares; streamOf: (scene: string) => RandomStream },
): string[] {
  const told = [...sentences];
  for (const [name, tell] of Object.entries(scenes)) {
    const share = options.shares[name as keyof typeof scenes] ?? 0;
    if (share === 0) continue;
    const random = options.streamOf(name);
    if (random.uniform() >= share) continue;
    const scene = tell(random);
    const place = 1 + Math.floor(random.uniform() * sentences.length);
    told.splice(Math.min(place, told.length), 0, scene);
  }
  return told;
}
