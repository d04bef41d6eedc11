"""Reference values for test/analyse, from SciPy. Run: python make-golden.py > golden.json"""
import json
import platform

import numpy as np
import scipy
from scipy import optimize, special, stats

rng = np.random.default_rng(7)


def wilson(k, n, level, corrected):
    ci = stats.binomtest(k, n).proportion_ci(level, "wilsoncc" if corrected else "wilson")
    return [ci.low, ci.high]


def clopper_pearson(k, n, level):
    ci = stats.binomtest(k, n).proportion_ci(level, "exact")
    return [ci.low, ci.high]


def negative_log_likelihood(theta, points, floor, dilution):
    """k, location relative to the centre, and alpha unless it is given; weighted mean responses."""
    k, m = theta[0], theta[1]
    alpha = theta[2] if dilution is None else dilution
    documents, tokens, asr, weight = (np.array(column) for column in zip(*points))
    eta = k * (np.log10(documents) - m - alpha * (np.log10(tokens) - 6))
    p = floor + (1 - floor) * special.expit(eta)
    return -np.sum(weight * (asr * np.log(p) + (1 - asr) * np.log(1 - p)))


def fit(points, floor, dilution):
    start = [5.0, 1.7, 0.0][: 3 if dilution is None else 2]
    best = optimize.minimize(
        negative_log_likelihood, start, (points, floor, dilution), "Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20000, "maxfev": 20000},
    )
    assert best.success, best.message
    k, m = best.x[:2]
    alpha = float(best.x[2]) if dilution is None else dilution
    return {"steepness": k, "location": m - 6 * alpha, "dilution": alpha, "logQuasiLikelihood": -best.fun}


def points(alpha):
    cells = []
    for tokens in (0.5e6, 1.5e6, 5e6):
        for documents in (10, 25, 50, 100, 250):
            eta = 6 * (np.log10(documents) - 1.7 - alpha * np.log10(tokens / 1e6))
            n = int(rng.integers(1, 8))
            cells.append([documents, tokens, float(rng.binomial(40 * n, special.expit(eta)) / (40 * n)), n])
    return cells


fits = []
for alpha, floor in ((0.0, 0.0), (0.4, 0.05), (1.0, 0.02)):
    cells = points(alpha)
    laws = {name: fit(cells, floor, value) for name, value in (("count", 0.0), ("share", 1.0), ("free", None))}
    fits.append({"floor": floor, "points": cells, "laws": laws})

sample = [0.0, 0.13, 0.5, 0.02, 0.97, 1.0, 0.4]
print(json.dumps({
    "tool": f"scipy {scipy.__version__}, numpy {np.__version__}, python {platform.python_version()}",
    "wilson": [
        {"k": k, "n": n, "level": level, "plain": wilson(k, n, level, False), "corrected": wilson(k, n, level, True),
         "exact": clopper_pearson(k, n, level)}
        for k, n, level in ((0, 5, 0.9), (1, 5, 0.9), (3, 5, 0.9), (5, 5, 0.9), (7, 20, 0.95), (1, 1, 0.9), (49, 50, 0.99))
    ],
    "quantiles": {"values": sample, "at": [[p, float(np.quantile(sample, p))] for p in (0, 0.05, 0.3, 0.5, 0.9, 1)]},
    "normal": [[z, float(stats.norm.cdf(z)), ] for z in (-6.0, -3.5, -2.9, -1.0, 0.0, 0.3, 1.96, 3.2)],
    "normalQuantiles": [[p, float(stats.norm.ppf(p))] for p in (0.0001, 0.05, 0.5, 0.95, 0.995)],
    "student": [[t, df, float(stats.t.cdf(t, df))] for t in (-3.0, -0.5, 0.0, 1.2, 8.0) for df in (1, 4, 30)],
    "studentQuantiles": [[p, df, float(stats.t.ppf(p, df))] for p in (0.01, 0.5, 0.95) for df in (1, 4, 72)],
    "incompleteBeta": [[x, a, b, float(special.betainc(a, b, x))] for x in (0.01, 0.3, 0.9) for a, b in ((0.5, 0.5), (2, 5), (40, 3))],
    "fits": fits,
}, indent=1))
