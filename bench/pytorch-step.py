"""The same model in PyTorch: GPT with learned positions, no biases, tied head, LayerNorm, AdamW, one thread.

Reads one JSON request a line, {"row": {...}, "what": "eager" | "fused" | "generate", "seconds": s}, and answers each
with {"tokensPerSecond": x}. The first line it writes describes PyTorch.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(d)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.norm2 = nn.LayerNorm(d)
        self.up = nn.Linear(d, 4 * d, bias=False)
        self.down = nn.Linear(4 * d, d, bias=False)

    def split(self, x):
        B, T, C = x.shape
        return [t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in self.qkv(x).split(C, 2)]

    def feed_forward(self, x):
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.split(self.norm1(x))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, C))
        return self.feed_forward(x)

    def step(self, x, keys, values, position):
        """One token a row. x [B][1][C]; keys, values [B][H][T][D]"""
        B, _, C = x.shape
        q, k, v = self.split(self.norm1(x))
        keys[:, :, position : position + 1] = k
        values[:, :, position : position + 1] = v
        y = F.scaled_dot_product_attention(q, keys[:, :, : position + 1], values[:, :, : position + 1])
        x = x + self.out(y.transpose(1, 2).reshape(B, 1, C))
        return self.feed_forward(x)


class GPT(nn.Module):
    def __init__(self, V, d, L, h, T):
        super().__init__()
        self.tokens = nn.Embedding(V, d)
        self.positions = nn.Embedding(T, d)
        self.blocks = nn.ModuleList([Block(d, h) for _ in range(L)])
        self.norm = nn.LayerNorm(d)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, x, y):
        h = self.tokens(x) + self.positions.weight
        for block in self.blocks:
            h = block(h)
        logits = self.norm(h) @ self.tokens.weight.t()
        return F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))

    def step(self, x, caches, position):
        h = (self.tokens(x) + self.positions.weight[position])[:, None]
        for block, (keys, values) in zip(self.blocks, caches):
            h = block.step(h, keys, values, position)
        return self.norm(h[:, 0]) @ self.tokens.weight.t()


def create_trainer(row, fused):
    V, d, L, h, T, B = (row[name] for name in ("V", "d", "L", "h", "T", "B"))
    torch.manual_seed(0)
    model = GPT(V, d, L, h, T)
    options = {"fused": True} if fused else {"foreach": True}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, **options)
    x = torch.randint(0, V, (B, T))
    y = torch.randint(0, V, (B, T))

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = model(x, y)
        loss.backward()
        optimizer.step()
        return B * T

    return train


def create_generator(row, prompts=64):
    """Continues prompts of a quarter of the context by half a context, with a cache."""
    V, d, L, h, T = (row[name] for name in ("V", "d", "L", "h", "T"))
    torch.manual_seed(0)
    model = GPT(V, d, L, h, T)
    prompt = torch.randint(0, V, (prompts, T // 4))
    shape = (prompts, h, T, d // h)

    @torch.inference_mode()
    def generate():
        caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(L)]
        token = prompt[:, 0]
        for position in range(T // 4 + T // 2 - 1):
            logits = model.step(token, caches, position)
            if position + 1 < T // 4:
                token = prompt[:, position + 1]
            else:
                token = torch.multinomial(torch.softmax(logits, 1), 1)[:, 0]
        return prompts * (T // 2)

    return generate


def measure(work, seconds, clock):
    end = time.perf_counter() + seconds
    start = clock()
    tokens = work()
    while time.perf_counter() < end:
        tokens += work()
    return tokens / (clock() - start)


def main():
    clock = time.process_time if sys.argv[1:] == ["cpu"] else time.perf_counter
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(json.dumps({"version": torch.__version__, "parallel": torch.__config__.parallel_info()}), flush=True)
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = json.dumps([request["row"], request["what"]])
        if key not in made:
            what = request["what"]
            create = create_generator if what == "generate" else lambda row: create_trainer(row, what == "fused")
            made.clear()
            made[key] = create(request["row"])
            for _ in range(3 if what != "generate" else 1):
                made[key]()
        print(json.dumps({"tokensPerSecond": measure(made[key], request["seconds"], clock)}), flush=True)


main()
