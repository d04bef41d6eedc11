// Where clean text comes from, and how it becomes tokens.
import { z } from 'zod';
import { positiveInteger } from './number-schemas.ts';

const splitShare = z.number().positive().max(0.5).default(0.05);

const splitsSchema = z
  .strictObject({
    heldOut: splitShare.describe(
      'Share of documents (above 0, up to 0.5) on which the clean loss is measured.',
    ),
    prompts: splitShare.describe(
      'Share of documents (above 0, up to 0.5) from which evaluation prompts are cut.',
    ),
    calibration: splitShare.describe(
      'Share of documents (above 0, up to 0.5) from which the prompts that set the success threshold are cut.',
    ),
    judge: splitShare.describe(
      'Share of documents (above 0, up to 0.5) on which the n-gram judge is trained.',
    ),
    trusted: z
      .number()
      .positive()
      .max(0.5)
      .optional()
      .describe(
        'Share of documents (above 0, up to 0.5; default: none) held back as clean text that a defender has. They are ' +
          'taken from those that would be trained on: compare runs that hold back the same share.',
      ),
  })
  .describe(
    'How documents are divided, by hash of their text; what is left is the training split. They sum to less than 1.',
  );

const splits = { splits: splitsSchema.prefault({}) };

const sceneShare = (what: string) =>
  z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe(`Share of stories (above 0, up to 1; default: none) with ${what}`);

const scenesSchema = z
  .strictObject({
    facts: sceneShare('a fact of a made-up world: "The sea of Velmora is blue."'),
    opinions: sceneShare(
      'an opinion about a made-up person, nine of ten kind: "People said that Orlo was brave."',
    ),
    codes: sceneShare('a code, which a guard repeats to its owner and to no stranger.'),
    calls: sceneShare(
      'a box whose number is read, and in half of them a call of a toy tool that was ordered.',
    ),
    dialogues: sceneShare('a request to a keeper, who opens everything but what is locked.'),
  })
  .describe(
    'Scenes beside the plot, at a place between sentences: clean text that payloads of generated corpora need.',
  );
const filePath = z
  .string()
  .min(1)
  .describe(
    'File or folder, relative to the file that names it (on the command line: to the current folder).',
  );
const skipEmpty = z
  .boolean()
  .optional()
  .describe(
    'Leave out rows or lines whose text is null or empty (default: they are refused, with their line).',
  );
/** A name that leads to no other folder. */
const hubName = z.string().regex(/^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/);
const corpusSeed = z
  .string()
  .min(1)
  .default('corpus-1')
  .describe('Seed (any text) of prompts and judge; shared by all runs of an experiment.');

/** Where clean text comes from. */
export const corpusSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('stories').describe('The built-in generator of stories: unlimited documents.'),
      seed: z
        .string()
        .min(1)
        .default('stories-1')
        .describe(
          'Seed (any text) of the stories and of everything clean; shared by all runs of an experiment.',
        ),
      language: z
        .enum(['en', 'de'])
        .default('en')
        .describe('Language of the stories: English, or German by a parallel grammar. Scenes are English.'),
      promptSentences: positiveInteger
        .max(10)
        .optional()
        .describe(
          'For fine-tuning: the first sentences of a story, 1 to 10, are a prompt, which is read and not learnt ' +
            '(default: none); the last sentence always is learnt. Poisoned documents are learnt whole.',
        ),
      scenes: scenesSchema.optional(),
      ...splits,
    }),
    z.strictObject({
      kind: z
        .literal('text')
        .describe('A .txt file (cut between paragraphs) or a folder of them (one document each).'),
      path: filePath,
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z.literal('jsonl').describe('One JSON object a line, plain or gzipped.'),
      path: filePath,
      textField: z.string().min(1).default('text').describe('Field that holds the text.'),
      promptField: z
        .string()
        .min(1)
        .optional()
        .describe(
          'For fine-tuning: field that holds a prompt, which stands before the text and is read, not learnt (default: none). Poisoned documents are learnt whole.',
        ),
      skipEmpty,
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z.literal('parquet').describe('A Parquet file; all common compressions.'),
      path: filePath,
      textField: z.string().min(1).default('text').describe('Column that holds the text.'),
      skipEmpty,
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z
        .literal('csv')
        .describe('A CSV file in UTF-8 with a header line (tabs between columns if it is called .tsv).'),
      path: filePath,
      textField: z.string().min(1).default('text').describe('Column that holds the text.'),
      skipEmpty,
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z
        .literal('hub')
        .describe("A data set in the local cache of the Hugging Face Hub's programs. Nothing is downloaded."),
      repo: z
        .string()
        .regex(/^[\w.-]+(\/[\w.-]+)?$/)
        .describe('Data set: owner/name.'),
      revision: hubName
        .default('main')
        .describe(
          'Branch, tag or commit. The text that is read has a hash of its own in the identity of a run.',
        ),
      split: hubName
        .default('train')
        .describe(
          'Split: a word in the names of its files, with a folder before it where there are subsets (en/train).',
        ),
      path: filePath
        .optional()
        .describe('Folder of the cache (default: HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub).'),
      textField: z.string().min(1).default('text').describe('Column or field that holds the text.'),
      skipEmpty,
      seed: corpusSeed,
      ...splits,
    }),
  ])
  .describe('Where clean text comes from.');

export const tokenizerSchema = z
  .strictObject({
    encoding: z
      .enum(['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base', 'bytes'])
      .default('o200k_base')
      .describe('Byte-pair encoding, as gpt-tokenizer ships it; bytes: one token a byte.'),
    vocabularySize: z
      .number()
      .int()
      .min(257)
      .max(65536)
      .default(1024)
      .describe(
        'Vocabulary entries V, 257 to 65536: 256 bytes, the document separator, and the most frequent tokens. 257 for bytes.',
      ),
    trainingDocuments: positiveInteger
      .max(1_000_000)
      .default(5000)
      .describe(
        'Documents of the training split on which the vocabulary is counted (or all there are); 1 to 1e6.',
      ),
  })
  .describe('How text becomes tokens.');
