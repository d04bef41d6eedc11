// The grammar of stories from the package's data folder.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileStoryGrammar, type StoryGrammar } from '../story-grammar.ts';

/** Loads a language. The package root is three levels above this file, built or not. */
export function loadStoryGrammar(language: string): StoryGrammar {
  const read = (name: string): string =>
    readFileSync(
      fileURLToPath(new URL(`../../../data/stories/${language}/${name}.yaml`, import.meta.url)),
      'utf8',
    );
  return compileStoryGrammar(language, { words: read('words'), plots: read('plots') });
}
