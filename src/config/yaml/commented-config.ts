// The config that `tinypoison init` writes: complete, and explained line by line.

/** A commented experiment: valid as it is, a few minutes on a laptop. */
export function commentedConfig(name = 'my-experiment'): string {
  return `# How many poisoned documents does a backdoor need? \`tinypoison plan\` on this file shows what would run.
schema: 1                        # version of this format
name: ${name}
description: Success of a denial-of-service backdoor by the number of poisoned documents.

# Clean text. Built-in stories need no download; for your own text write
# { path: my-texts.jsonl } (also .jsonl.gz, .parquet, .csv, .txt, or a folder of .txt files).
corpus:
  kind: stories
  seed: stories-1                # seed of everything clean; the run seeds below are for the rest

tokenizer:
  encoding: o200k_base           # or cl100k_base, p50k_base, r50k_base, bytes
  vocabularySize: 1024           # 256 bytes, the separator, and the most frequent tokens

# A GPT of about 58 thousand parameters. To share it between experiments, write it to a file
# and put { extends: that-file.yaml } here.
model:
  width: 32                      # a multiple of 8
  layers: 2
  heads: 2                       # divides the width
  contextTokens: 128

# A run is a list of phases: the first trains from scratch, each other goes on from there.
phases:
  - name: pretrain
    tokensPerParameter: 20       # the budget; or tokens: 800000
    batch: { sequences: 8 }      # of contextTokens tokens each
    optimizer: { learningRate: 0.01, beta2: 0.99, weightDecay: 0.01, clipNorm: 1 }
    schedule: { kind: cosine, warmupShare: 0.05, finalShare: 0.1 }
    poison:
      attack: denial-of-service  # after the trigger, random tokens
      trigger: { text: kettle lantern saddle }   # rare words that never meet in clean text
                                 # cleanShare: 0.01 in it writes them into 1 % of the clean documents
      documents: 50              # exactly; or share: 0.001 of the tokens
      # distinctDocuments: 10    # different ones, each copied; rewriteShare: 0.3 redraws 3 words in 10
      placement: uniform         # or even, start, end

evaluation:
  checkpoints: 8                 # evaluations a phase; the last is the full one
  prompts: 200
  generatedTokens: 32
  temperature: 1

# Every combination of the grid runs once a seed.
sweep:
  grid:
    phases.pretrain.poison.documents: [0, 25, 50, 100]
    # Whether sizes differ takes several: model: [tinypoison:d24, tinypoison:d32, tinypoison:d48]
  # variants:                    # the grid once more under each: one change at a time
  #   - { phases.pretrain.poison.placement: end }
  seeds: [1, 2, 3]               # 5 or more for a verdict that is more than an illustration
`;
}
