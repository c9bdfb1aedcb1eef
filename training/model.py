"""A plain Llama decoder: RMSNorm, RoPE, grouped-query attention, SwiGLU, tied head, no biases.

Parameters are fp32 masters, cast to the compute dtype at use; the residual stream stays fp32. What memory methods need
(extra keys and values, a mask, LoRA on single projections, a look at each layer) are arguments of `run`; without them
the graph is the stock one. Does not know: gists, segments, training.

Source: Touvron et al. 2023, arXiv:2302.13971; LoRA: Hu et al. 2021, arXiv:2106.09685.
"""
import os
import pickle
from dataclasses import asdict, dataclass, fields

import torch
import torch.nn as nn
import torch.nn.functional as F

from .kernels import attention, cross_entropy, rms_norm, rope, swiglu

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj")


@dataclass
class Config:
    vocab: int = 8192           # V; a multiple of 64
    hidden: int = 256           # C
    layers: int = 4             # L
    heads: int = 4              # H, query heads
    kv_heads: int = 2           # K, key/value heads; divides heads
    head_dim: int = 64          # D
    ffn: int = 768              # width of the gated feed-forward layer
    theta: float = 10000.0      # base of the rotary frequencies
    positions: int = 2048       # rows of the rotary tables: memory slots + local tokens must stay below
    eps: float = 1e-5           # of RMSNorm


SIZES = {
    "tiny": dict(hidden=64, layers=2, heads=4, kv_heads=2, head_dim=16, ffn=128),     # tests
    "nano": dict(),                                                                   # 5.2 M with V = 8,192
    "small": dict(hidden=384, layers=6, heads=6, kv_heads=2, ffn=1152),               # 13.5 M
    "starter": dict(hidden=384, layers=7, heads=6, kv_heads=2, ffn=1024, positions=4096),     # 14.2 M: GPU, ships
}


class Block(nn.Module):
    """One layer's weights; `Model.run` holds the computation."""

    def __init__(self, c):
        super().__init__()
        q_width, kv_width = c.heads * c.head_dim, c.kv_heads * c.head_dim
        self.attention_gain = nn.Parameter(torch.ones(c.hidden))
        self.ffn_gain = nn.Parameter(torch.ones(c.hidden))
        self.q_proj = _random_matrix(q_width, c.hidden)
        self.k_proj = _random_matrix(kv_width, c.hidden)
        self.v_proj = _random_matrix(kv_width, c.hidden)
        self.gate_up = _random_matrix(2 * c.ffn, c.hidden)                      # gate rows, then up rows
        self.o_proj = nn.Parameter(torch.zeros(c.hidden, q_width))              # zeros: a block starts as the identity
        self.down = nn.Parameter(torch.zeros(c.hidden, c.ffn))


def _random_matrix(rows, columns):
    return nn.Parameter(torch.randn(rows, columns) * columns ** -0.5)


class Lora(nn.Module):
    """Low-rank additions scale * B(A x) for some projections of every layer.

    Shapes   lora_A  float32  (rank, in)    lora_B  float32  (out, rank), zeros at the start
    """

    def __init__(self, model, targets, rank=32, scale=2.0):
        super().__init__()
        self.scale = scale
        self.pairs = nn.ModuleDict()
        for i, block in enumerate(model.blocks):
            for target in targets:
                out_width, in_width = getattr(block, target).shape
                pair = nn.ParameterDict({"lora_A": _random_matrix(rank, in_width),
                                         "lora_B": nn.Parameter(torch.zeros(out_width, rank))})
                self.pairs[f"{i}_{target}"] = pair

    def delta(self, target, layer, x):
        """The addition to projection `target` of `layer` for rows x, or None where there is none."""
        name = f"{layer}_{target}"
        if name not in self.pairs:
            return None
        pair = self.pairs[name]
        return (x @ pair["lora_A"].t().to(x.dtype)) @ (pair["lora_B"].t() * self.scale).to(x.dtype)


def project(x, weight, lora=None, target=None, layer=None):
    """x through `weight`, plus what `lora` adds for this target and layer."""
    y = F.linear(x, weight.to(x.dtype))
    addition = lora.delta(target, layer, x) if lora is not None else None
    return y if addition is None else y + addition


class Model(nn.Module):
    def __init__(self, config, dtype=torch.bfloat16):
        super().__init__()
        self.config = c = config
        self.dtype = dtype                      # of matrix products; float32 for exact comparison and golden files
        self.embedding = nn.Parameter(torch.randn(c.vocab, c.hidden) * 0.02)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.layers)])
        self.final_gain = nn.Parameter(torch.ones(c.hidden))
        frequencies = c.theta ** (-torch.arange(0, c.head_dim, 2).float() / c.head_dim)
        angles = torch.outer(torch.arange(c.positions).float(), frequencies)    # (positions, D / 2)
        self.register_buffer("cosine", angles.cos().contiguous(), persistent=False)
        self.register_buffer("sine", angles.sin().contiguous(), persistent=False)

    def embed(self, ids):
        """Token ids (B, T) to the fp32 stream (B, T, C)."""
        return F.embedding(ids, self.embedding)

    def rotate(self, keys, positions):
        """Un-rotated keys (B, K, T, D) at `positions` int64 (T)."""
        return rope(keys.transpose(1, 2), self.cosine, self.sine, positions).transpose(1, 2)

    def run(self, x, positions, mask=None, past=None, lora=None, observe=None):
        """The decoder over embedded tokens; returns the normed last hidden state, or None when `observe` is given.

        Shapes   x          float32  (B, T, C)
                 positions  int64    (T)                    rotary positions
                 mask       Mask     (1 or B, T, P + T)     None: causal, then `past` must be None too
                 past       per layer (keys rotated, values), each (B, K, P, D)
                 observe    called as observe(layer, block, h, k, v) with the normed attention input h (B, T, C) and the
                            un-rotated k, v (B, K, T, D); the run then ends before the last layer's attention,
                            because keys and values are all that such a caller keeps
                 returns    dtype    (B, T, C)
        """
        c, (b, t, _) = self.config, x.shape
        for i, block in enumerate(self.blocks):
            h = rms_norm(x, block.attention_gain, c.eps, self.dtype)
            q = project(h, block.q_proj, lora, "q_proj", i).view(b, t, c.heads, c.head_dim)
            k = project(h, block.k_proj, lora, "k_proj", i).view(b, t, c.kv_heads, c.head_dim)
            v = project(h, block.v_proj, lora, "v_proj", i).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
            if observe is not None:
                observe(i, block, h, k.transpose(1, 2), v)
                if i == c.layers - 1:
                    return None
            q = rope(q, self.cosine, self.sine, positions).transpose(1, 2)      # (B, H, T, D)
            k = rope(k, self.cosine, self.sine, positions).transpose(1, 2)      # (B, K, T, D)
            if past is not None:
                k, v = torch.cat([past[i][0], k], 2), torch.cat([past[i][1], v], 2)
            a = attention(q, k, v, mask).transpose(1, 2).reshape(b, t, -1)      # (B, T, H D)
            x = x + project(a, block.o_proj, lora, "o_proj", i)
            h = rms_norm(x, block.ffn_gain, c.eps, self.dtype)
            x = x + project(swiglu(project(h, block.gate_up)), block.down)
        return rms_norm(x, self.final_gain, c.eps, self.dtype)

    def loss(self, hidden, target, weight, z=0.0):
        """Weighted cross-entropy of hidden states (..., C) against ids (...); see kernels.cross_entropy."""
        h = hidden.reshape(-1, self.config.hidden)
        return cross_entropy(h, self.embedding.to(h.dtype), target.reshape(-1), weight.reshape(-1), z)

    def logits(self, hidden):
        """float32 (..., V)."""
        return F.linear(hidden, self.embedding.to(hidden.dtype)).float()

    def forward(self, ids, target, weight, z=0.0):
        """Loss of whole windows without any memory; ids, target int64 (B, T)."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        return self.loss(self.run(self.embed(ids), positions), target, weight, z)


def build(size, **changes):
    return Model(Config(**{**SIZES[size], **changes}))


def save_checkpoint(path, model, **state):
    """Model and training state in one file, replaced at once so that a stop never leaves half a file."""
    torch.save(dict(config=asdict(model.config), model=model.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_saved(path):
    """What torch.save wrote, on the CPU, with any version of PyTorch; a file that is cut off is named."""
    try:
        return torch.load(path, map_location="cpu", **({} if torch.__version__ < "2" else {"weights_only": False}))
    except (EOFError, RuntimeError, OSError, pickle.UnpicklingError) as error:
        raise SystemExit(f"{path}: not a whole checkpoint ({error})") from error


def load_checkpoint(path):
    """(model on DEVICE, everything that was saved). Errors: SystemExit that names the file, and the key or the shapes."""
    saved = load_saved(path)
    unknown = set(saved["config"]) - {field.name for field in fields(Config)}
    if unknown:
        raise SystemExit(f"{path}: unknown config key {sorted(unknown)[0]!r}")
    model = Model(Config(**saved["config"]))
    load_weights(model, saved["model"], path)
    return model.to(DEVICE), saved


def load_weights(module, weights, path):
    """`load_state_dict` that says what does not fit. Errors: SystemExit that names the file, the tensor, both shapes."""
    own = module.state_dict()
    for name in sorted(set(own) ^ set(weights)):
        raise SystemExit(f"{path}: " + (f"has no {name}" if name in own else f"holds {name}, which this model has not"))
    for name, tensor in weights.items():
        if tensor.shape != own[name].shape:
            raise SystemExit(f"{path}: {name} has the shape {tuple(tensor.shape)}, expected {tuple(own[name].shape)}")
    module.load_state_dict(weights)
