// BibTeX of what an experiment stands on: the paper whose finding it reproduces, this program, its corpora.
import type { CorpusConfig } from '../config/schema/schema.ts';
import { corporaOf, corpusHashName } from '../recipe/identity.ts';
import type { RunRecord } from '../run/record.ts';
import { escapeLatex } from './latex/escape-latex.ts';

type Fields = Readonly<Record<string, string>>;

/** An entry; values are LaTeX already, keys are ours. */
function entry(kind: 'misc', key: string, fields: Fields): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}},`);
  return `@${kind}{${key},\n${lines.join('\n')}\n}\n`;
}

const PAPER = entry('misc', 'souly2025poisoning', {
  author: 'Souly, Alexandra and others',
  title: '{Poisoning Attacks on {LLMs} Require a Near-constant Number of Poison Samples}',
  year: '2025',
  eprint: '2510.07192',
  archivePrefix: 'arXiv',
  url: 'https://arxiv.org/abs/2510.07192',
});

/** Key of a corpus entry, by its place among the corpora of an experiment. */
export const corpusKey = (index: number) =>
  index === 0 ? 'tinypoison-corpus' : `tinypoison-corpus-${index + 1}`;

/** A corpus of an experiment: its settings, and the SHA-256 of its content. */
export interface CitedCorpus {
  readonly kind: CorpusConfig['kind'];
  readonly seed: string;
  readonly hash: string;
}

/** The corpora of some runs, each once, in the order of the runs and their phases. */
export function citedCorpora(records: readonly RunRecord[]): CitedCorpus[] {
  const all = records.flatMap(({ config, contracts }) =>
    corporaOf(config).map(({ kind, seed }, index) => ({
      kind,
      seed,
      hash: String(contracts[corpusHashName(index)] ?? ''),
    })),
  );
  return [...new Map(all.map((corpus) => [JSON.stringify(corpus), corpus])).values()];
}

/** A hash that a line may end in. */
function breakable(hash: string): string {
  return (hash.match(/.{1,16}/gsu) ?? []).map(escapeLatex).join('\\allowbreak{}');
}

function corpusEntry({ kind, seed, hash }: CitedCorpus, index: number): string {
  const isGenerated = kind === 'stories';
  const note = [
    isGenerated ? `generated with seed ${escapeLatex(seed)}` : 'add author, title and licence of the text',
    ...(hash === '' ? [] : [`SHA-256 of its content: ${breakable(hash)}`]),
  ];
  return entry('misc', corpusKey(index), {
    author: isGenerated ? '{The tinypoison developers}' : '{unknown}',
    title: isGenerated ? '{Generated stories}' : `{Text corpus read from a ${kind} file}`,
    note: note.join('; '),
  });
}

/** references.bib. @param version of this program */
export function bibliography(records: readonly RunRecord[], version: string): string {
  const tool = entry('misc', 'tinypoison', {
    author: '{The tinypoison developers}',
    title: '{tinypoison: count-controlled data-poisoning experiments on tiny transformers}',
    version: escapeLatex(version),
    note: 'Apache-2.0',
  });
  return [PAPER, tool, ...citedCorpora(records).map(corpusEntry)].join('\n');
}
