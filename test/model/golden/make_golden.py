"""Golden numbers of the GPT from PyTorch's automatic differentiation: logits, losses, gradients, ten AdamW steps.

    python test/model/golden/make_golden.py          writes golden-<case>.json beside this file

Weights, tokens and masks come from integer formulas, so that no file has to hold them. Arrays are stored as their
largest magnitude, root mean square, eight elements, and the sum of element times a fixed pattern, which sees them all.
"""

import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "data" / "python"))
from tinypoison_model import TinypoisonModel  # noqa: E402

COMMON = {"contextTokens": 16, "ropeBase": 1000, "initStandardDeviation": 0.02}
CASES = {
    "rope-tied": {"V": 61, "width": 32, "layers": 2, "heads": 2, "positions": "rope", "tied": True, "biases": False, "norm": "layernorm"},
    "learned-untied-biases": {"V": 48, "width": 32, "layers": 2, "heads": 4, "positions": "learned", "tied": False, "biases": True, "norm": "layernorm"},
    "head-24-rmsnorm-masked": {"V": 37, "width": 48, "layers": 1, "heads": 2, "positions": "rope", "tied": True, "biases": True, "norm": "rmsnorm", "masked": True},
    "width-20": {"V": 33, "width": 20, "layers": 2, "heads": 2, "positions": "rope", "tied": False, "biases": False, "norm": "rmsnorm"},
}
OPTIMIZER = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weightDecay": 0.1, "clipNorm": 1.0}
SEQUENCES, STEPS = 2, 10


def pattern(count: int, salt: int) -> torch.Tensor:
    """(i * 7919 + salt * 104729) mod 10007 / 10007 - 0.5: exact in double precision everywhere."""
    i = torch.arange(count, dtype=torch.int64)
    return ((i * 7919 + salt * 104729) % 10007).double() / 10007 - 0.5


def shapes(case: dict) -> dict[str, list[int]]:
    """Parameters by name."""
    V, C, T = case["V"], case["width"], COMMON["contextTokens"]
    result = {"wte.weight": [V, C]}
    if case["positions"] == "learned":
        result["wpe.weight"] = [T, C]

    def norm(name):
        result[f"{name}.weight"] = [C]
        if case["norm"] == "layernorm":
            result[f"{name}.bias"] = [C]

    def linear(name, rows, columns):
        result[f"{name}.weight"] = [rows, columns]
        if case["biases"]:
            result[f"{name}.bias"] = [columns]

    for l in range(case["layers"]):
        norm(f"h.{l}.ln_1")
        linear(f"h.{l}.attn.c_attn", C, 3 * C)
        linear(f"h.{l}.attn.c_proj", C, C)
        norm(f"h.{l}.ln_2")
        linear(f"h.{l}.mlp.c_fc", C, 4 * C)
        linear(f"h.{l}.mlp.c_proj", 4 * C, C)
    norm("ln_f")
    if not case["tied"]:
        result["lm_head.weight"] = [V, C]
    return result


def weights(case: dict) -> dict[str, torch.Tensor]:
    result = {}
    for salt, (name, shape) in enumerate(sorted(shapes(case).items())):
        count = torch.tensor(shape).prod().item()
        values = pattern(count, salt) * (0.5 if len(shape) == 2 else 0.25)
        if len(shape) == 1 and name.endswith("weight"):
            values = values + 1
        result[name] = values.reshape(shape)
    return result


def batch(case: dict, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token p of sequence s is (3 p^2 + 7 p + 5 s + 11 step) mod V; every third target is masked where asked."""
    T = COMMON["contextTokens"]
    p = torch.arange(T + 1)[None, :]
    s = torch.arange(SEQUENCES)[:, None]
    tokens = (3 * p * p + 7 * p + 5 * s + 11 * step) % case["V"]
    mask = ((p[:, :T] + s) % 3 != 0) if case.get("masked") else torch.ones(SEQUENCES, T, dtype=torch.bool)
    return tokens[:, :-1], tokens[:, 1:], mask


def loss_of(model, case: dict, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    inputs, targets, mask = batch(case, step)
    logits = model(inputs)
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return logits, losses, (losses * mask).sum() / mask.sum()


def summary(values: torch.Tensor) -> dict:
    flat = values.detach().double().flatten()
    at = [(k * (flat.numel() - 1)) // 7 for k in range(8)]
    return {
        "max": flat.abs().max().item(),
        "rms": flat.square().mean().sqrt().item(),
        "elements": [flat[i].item() for i in at],
        "projection": (flat * pattern(flat.numel(), 1)).sum().item(),
    }


def train(case: dict, dtype: torch.dtype) -> dict:
    model = TinypoisonModel({**COMMON, **case}, {k: w.to(dtype) for k, w in weights(case).items()})
    named = {name.removeprefix("weights.").replace("/", "."): w for name, w in model.named_parameters()}
    decay = OPTIMIZER["weightDecay"]
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for w in named.values() if w.ndim == 2], "weight_decay": decay},
            {"params": [w for w in named.values() if w.ndim == 1], "weight_decay": 0.0},
        ],
        lr=OPTIMIZER["learningRate"],
        betas=(OPTIMIZER["beta1"], OPTIMIZER["beta2"]),
        eps=OPTIMIZER["epsilon"],
        foreach=False,
    )
    result = {"stepLosses": [], "gradientNorms": []}
    for step in range(STEPS):
        optimizer.zero_grad()
        logits, losses, loss = loss_of(model, case, step)
        loss.backward()
        norm = torch.sqrt(sum(w.grad.double().square().sum() for w in named.values())).item()
        if step == 0:
            result["logits"] = summary(logits)
            result["tokenLosses"] = summary(losses)
            result["gradients"] = {name: summary(w.grad) for name, w in named.items()}
        for w in named.values():
            w.grad.mul_(min(1.0, OPTIMIZER["clipNorm"] / norm))
        optimizer.step()
        result["stepLosses"].append(loss.item())
        result["gradientNorms"].append(norm)
    result["finalParameters"] = {name: summary(w) for name, w in named.items()}
    return result


def main() -> None:
    for name, case in CASES.items():
        single = train(case, torch.float32)
        golden = {
            "tool": f"PyTorch {torch.__version__.split('+')[0]}, float64, CPU; make_golden.py",
            "case": {**COMMON, **case},
            "optimizer": OPTIMIZER,
            "sequences": SEQUENCES,
            **train(case, torch.float64),
            "float32StepLosses": single["stepLosses"],
        }
        (HERE / f"golden-{name}.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
