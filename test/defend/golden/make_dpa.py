# Writes dpa.json: winners and certified radii of votes, as the program of Levine and Feizi (2021) computes them, for
# test/model/ensemble.test.ts. Their lines are run from their file and not copied here.
# Usage: pip install numpy==2.2.1; python test/defend/golden/make_dpa.py certify.py
# with SupContrast/certify.py of github.com/alevine0/DPA at 37bc151e9ef441684a6970ff6adebf9501dea271
import json
import pathlib
import random
import sys
import textwrap

import numpy

source = pathlib.Path(sys.argv[1]).read_text().splitlines()
first = next(i for i, line in enumerate(source) if line.startswith("idxsort"))
last = next(i for i, line in enumerate(source) if line.startswith("diffs"))
published = textwrap.dedent("\n".join(source[first : last + 1]))

CLASSES = 10
random.seed(11)
votes = []
for members in (1, 2, 3, 5, 9, 50):
    for skew in (0.0, 0.5, 1.0, 2.0, 4.0):
        for _ in range(8):
            order = random.sample(range(CLASSES), CLASSES)
            weights = [(place + 1) ** -skew for place in range(CLASSES)]
            votes.append([order[random.choices(range(CLASSES), weights)[0]] for _ in range(members)])
counts = numpy.array([[own.count(c) for c in range(CLASSES)] for own in votes], dtype=float)
names = {"numpy": numpy, "predinctionsnp": counts}
exec(published, names)
golden = {
    "tool": "alevine0/DPA 37bc151, SupContrast/certify.py",
    "votes": votes,
    "winners": [int(own) for own in names["idx"]],
    "radii": [int(own) for own in names["diffs"]],
}
path = pathlib.Path(__file__).with_name("dpa.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
