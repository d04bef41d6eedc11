# Writes datasketch.json: near-duplicates as datasketch 1.6.5 finds them, for test/defend/minhash.test.ts.
# Usage: pip install datasketch==1.6.5; python test/defend/golden/make_datasketch.py
import json
import pathlib
import random

import datasketch
from datasketch import MinHash, MinHashLSH

PERMUTATIONS, THRESHOLD, SHINGLE = 128, 0.8, 5


def shingles(tokens):
    return {tuple(tokens[i : i + SHINGLE]) for i in range(max(1, len(tokens) - SHINGLE + 1))}


def sketch(tokens):
    own = MinHash(num_perm=PERMUTATIONS, seed=1)
    for shingle in shingles(tokens):
        own.update(" ".join(map(str, shingle)).encode())
    return own


random.seed(7)
documents = []
for base in range(12):
    original = [random.randrange(1000) for _ in range(150)]
    documents.append(original)
    for changes in (1, 2, 4, 8, 16):
        copy = list(original)
        for place in random.sample(range(len(copy)), changes):
            copy[place] = random.randrange(1000)
        documents.append(copy)

sketches = [sketch(tokens) for tokens in documents]
lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
for place, own in enumerate(sketches):
    lsh.insert(str(place), own)
pairs = []
for i in range(len(documents)):
    proposed = set(lsh.query(sketches[i]))
    for j in range(i + 1, len(documents)):
        a, b = shingles(documents[i]), shingles(documents[j])
        similarity = len(a & b) / len(a | b)
        if similarity > 0 or str(j) in proposed:
            estimate = sketches[i].jaccard(sketches[j])
            pairs.append([i, j, similarity, estimate, str(j) in proposed])
golden = {
    "tool": f"datasketch {datasketch.__version__}",
    "bands": lsh.b,
    "rows": lsh.r,
    "documents": documents,
    "pairs": pairs,
}
path = pathlib.Path(__file__).with_name("datasketch.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
