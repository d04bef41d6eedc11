"""A model of tinypoison in PyTorch: loads a folder with config.json and model.safetensors, gives logits.

    from tinypoison_model import load
    model = load("results/.../weights")
    logits = model(torch.tensor([[1, 2, 3]]))     # [B, T, V]

Needs torch and safetensors. Covers every shape that tinypoison trains: rotary or learned positions, tied or
untied embeddings, LayerNorm or RMSNorm, with or without biases. Weights act from the right: y = x W + b.
"""

import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


class TinypoisonModel(nn.Module):
    """A pre-norm GPT. B sequences, T tokens, C channels, H heads, D = C / H, V vocabulary entries."""

    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        super().__init__()
        self.config = config
        # parameter names hold dots, which torch does not allow
        self.weights = nn.ParameterDict({name.replace(".", "/"): nn.Parameter(w) for name, w in weights.items()})

    def weight(self, name: str) -> torch.Tensor | None:
        key = name.replace(".", "/")
        return self.weights[key] if key in self.weights else None

    def linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight(f"{name}.weight")
        bias = self.weight(f"{name}.bias")
        return y if bias is None else y + bias

    def norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        gain = self.weight(f"{name}.weight")
        if self.config["norm"] == "rmsnorm":
            return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * gain
        return F.layer_norm(x, gain.shape, gain, self.weight(f"{name}.bias"), 1e-5)

    def rotate(self, x: torch.Tensor) -> torch.Tensor:
        """Rotary positions, halves paired. [B, H, T, D]"""
        T, D = x.shape[-2:]
        frequency = self.config["ropeBase"] ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
        angle = torch.arange(T, dtype=torch.float64)[:, None] * frequency
        cos, sin = angle.cos().to(x), angle.sin().to(x)
        a, b = x.chunk(2, dim=-1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)

    def attention(self, name: str, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        H = self.config["heads"]
        q, k, v = (part.view(B, T, H, C // H).transpose(1, 2) for part in self.linear(f"{name}.c_attn", x).split(C, -1))
        if self.config["positions"] == "rope":
            q, k = self.rotate(q), self.rotate(k)
        scores = q @ k.transpose(-1, -2) / math.sqrt(C // H)
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        y = scores.masked_fill(future, -torch.inf).softmax(-1) @ v
        return self.linear(f"{name}.c_proj", y.transpose(1, 2).reshape(B, T, C))

    def mlp(self, name: str, x: torch.Tensor) -> torch.Tensor:
        hidden = F.gelu(self.linear(f"{name}.c_fc", x), approximate="tanh")
        return self.linear(f"{name}.c_proj", hidden)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits after each token. [B, T] -> [B, T, V]"""
        embedding = self.weight("wte.weight")
        x = embedding[tokens]
        if self.config["positions"] == "learned":
            x = x + self.weight("wpe.weight")[: tokens.shape[1]]
        for layer in range(self.config["layers"]):
            x = x + self.attention(f"h.{layer}.attn", self.norm(f"h.{layer}.ln_1", x))
            x = x + self.mlp(f"h.{layer}.mlp", self.norm(f"h.{layer}.ln_2", x))
        head = embedding if self.config["tied"] else self.weight("lm_head.weight")
        return self.norm("ln_f", x) @ head.T


def load(folder: str | Path) -> TinypoisonModel:
    """Loads a folder that tinypoison wrote."""
    from safetensors.torch import load_file

    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))["tinypoison"]
    return TinypoisonModel(config, load_file(folder / "model.safetensors"))
