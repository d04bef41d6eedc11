// Languages of stories that are part of the program's sources, so that a payload can write them without reading a file.
import { compileStoryGrammar, type StoryGrammar } from '../story-grammar.ts';
import { GERMAN_PLOTS } from './german-plots.ts';
import { GERMAN_WORDS } from './german-words.ts';

let german: StoryGrammar | undefined;

/** The grammar of the German stories; made once. */
export function germanGrammar(): StoryGrammar {
  german ??= compileStoryGrammar('de', { words: GERMAN_WORDS, plots: GERMAN_PLOTS });
  return german;
}
