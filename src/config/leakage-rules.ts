// No phase trains on what the evaluation holds back.
import { canonicalJson } from '../core/canonical-json.ts';
import type { Breach } from './evaluation-rules.ts';
import type { CorpusConfig } from './schema/schema.ts';
import type { FieldPath } from './yaml/located.ts';

/** What the texts of a corpus come from; the seed of a file's corpus only divides them. */
export function sourceOf(corpus: CorpusConfig): string {
  if (corpus.kind === 'hub')
    return `hub ${corpus.repo} ${corpus.revision} ${corpus.split} ${corpus.path ?? ''}`;
  return corpus.kind === 'stories' ? `stories ${corpus.language} ${corpus.seed}` : corpus.path;
}

/**
 * Fields that make the texts of a file. A text belongs to a split by its hash, its prompt included; the prompt of a
 * story is part of the same text.
 */
function textFields(corpus: CorpusConfig): Readonly<Record<string, string>> {
  if (corpus.kind === 'text') return { kind: corpus.kind };
  if (corpus.kind === 'stories') {
    const { kind, scenes } = corpus;
    return { kind, ...(scenes === undefined ? {} : { scenes: canonicalJson(scenes) }) };
  }
  const { kind, textField } = corpus;
  const promptField = kind === 'jsonl' ? corpus.promptField : undefined;
  return { kind, textField, ...(promptField === undefined ? {} : { promptField }) };
}

/** One source is read and divided alike everywhere, or a phase would train on what the evaluation holds back. */
export function* leakageRules(own: CorpusConfig, shared: CorpusConfig, path: FieldPath): Generator<Breach> {
  if (sourceOf(own) !== sourceOf(shared)) return;
  const [here, there] = [textFields(own), textFields(shared)];
  const differing = ['kind', 'scenes', 'textField', 'promptField'].find(
    (field) => here[field] !== there[field],
  );
  if (differing !== undefined) {
    yield {
      path: [...path, differing],
      message:
        `${here[differing] ?? 'none'} here, but ${there[differing] ?? 'none'} in the experiment's corpus of the same ` +
        `${own.kind === 'stories' ? 'seed' : 'file'}: other texts are divided otherwise, so that this phase would train on what the evaluation holds back; ` +
        `give the same ${differing} in both, or ${own.kind === 'stories' ? 'another seed' : 'name another file'}`,
    };
    return;
  }
  const field = own.seed === shared.seed ? 'splits' : 'seed';
  if (canonicalJson(own[field]) === canonicalJson(shared[field])) return;
  yield {
    path: [...path, field],
    message:
      `the experiment's corpus divides the same texts with other ${field}, so that this phase would train on what ` +
      `the evaluation holds back; give the same seed and splits`,
  };
}
