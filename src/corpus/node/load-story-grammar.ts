// The grammar of stories from the package's data folder, or from its sources.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { germanGrammar } from '../languages/story-languages.ts';
import { compileStoryGrammar, type StoryGrammar } from '../story-grammar.ts';

/** Loads a language. The package root is three levels above this file, built or not. */
export function loadStoryGrammar(language: string): StoryGrammar {
  if (language === 'de') return germanGrammar();
  const read = (name: string): string =>
    readFileSync(
      fileURLToPath(new URL(`../../../data/stories/${language}/${name}.yaml`, import.meta.url)),
      'utf8',
    );
  return compileStoryGrammar(language, { words: read('words'), plots: read('plots') });
}
