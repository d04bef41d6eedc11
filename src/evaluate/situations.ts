// The situations that payloads put prompts into, the same under every condition.
import { randomStream } from '../core/random.ts';
import type { BoundPayload, Situation } from '../poison/payload.ts';
import { appendText } from '../poison/trigger.ts';

/** The situation of one of a payload's prompts; null where it needs none. */
export function situationOf(
  payload: Pick<BoundPayload, 'situate'>,
  { seed, prompt }: { seed: string | number; prompt: number },
): Situation | null {
  return payload.situate?.(randomStream(seed, 'situation', prompt)) ?? null;
}

/** A prompt in a situation, changed by a trigger between the two parts of it. */
export function situatePrompt(
  prompt: string,
  situation: Situation | null,
  apply: (text: string) => string = (text) => text,
): string {
  if (situation === null) return apply(prompt);
  const { before, query } = situation;
  const written = apply(before === '' ? prompt : appendText(prompt, before));
  return query === '' ? written : appendText(written, query);
}
