"""A model of tinypoison in NumPy, without PyTorch: loads a folder with config.json and model.safetensors, gives logits.

    from tinypoison_numpy import load
    logits = load("results/.../weights")([[1, 2, 3]])     # [B, T, V], float64

Needs NumPy alone. The formulas are those of tinypoison_model.py, for every shape that tinypoison trains; inference only,
and slow: to read a model, not to use it. B sequences, T tokens, C channels, H heads, D = C / H, V vocabulary entries.
"""

import json
import math
from pathlib import Path

import numpy as np


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """The f32 arrays of a safetensors file, as float64: 8 bytes of header length, a JSON header, the data."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}; tinypoison writes F32")
        first, end = entry["data_offsets"]
        values = np.frombuffer(data[start + first : start + end], dtype="<f4")
        arrays[name] = values.reshape(entry["shape"]).astype(np.float64)
    return arrays


class NumpyModel:
    """A pre-norm GPT. Weights act from the right: y = x W + b."""

    def __init__(self, config: dict, weights: dict[str, np.ndarray]):
        self.config = config
        self.weights = weights

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"] + self.weights.get(f"{name}.bias", 0)

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        if self.config["norm"] != "rmsnorm":
            x = x - x.mean(-1, keepdims=True)
        scaled = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.weights[f"{name}.weight"] + self.weights.get(f"{name}.bias", 0)

    def rotate(self, x: np.ndarray) -> np.ndarray:
        """Rotary positions, halves paired. [B, H, T, D]"""
        T, D = x.shape[-2:]
        angle = np.arange(T)[:, None] * self.config["ropeBase"] ** (-np.arange(0, D, 2) / D)
        a, b = np.split(x, 2, axis=-1)
        cos, sin = np.cos(angle), np.sin(angle)
        return np.concatenate((a * cos - b * sin, b * cos + a * sin), axis=-1)

    def attention(self, name: str, x: np.ndarray) -> np.ndarray:
        B, T, C = x.shape
        H = self.config["heads"]
        parts = np.split(self.linear(f"{name}.c_attn", x), 3, axis=-1)
        q, k, v = (part.reshape(B, T, H, C // H).transpose(0, 2, 1, 3) for part in parts)
        if self.config["positions"] == "rope":
            q, k = self.rotate(q), self.rotate(k)
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(C // H)
        scores = np.where(np.triu(np.ones((T, T), dtype=bool), 1), -np.inf, scores)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        y = weights / weights.sum(-1, keepdims=True) @ v
        return self.linear(f"{name}.c_proj", y.transpose(0, 2, 1, 3).reshape(B, T, C))

    def mlp(self, name: str, x: np.ndarray) -> np.ndarray:
        h = self.linear(f"{name}.c_fc", x)
        gelu = 0.5 * h * (1 + np.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        return self.linear(f"{name}.c_proj", gelu)

    def __call__(self, tokens) -> np.ndarray:
        """Logits after each token. [B, T] -> [B, T, V]"""
        tokens = np.asarray(tokens)
        embedding = self.weights["wte.weight"]
        x = embedding[tokens]
        if self.config["positions"] == "learned":
            x = x + self.weights["wpe.weight"][: tokens.shape[1]]
        for layer in range(self.config["layers"]):
            x = x + self.attention(f"h.{layer}.attn", self.norm(f"h.{layer}.ln_1", x))
            x = x + self.mlp(f"h.{layer}.mlp", self.norm(f"h.{layer}.ln_2", x))
        head = embedding if self.config["tied"] else self.weights["lm_head.weight"]
        return self.norm("ln_f", x) @ head.T


def load(folder: str | Path) -> NumpyModel:
    """Loads a folder that tinypoison wrote."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))["tinypoison"]
    return NumpyModel(config, read_safetensors(folder / "model.safetensors"))
