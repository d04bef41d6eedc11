"""Recomputes committed claims from the released tables alone, and says where they differ from what was published.

Nothing of tinypoison is used: results.csv is read with pandas, curves are fitted with SciPy. The formulas are those of
docs/statistics.md. Run it from anywhere: python experiments/recompute.py (needs numpy, scipy, pandas).
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit
from scipy.stats import t as student

RESULTS = Path(__file__).resolve().parent.parent / 'results'


def final_runs(experiment):
    """One row a finished run: the full evaluation at its end, with and without the trigger."""
    table = pd.read_csv(RESULTS / experiment / 'results.csv', low_memory=False)
    table = table[(table.status == 'done') & (table.full == True)]
    table = table[table.checkpoint == table.groupby('run').checkpoint.transform('max')]
    clean = table[table.condition == 'clean'].set_index('run').success_share.rename('without_trigger')
    return table[table.condition == 'trigger'].join(clean, on='run')


def fit(x, y, weight, floor):
    """Steepness k and place m of p = floor + (1 - floor) σ(k (x - m)) by quasi-likelihood, and that likelihood."""
    def loss(parameters):
        p = np.clip(floor + (1 - floor) * expit(parameters[0] * (x - parameters[1])), 1e-12, 1 - 1e-12)
        return -np.sum(weight * (y * np.log(p) + (1 - y) * np.log(1 - p)))
    starts = [(k, m) for k in (4, 10) for m in np.quantile(x, (0.3, 0.5, 0.7))]
    bounds = [(0.5, 30), (x.min() - 2, x.max() + 2)]
    best = min((minimize(loss, start, bounds=bounds, method='L-BFGS-B') for start in starts), key=lambda f: f.fun)
    best = minimize(loss, best.x, bounds=bounds, method='Nelder-Mead', options={'xatol': 1e-9, 'fatol': 1e-11, 'maxiter': 4000})
    return best.x[0], best.x[1], -best.fun


def half_success(k, m, floor):
    share = (0.5 - floor) / (1 - floor)
    return m + np.log(share / (1 - share)) / k


def own_curves(runs, measure):
    """log10 D, log10 P50 and its variance for each size, ρ, and the quasi-likelihood of all curves."""
    floor = runs[runs.poison_documents == 0][measure].mean()
    poisoned = runs[runs.poison_documents > 0]
    fits, residuals, likelihood = [], [], 0.0
    for tokens, size in poisoned.groupby('tokens'):
        x, y = np.log10(size.poison_documents.to_numpy(float)), size[measure].to_numpy(float)
        k, m, own = fit(x, y, np.ones(len(x)), floor)
        p = floor + (1 - floor) * expit(k * (x - m))
        fits.append((np.log10(tokens), x, k, m, p))
        residuals.append((y, np.clip(p, 1e-6, 1 - 1e-6)))
        likelihood += own
    y, p = (np.concatenate(column) for column in zip(*residuals))
    pearson = np.sum((y - p) ** 2 / (p * (1 - p))) / (len(y) - 2 * len(fits))
    rho = pearson / max(0.1, 1 + np.mean((1 - 2 * p) * (y - p) / (p * (1 - p))))  # Fletcher 2012
    units = []
    for log_tokens, x, k, m, p in fits:
        place, s = half_success(k, m, floor), expit(k * (x - m))
        w = ((1 - floor) * s * (1 - s)) ** 2 / (p * (1 - p))
        u = x - place
        information = w.sum() - (w * u).sum() ** 2 / (w * u * u).sum()
        units.append((log_tokens, place, rho / (information * k * k)))
    return np.array(units), rho, likelihood, floor, poisoned


def slope_for_new_sizes(units):
    """Random-effects line: τ² by Paule and Mandel, interval by Knapp and Hartung with q at least 1."""
    x, y, v = units.T
    freedom = len(x) - 2
    def line(tau2):
        w = 1 / (v + tau2)
        center = np.sum(w * x) / w.sum()
        spread = np.sum(w * (x - center) ** 2)
        slope = np.sum(w * (x - center) * y) / spread
        rest = y - np.sum(w * y) / w.sum() - slope * (x - center)
        return slope, spread, np.sum(w * rest ** 2)
    low, high = 0.0, 1.0
    if line(0)[2] > freedom:
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if line(middle)[2] > freedom else (low, middle)
    slope, spread, squares = line((low + high) / 2 if line(0)[2] > freedom else 0.0)
    reach = student.ppf(0.95, freedom) * np.sqrt(max(1, squares / freedom) / spread)
    return slope, slope - reach, slope + reach


def clean_loss_change(runs):
    """Poisoned minus control of the same size and seed; mean by seed, then Student's interval."""
    controls = runs[runs.poison_documents == 0].set_index(['tokens', 'seed']).clean_loss_nats
    poisoned = runs[runs.poison_documents > 0]
    change = poisoned.clean_loss_nats.to_numpy() - controls.loc[list(zip(poisoned.tokens, poisoned.seed))].to_numpy()
    means = pd.Series(change).groupby(poisoned.seed.to_numpy()).mean()
    reach = student.ppf(0.95, len(means) - 1) * means.std() / np.sqrt(len(means))
    return means.mean(), means.mean() - reach, means.mean() + reach


def knee_beats_power(runs):
    """QAIC of the power law minus that of the knee: as many parameters, so twice the likelihoods' difference over ρ."""
    _, rho, _, floor, poisoned = own_curves(runs, 'success_share')
    p, d, y = (poisoned[name].to_numpy(float) for name in ('poison_documents', 'tokens', 'success_share'))
    def best(shift, low, high):
        at = lambda value: -fit(np.log10(p) - shift(value), y, np.ones(len(y)), floor)[2]
        return -minimize_scalar(at, bounds=(low, high), method='bounded', options={'xatol': 1e-4}).fun
    knee = best(lambda log_knee: np.log10(1 + d / 10 ** log_knee), 5, 8)
    power = best(lambda alpha: alpha * np.log10(d), -1, 2)
    return (2 * (knee - power) / rho,)


def published(experiment, claim):
    analysis = json.loads((RESULTS / experiment / 'analysis.json').read_text())
    if claim == 'knee':
        laws = {law['law']: law['qaic'] for law in analysis['groups'][0]['comparison']['laws']}
        return (laws['power'] - laws['knee'],)
    found = next(item for item in analysis['claims'] if item['id'] == claim)
    return found['estimate'], found['interval']['low'], found['interval']['high']


def main():
    headline, ladder, volume = (final_runs(name) for name in ('constant-count-3', 'constant-count', 'clean-volume'))
    slope = lambda runs, measure: slope_for_new_sizes(own_curves(runs, measure)[0])
    rows = [
        ('constant-count-3', 'count-law', 'α for new sizes, sustained effect', slope(headline, 'effect_above_half'), 0.005),
        ('constant-count-3', 'paper-measure', "α by the paper's measure", slope(headline, 'paper_success_share'), 0.005),
        ('constant-count', 'count-law', 'α for new sizes', slope(ladder, 'success_share'), 0.005),
        ('constant-count', 'paper-measure', "α by the paper's measure", slope(ladder, 'paper_success_share'), 0.005),
        ('constant-count', 'clean-loss', 'change of clean loss, nats/token', clean_loss_change(ladder), 1e-4),
        ('clean-volume', 'dilution', 'α over amounts of data', slope(volume, 'success_share'), 0.005),
        ('clean-volume', 'knee', 'QAIC, power law minus knee', knee_beats_power(volume), 0.5),
    ]
    wrong = 0
    for experiment, claim, words, found, tolerance in rows:
        stated = published(experiment, claim)
        same = np.allclose(found, stated, atol=tolerance, rtol=0)
        wrong += not same
        shown = [' '.join(f'{value:.4g}' for value in numbers) for numbers in (found, stated)]
        print(f"{'same' if same else 'DIFFERS'}: {experiment}, {words}: {shown[0]} (published {shown[1]})")
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
