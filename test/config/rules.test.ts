import { describe, expect, it } from 'vitest';
import { minimal, parse, problemsOf } from './fixtures.ts';

describe('rules between fields', () => {
  it.each([
    [
      'what a defender has leaves something to train on',
      'name: test',
      'name: test\ncorpus: { kind: stories, splits: { heldOut: 0.4, judge: 0.3, trusted: 0.2 } }',
      'corpus.splits: the shares sum to 1',
    ],
    [
      'a trigger is not written into prompts',
      'poison:\n      attack: noise\n      trigger: { text: quartz lantern }',
      'corpus: { kind: stories, promptSentences: 1 }\n    poison:\n      attack: noise\n      trigger: { text: a, cleanShare: 0.1 }',
      'phases.pretrain.poison.trigger.cleanShare: the trigger is not written into documents with prompts',
    ],
    [
      'points belong to a phase',
      'name: test',
      'name: test\nevaluation: { points: { aftr: [0.5] } }',
      'evaluation.points.aftr: no phase is called aftr; did you mean after?',
    ],
    [
      'points rise',
      'name: test',
      'name: test\nevaluation: { points: { after: [0.1, 0.5, 0.5] } }',
      'evaluation.points.after.2: 0.5 does not follow 0.5',
    ],
    [
      'heads divide the width',
      'heads: 2',
      'heads: 5',
      'e.yaml:3:39 model.heads: must divide the width: 32 / 5 is not whole',
    ],
    [
      'a rotary head is even',
      'heads: 2',
      'heads: 32',
      'rotary positions need an even head dimension, but 32 / 32 is 1',
    ],
    [
      'bytes are 257 entries',
      'name: test',
      'name: test\ntokenizer: { encoding: bytes }',
      'e.yaml:3:1 tokenizer.vocabularySize: encoding bytes has 257 entries',
    ],
    [
      'a phase has a budget',
      '    tokensPerParameter: 1\n',
      '',
      'e.yaml:11:5 phases.after: needs a budget: give tokens or tokensPerParameter',
    ],
    [
      'a phase has one budget',
      'tokens: 100000',
      'tokens: 100000\n    tokensPerParameter: 20',
      'e.yaml:6:13 phases.pretrain.tokens: give either',
    ],
    [
      'poison has an amount',
      '      documents: 10\n',
      '',
      'phases.pretrain.poison: needs an amount: give documents or share',
    ],
    [
      'poison has one amount',
      'documents: 10',
      'documents: 10\n      share: 0.1',
      'e.yaml:11:14 phases.pretrain.poison.share: give either documents or share',
    ],
    [
      'different documents are among the poisoned ones',
      'documents: 10',
      'documents: 10\n      distinctDocuments: 11',
      'e.yaml:11:26 phases.pretrain.poison.distinctDocuments: 11 different documents cannot be among 10 poisoned ones; give at most 10',
    ],
    [
      'only copies are rewritten',
      'documents: 10',
      'documents: 10\n      rewriteShare: 0.5',
      'e.yaml:11:21 phases.pretrain.poison.rewriteShare: rewrites copies, and without distinctDocuments there are none',
    ],
    [
      'a budget is a step at least',
      'tokens: 100000',
      'tokens: 1023',
      'e.yaml:6:13 phases.pretrain.tokens: the budget is below one optimizer step of 1024 tokens',
    ],
    [
      'each epoch is a step at least',
      'tokens: 100000',
      'tokens: 5000\n    epochs: 5',
      'below one optimizer step of 1024 tokens in each of 5 epochs',
    ],
    [
      'poison fits an epoch',
      'documents: 10',
      'documents: 2000',
      '2000 documents of about 80 tokens do not fit the 99328 tokens of an epoch',
    ],
    [
      'phases have names of their own',
      'name: after',
      'name: pretrain',
      'another phase is called pretrain too',
    ],
    [
      'light prompts are among the prompts',
      'name: test',
      'name: test\nevaluation: { prompts: 40, lightPrompts: 50 }',
      '50 is more than the 40 prompts of the full evaluation',
    ],
    [
      'prompt lengths are a range',
      'name: test',
      'name: test\nevaluation: { promptTokens: { minimum: 50 } }',
      'e.yaml:3:40 evaluation.promptTokens.minimum: 50 is above the maximum, 40',
    ],
    [
      'prompt and generation fit the context',
      'name: test',
      'name: test\nevaluation: { generatedTokens: 88 }',
      'do not fit a context of 128',
    ],
    [
      'splits leave something to train on',
      'name: test',
      'name: test\ncorpus: { kind: stories, splits: { judge: 0.5, prompts: 0.45 } }',
      'corpus.splits: the shares sum to',
    ],
    [
      'a split is not empty',
      'name: test',
      'name: test\ncorpus: { kind: stories, splits: { calibration: 0 } }',
      'corpus.splits.calibration must be above 0, not 0',
    ],
    [
      'the kind of a corpus fits its file',
      'name: test',
      'name: test\ncorpus: { kind: jsonl, path: a.parquet }',
      'write kind: parquet',
    ],
    [
      "a phase's corpus obeys the same rules",
      'name: after',
      'name: after\n    corpus: { kind: text, path: a.jsonl }',
      'e.yaml:12:21 phases.after.corpus.kind: text does not fit',
    ],
    [
      'a share is a document at least',
      'documents: 10',
      'share: 0.0000001',
      'e.yaml:10:14 phases.pretrain.poison.share: 1e-7 of the 99328 tokens of an epoch is less than half a document',
    ],
    [
      'a trigger can be seen',
      'quartz lantern',
      '" "',
      'e.yaml:9:24 phases.pretrain.poison.trigger.text: is blank',
    ],
    [
      'a trigger is well-formed',
      'quartz lantern',
      String.raw`"\ud800"`,
      'trigger.text: holds a lone surrogate',
    ],
    ['a trigger has no NUL', 'quartz lantern', String.raw`"a\0b"`, 'trigger.text: holds a NUL'],
    [
      'stories are divided alike in every phase',
      'name: after',
      'name: after\n    corpus: { kind: stories, splits: { judge: 0.1 } }',
      'phases.after.corpus.splits: the experiment',
    ],
    [
      'a file is divided alike in every phase',
      'name: test',
      'name: test\ncorpus: { path: a.jsonl, seed: other }\nphases: [{ name: p, tokens: 2000, corpus: { path: ./a.jsonl } }]\nx:',
      'phases.p.corpus.seed: the experiment',
    ],
    [
      'moments are for AdamW',
      'name: after',
      'name: after\n    optimizer: { kind: sgd, beta2: 0.95 }',
      'e.yaml:12:36 phases.after.optimizer.beta2: has no effect with kind: sgd; leave it out',
    ],
    [
      'a base is for rotary positions',
      'heads: 2',
      'heads: 2, positions: learned, ropeBase: 500',
      'model.ropeBase: has no effect with positions: learned; leave it out',
    ],
  ])('%s', (_, from, to, message) => {
    expect(problemsOf(minimal)).toEqual([]);
    expect(problemsOf(minimal.replace(from, to)).join('\n')).toContain(message);
  });

  it('let a phase have texts of its own, and the same texts divided alike', () => {
    const own = (corpus: string) =>
      problemsOf(minimal.replace('name: after', `name: after\n    corpus: ${corpus}`));
    expect(own('{ kind: stories, seed: others, splits: { judge: 0.1 } }')).toEqual([]);
    expect(own('{ kind: stories }')).toEqual([]);
    expect(own('{ kind: stories, promptSentences: 2 }')).toEqual([]);
  });

  it.each([
    ['path: a.jsonl', 'path: a.jsonl, promptField: ask', 'promptField: ask here, but none in the experiment'],
    ['path: a.jsonl, promptField: ask', 'path: a.jsonl', 'promptField: none here, but ask in the experiment'],
    ['path: a.csv', 'path: a.csv, textField: body', 'textField: body here, but text in the experiment'],
    ['kind: csv, path: a.dat', 'kind: text, path: a.dat', 'kind: text here, but csv in the experiment'],
  ])('no phase reads other texts of the same file: %s, then %s', (shared, own, message) => {
    const text = (phase: string) =>
      minimal
        .replace('name: test', `name: test\ncorpus: { ${shared} }`)
        .replace('name: after', `name: after\n    corpus: { ${phase} }`);
    expect(problemsOf(text(shared))).toEqual([]);
    expect(problemsOf(text(own.replace('path: a.', 'path: b.')))).toEqual([]);
    const found = problemsOf(text(own));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`phases.after.corpus.${message}`);
    expect(found[0]).toMatch(/^e\.yaml:13:.*holds back; give the same .* in both, or name another file/);
  });

  it('no phase reads stories of the same seed with other scenes', () => {
    const own = (corpus: string) =>
      problemsOf(minimal.replace('name: after', `name: after\n    corpus: ${corpus}`));
    expect(own('{ kind: stories, scenes: { calls: 0.1 } }').join()).toMatch(
      /corpus\.scenes: {"calls":0\.1} here, but none in the experiment's corpus of the same seed.* or another seed/,
    );
    expect(own('{ kind: stories, seed: other, scenes: { calls: 0.1 } }')).toEqual([]);
  });

  it('let a field that does nothing stand at its default, as stored configs have it', () => {
    const stored = 'optimizer: { kind: sgd, beta1: 0.9, beta2: 0.99, epsilon: 1.0e-8 }';
    expect(problemsOf(minimal.replace('name: after', `name: after\n    ${stored}`))).toEqual([]);
  });

  it('can require that the files of corpora are there', () => {
    const text = minimal.replace('name: test', 'name: test\ncorpus: { path: gone.jsonl }');
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { corporaExist: true }).join('\n')).toMatch(
      /^e\.yaml:3:17 corpus\.path: .*gone\.jsonl is not there; name a file/,
    );
  });

  it('let few prompts be all that a light evaluation has', () => {
    const few = (fields: string) => minimal.replace('name: test', `name: test\nevaluation: { ${fields} }`);
    expect(parse(few('prompts: 20')).config.evaluation.lightPrompts).toBe(20);
    expect(parse(few('prompts: 60')).config.evaluation.lightPrompts).toBe(50);
    expect(parse(minimal, { set: ['evaluation.prompts=10'] }).config.evaluation.lightPrompts).toBe(10);
    expect(problemsOf(few('prompts: 20, lightPrompts: 30')).join()).toContain('is more than the 20 prompts');
    expect(problemsOf(few('prompts: 3'))).toHaveLength(1);
  });

  it('are checked beside other problems', () => {
    const text = minimal
      .replace('heads: 2', 'heads: 5, bias: true')
      .replace('tokens: 100000', 'tokens: 100\n    batch: { sequences: x }');
    const found = problemsOf(text).join('\n');
    expect(found).toContain('unknown field bias');
    expect(found).toContain('must divide the width');
    expect(found).toContain('sequences must be a number');
  });

  it('allow generation up to the last place of the context', () => {
    expect(
      problemsOf(minimal.replace('name: test', 'name: test\nevaluation: { generatedTokens: 87 }')),
    ).toEqual([]);
  });
});
