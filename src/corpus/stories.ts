// The built-in corpus: small stories with a beginning, a middle and an end, told from plots and word lists. A seed
// and a number give a story, so that there is no end to them and any of them can be told alone.
import { CORPUS_CONTRACT } from '../core/contracts.ts';
import { hashValue } from '../core/hash.ts';
import { type RandomStream, randomStream } from '../core/random.ts';
import type { Corpus, Document } from './document.ts';
import { SCENES_VERSION, type SceneShares, withScenes } from './scenes/scenes.ts';
import type { Plot, SentencePart, StoryGrammar, Word } from './story-grammar.ts';

/** The stories of a seed. */
export interface StoryCorpus extends Corpus {
  readonly unlimited: true;
  /** Story `index` (from 0): the same as the index-th of `documents()`. */
  documentAt(index: number): Document;
}

/** An item, earlier ones likelier (index floor(n u^2)), which makes some words rare as in real text. */
function chooseEarly<T>(items: readonly T[], random: RandomStream): T {
  const u = random.uniform();
  return items[Math.floor(items.length * u * u)] as T;
}

/** One word for each role; no word serves twice. */
function castRoles(plot: Plot, grammar: StoryGrammar, random: RandomStream): Readonly<Record<string, Word>> {
  const taken = new Set<Word>();
  const cast: Record<string, Word> = {};
  for (const [role, list] of plot.cast) {
    const words = grammar.lists[list];
    if (words === undefined) throw new Error(`plot ${plot.name}: there is no word list "${list}"`);
    let word = chooseEarly(words, random);
    while (taken.has(word)) word = chooseEarly(words, random);
    taken.add(word);
    cast[role] = word;
  }
  return cast;
}

function tellPart(part: SentencePart, cast: Readonly<Record<string, Word>>, random: RandomStream): string {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'choice') return random.choose(part.texts);
  const text = cast[part.role]?.[part.form];
  if (text === undefined) throw new Error(`no word is cast for {${part.role}.${part.form}}`);
  return part.capital ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** The sentences of one story. */
function tellStory(grammar: StoryGrammar, random: RandomStream): string[] {
  const plot = random.choose(grammar.plots);
  const cast = castRoles(plot, grammar, random);
  const sentences: string[] = [];
  for (const beat of plot.beats) {
    if (beat.chance < 1 && random.uniform() >= beat.chance) continue;
    const parts = random.choose(beat.sentences);
    sentences.push(parts.map((part) => tellPart(part, cast, random)).join(''));
  }
  return sentences;
}

/** One story in the language of a grammar. */
export function tellStoryText(grammar: StoryGrammar, random: RandomStream): string {
  return tellStory(grammar, random).join(' ');
}

/**
 * The unlimited corpus of stories of a seed in the language of a grammar.
 * @param options.promptSentences first sentences of a story that are its prompt; the last never is
 * @param options.scenes that stories hold beside their plot; default: none
 */
export function createStoryCorpus(options: {
  seed: string;
  grammar: StoryGrammar;
  promptSentences?: number | undefined;
  scenes?: SceneShares | undefined;
}): StoryCorpus {
  const { seed, grammar, promptSentences, scenes } = options;
  const { language } = grammar;
  const documentAt = (index: number): Document => {
    const story = tellStory(grammar, randomStream(seed, 'stories', language, index));
    const streamOf = (scene: string) => randomStream(seed, 'scene', scene, index);
    const sentences = scenes === undefined ? story : withScenes(story, { shares: scenes, streamOf });
    const prompt = sentences.slice(0, Math.min(promptSentences ?? 0, sentences.length - 1)).join(' ');
    return {
      id: `story-${index}`,
      text: sentences.join(' '),
      ...(promptSentences === undefined ? {} : { promptCharacters: prompt.length }),
      origin: `stories:${language}`,
    };
  };
  return {
    ...(promptSentences === undefined ? {} : { promptRule: `${promptSentences} sentences` }),
    contentHash: hashValue({
      contract: CORPUS_CONTRACT,
      language,
      data: grammar.hash,
      seed,
      ...(scenes === undefined ? {} : { scenes, scenesVersion: SCENES_VERSION }),
    }),
    unlimited: true,
    documentAt,
    async *documents() {
      for (let index = 0; ; index++) yield documentAt(index);
    },
  };
}
