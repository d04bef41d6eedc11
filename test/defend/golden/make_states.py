# Writes states.json: scores and clusters of a small case by published implementations, for test/defend/states.test.ts.
# Usage: pip install adversarial-robustness-toolbox==1.20.1 scikit-learn==1.9.1 numpy==2.4.6 packaging requests Pillow six tqdm
#        python test/defend/golden/make_states.py
import json
import pathlib

import numpy as np
from art.defences.detector.poison.activation_defence import cluster_activations
from art.defences.detector.poison.spectral_signature_defense import SpectralSignatureDefense
from sklearn.covariance import ShrunkCovariance

rng = np.random.default_rng(11)
WIDTH = 12
mixing = rng.normal(size=(WIDTH, WIDTH))
clean = rng.normal(size=(60, WIDTH)) @ mixing
odd = rng.normal(size=(6, WIDTH)) @ mixing * 0.3 + 14 * rng.normal(size=WIDTH)
trusted = np.round(rng.normal(size=(50, WIDTH)) @ mixing, 6)
phase = np.round(np.concatenate([clean, odd]), 6)

# ART projects the rows themselves; the paper (Algorithm 1), and we, project them less their mean.
centred = phase - phase.mean(axis=0)
spectral = SpectralSignatureDefense.spectral_signature_scores(centred)[:, 0]

np.random.seed(3)
clusters, _ = cluster_activations([phase], nb_clusters=2, nb_dims=10, reduce="PCA")

shrunk = ShrunkCovariance(shrinkage=0.01).fit(trusted)

path = pathlib.Path(__file__).parent / "states.json"
path.write_text(
    json.dumps(
        {
            "made": "ART 1.20.1, scikit-learn 1.9.1, numpy 2.4.6, make_states.py",
            "phase": phase.tolist(),
            "trusted": trusted.tolist(),
            "spectral": spectral.tolist(),
            "clusters": [int(c) for c in clusters[0]],
            "mahalanobis": shrunk.mahalanobis(phase).tolist(),
            "variances": sorted(np.linalg.eigvalsh(np.cov(phase.T, bias=True)).tolist(), reverse=True),
        }
    )
    + "\n"
)
