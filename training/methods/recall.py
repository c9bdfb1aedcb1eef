"""Recall memory [ours]: keys and values of all tokens in few bits, of which every query and head reads its best few.

Untrained it is a quantised cache with top-k reading. Trained, small additions to the stored keys and values and to the
query that scores them learn to bear few bits and few keys; they start at zero, and without memory the decoder is the
base. `read_by_query` also serves fot.py and selection.py. Does not know: optimisers, losses.

Source: top-k reading of Memorizing Transformers (Wu et al. 2022, arXiv:2203.08913) and LongLLaMA (Tworkowski et al.
2023, arXiv:2307.03170); blocks as in InfLLM (Xiao et al. 2024, arXiv:2402.04617), by mean key; bits: quantise.py.
Differences: one softmax over memory and local tokens, places re-indexed, keys and values from a segment's own pass.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from ..kernels import HIDDEN, attention, rms_norm, rope, swiglu
from ..model import Lora, project
from .cache import RawMethod, append, keep_only, observe_segment
from .quantise import WHOLE, bytes_of, low_keys, low_values


class FullAdditions(nn.Module):
    """Like Lora, with whole matrices: projection + addition = a projection trained in full. Zeros at the start."""

    def __init__(self, model, targets):
        super().__init__()
        self.pairs = nn.ParameterDict({f"{i}_{target}": nn.Parameter(torch.zeros_like(getattr(block, target)))
                                       for i, block in enumerate(model.blocks) for target in targets})

    def delta(self, target, layer, x):
        name = f"{layer}_{target}"
        return x @ self.pairs[name].t().to(x.dtype) if name in self.pairs else None


def additions(model, targets, rank, layers=None):
    """Trainable additions to `targets` of some layers (None: all): LoRA of `rank`, or whole matrices with rank 0."""
    made = Lora(model, targets, rank) if rank else FullAdditions(model, targets)
    for name in list(made.pairs.keys()):
        if layers is not None and int(name.split("_")[0]) not in layers:
            del made.pairs[name]
    return made


def attend_to_memory(q, k, v, q_memory, keys, values, select, hidden=None):
    """One softmax over what `select` picks of the memory and over local tokens, causally.

    Shapes   q, q_memory  (B, H, T, D)    k, v  (B, K, T, D)    keys, values  (B, K, P, D)
             select  from float32 scores (B, K, G, T, P) to bool of that shape, or to None: everything
             hidden  bool (B, P) or None: slots that nobody sees
             returns (B, H, T, D), and float32 (B, K, G, T, P): the attention that the memory received
    """
    b, heads, t, d = q.shape
    kv_heads, slots = keys.shape[1:3]
    shape, scale = (b, kv_heads, heads // kv_heads, t, -1), d ** -0.5
    remote = (q_memory.reshape(b, kv_heads, -1, d) @ keys.transpose(2, 3)).view(shape).float() * scale
    if hidden is not None:
        remote = remote.masked_fill(hidden[:, None, None, None], HIDDEN)
    picked = select(remote.detach())
    if picked is not None:
        remote = remote.masked_fill(~picked, HIDDEN)
    local = (q.reshape(b, kv_heads, -1, d) @ k.transpose(2, 3)).view(shape).float() * scale
    future = torch.ones(t, t, dtype=torch.bool, device=q.device).triu(1)
    p = torch.cat([remote, local.masked_fill(future, HIDDEN)], -1).softmax(-1)
    rows = p.to(v.dtype).view(b, kv_heads, -1, slots + t)
    return (rows @ torch.cat([values, v], 2)).view(b, heads, t, d), p[..., :slots]


def read_by_query(model, ids, first, memory, select, own=None, remote=None, hidden=None, observe=None,
                  last=None):
    """The graph of Model.run for tokens ids (B, T) at positions first.., with a memory behind its own queries.

    Shapes   memory    layer to (keys as they are to be scored, values), each (B, K, P, D); other layers read none
             own       additions to q, k, v of local tokens      remote   additions to the query that scores the memory
             observe   called as observe(layer, h, k, v, attention on the memory or None); k un-rotated
             last      the run ends after this layer is observed; None: after all
             returns   dtype (B, T, C), or None when it ended before
    """
    c, x = model.config, model.embed(ids)
    b, t = ids.shape
    positions = torch.arange(first, first + t, device=ids.device)

    def turned(y):
        return rope(y.view(b, t, -1, c.head_dim), model.cosine, model.sine, positions).transpose(1, 2)

    for i, block in enumerate(model.blocks):
        h = rms_norm(x, block.attention_gain, c.eps, model.dtype)
        q, raw_k, v = (project(h, getattr(block, n), own, n, i) for n in ("q_proj", "k_proj", "v_proj"))
        q_turned, k, v = turned(q), turned(raw_k), v.view(b, t, -1, c.head_dim).transpose(1, 2)
        seen = None
        if i in memory and memory[i][0].shape[2]:
            extra = remote.delta("q_proj", i, h) if remote is not None else None
            q_memory = q_turned if extra is None else turned(q + extra)
            a, seen = attend_to_memory(q_turned, k, v, q_memory, *memory[i], select, hidden)
        else:
            a = attention(q_turned, k, v)
        if observe is not None:
            observe(i, h, raw_k.view(b, t, -1, c.head_dim).transpose(1, 2), v, seen)
            if i == last:
                return None
        x = x + project(a.transpose(1, 2).reshape(b, t, -1), block.o_proj, own, "o_proj", i)
        h = rms_norm(x, block.ffn_gain, c.eps, model.dtype)
        x = x + project(swiglu(project(h, block.gate_up)), block.down)
    return rms_norm(x, model.final_gain, c.eps, model.dtype)


def best(scores, top, block=0):
    """bool like scores (..., P): each row's `top` highest, or all keys of its top // block best blocks by mean score.

    The mean score of a block is the score of its mean key. Blocks are counted from the end; the first may be short.
    """
    slots = scores.shape[-1]
    if top >= slots:
        return torch.ones_like(scores, dtype=torch.bool)
    if not block:
        return scores >= scores.topk(top, -1).values[..., -1:]
    padded = F.pad(scores, (-slots % block, 0))
    means = padded.unflatten(-1, (-1, block)).sum(-1)
    sizes = torch.full_like(means[..., :1], block).expand_as(means).clone()
    sizes[..., 0] -= -slots % block
    means = means / sizes
    count = max(1, top // block)
    if count >= means.shape[-1]:
        return torch.ones_like(scores, dtype=torch.bool)
    picked = means >= means.topk(count, -1).values[..., -1:]
    return picked.repeat_interleave(block, -1)[..., -slots:]


class Recall(RawMethod):
    """`keep` "all" tokens, or "bytes": the nearest ones that fit into the bytes of a 16-bit memory at the ratio.

    `top` older keys a query and head besides the `recent` nearest ones (0: every key); `block` reads whole blocks;
    `reach` is where positions of older tokens stop falling (0: never), which keeps distances near the trained length;
    `trained` adds parameters, `rank` 0 whole projections.
    """

    name = "recall"
    is_trained = True

    def __init__(self, model, bits=3, top=32, recent=64, block=0, keep="all", reach=768, trained=True, rank=32,
                 key_group=256, value_group=32):
        super().__init__(model, bits=bits, top=top, recent=recent, block=block, keep=keep, reach=reach, trained=trained,
                         rank=rank, key_group=key_group, value_group=value_group)
        assert keep in ("all", "bytes"), f"keep is {keep!r}, expected 'all' or 'bytes'"
        self.bits, self.top, self.recent, self.block, self.keep = bits, top, recent, block, keep
        self.reach, self.key_group, self.value_group = reach, key_group, value_group
        self.stored = additions(model, ("k_proj", "v_proj"), rank) if trained else None
        self.query = additions(model, ("q_proj",), rank) if trained else None
        self.is_trained = trained

    def encode(self, model, ids, memory, ratio):
        (b, t), c, layers = ids.shape, model.config, []
        for i, (h, k, v) in enumerate(observe_segment(model, ids)):
            if self.stored is not None:
                k, v = (y + self.stored.delta(n, i, h).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
                        for y, n in ((k, "k_proj"), (v, "v_proj")))
            layers.append((low_keys(k, self.bits, self.key_group), low_values(v, self.bits, self.value_group)))
        longer = append(memory, layers, torch.arange(t), t, ratio)
        if self.keep == "all":
            return longer
        return keep_only(longer, longer.places >= longer.read - self.tokens_that_fit(c, longer.read, ratio))

    def tokens_that_fit(self, config, read, ratio):
        """How many nearest tokens take at most the bytes of read / ratio slots in 16 bits."""
        budget = bytes_of(int(read / ratio), config, WHOLE, 1, 1)
        count = min(read, int(budget / self._bytes(config, self.key_group) * self.key_group))
        while count and bytes_of(count, config, self.bits, self.key_group, self.value_group) > budget:
            count -= 1                              # a begun group pays for its scales in full
        return count

    def decode(self, model, ids, memory):
        count, slots = len(memory.places), self.slots(memory)
        positions = self._positions(memory)
        if slots < count:
            positions = (positions - (count - slots)).clamp(min=0)
        assert slots + ids.shape[1] <= model.config.positions, f"{slots} slots: more than {model.config.positions} rows"
        view = {i: (model.rotate(k, positions), v) for i, (k, v) in enumerate(memory.layers)}
        return read_by_query(model, ids, slots, view, self.select, remote=self.query)

    def select(self, scores):
        """All of the `recent` nearest keys and the best older ones."""
        older = scores.shape[-1] - self.recent
        if not self.top or older <= self.top:
            return None
        return F.pad(best(scores[..., :older], self.top, self.block), (0, self.recent), value=True)

    def slots(self, memory):
        return min(len(memory.places), self.reach) if self.reach else len(memory.places)

    def bytes_per_token(self, config, ratio):
        everything = self._bytes(config, self.key_group) / self.key_group
        return everything if self.keep == "all" else min(everything, super().bytes_per_token(config, ratio))

    def _bytes(self, config, tokens):
        return bytes_of(tokens, config, self.bits, self.key_group, self.value_group)
