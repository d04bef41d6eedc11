"""How R grows with the data: for each defence of results/defences-alpha, R of the largest size over R of the smallest, and the
slope of log R over log D, which is alpha with the defence less alpha without. Standard library alone.

  python3 experiments/defences/alpha.py [results/defences-alpha]

R of each size comes from the matrix, paired by seed. Sizes are weighted by the widths of their 90 % intervals and taken as
independent; the interval holds the noise of these runs, not the scatter between sizes."""
import json
import math
import pathlib
import sys

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results/defences-alpha")
cells = {}
for path in sorted(folder.glob("matrix/*.json")):
    cell = json.loads(path.read_text())
    cells.setdefault(cell["defence"], []).append(cell)


def words(estimate, half_width, power=False):
    shown = [estimate, estimate - half_width, estimate + half_width]
    return "{:.2f} ({:.2f} to {:.2f})".format(*[10**value if power else value for value in shown])


for defence, sizes in cells.items():
    points = []
    for cell in sorted(sizes, key=lambda cell: cell.get("tokens", 0)):
        ratio = cell.get("ratio", {})
        if ratio.get("state") != "estimated" or ratio.get("interval") is None or cell.get("falls"):
            print(f"{defence}, {cell['size']}: no R with two ends")
            continue
        low, high = (math.log10(ratio["interval"][end]) for end in ("low", "high"))
        points.append((math.log10(cell["tokens"]), math.log10(ratio["factor"]), (high - low) / 2))
    if len(points) < 2:
        continue
    weights = [half_width**-2 for _, _, half_width in points]
    mean_x = sum(w * x for w, (x, _, _) in zip(weights, points)) / sum(weights)
    spread = sum(w * (x - mean_x) ** 2 for w, (x, _, _) in zip(weights, points))
    slope = sum(w * (x - mean_x) * y for w, (x, y, _) in zip(weights, points)) / spread
    first, last = points[0], points[-1]
    ends = words(last[1] - first[1], math.hypot(first[2], last[2]), power=True)
    print(f"{defence}: R {ends} times from the smallest size to the largest, of {len(points)}; alpha changes by {words(slope, spread**-0.5)}")
