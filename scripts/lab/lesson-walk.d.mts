import type { Browser } from 'puppeteer-core';
import type { Lesson } from './lesson-steps.d.mts';

/** An action of a lesson, done. */
export interface DoneAction {
  readonly minutes: string;
  readonly name: string;
  readonly seconds: number;
  readonly said: string;
}
export function walk(
  lesson: Lesson,
  room: {
    readonly browser: Browser;
    readonly address: string;
    readonly tools: object;
    readonly isSmall?: boolean;
    readonly onAction?: (action: DoneAction) => void;
  },
): Promise<{ readonly done: readonly DoneAction[]; readonly words: Readonly<Record<string, number>> }>;
