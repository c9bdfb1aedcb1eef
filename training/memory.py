"""Gist memory: a segment of tokens becomes a few memory slots, each the per-layer keys and values of one gist token.

Two encoders of one family behind one interface, both a pure function of (weights, segment, ratio):
  span-tiled   two calls; the raw tokens run through the stock model, gist rows alone carry LoRA (q, k, v, o) and see
               the raw tokens up to the end of their span and the gists before them. This is the one that ships.
  staircase    one call as published for UIO-LLMs; LoRA on q, v for all rows, a transfer LoRA on k, v of the gists;
               a gist sees the raw tokens up to the end of its span and itself.
Keys are kept before rotary: positions are given where a memory is used. Does not know: losses, documents, files.

Source: UIO-LLMs (Li et al. 2024, arXiv:2406.18173; withdrawn, so a design, not evidence). Differences: gists may start
as the last token of their span plus a learned offset instead of as one shared vector (worth a factor of 1.8 to 3 of the
gain in our pilot); keys and values are kept instead of hidden states (smaller with grouped queries); the span-tiled form
lets gists see earlier gists and leaves the raw stream bit-identical to the base model.
"""
import torch
import torch.nn as nn

from .kernels import Mask
from .model import Lora, PROJECTIONS, project

STARTS = ("last", "shared")


def span_ends(length, ratio):
    """Exclusive end of each gist's span, int64 (M), M = ceil(length / ratio); the last span may be short."""
    slots = -(-length // ratio)
    return ((torch.arange(slots) + 1) * ratio).clamp(max=length)


class GistEncoder(nn.Module):
    """What both encoders share: the start of the gists and the sight of raw tokens.

    `start` "last": the span's last token plus a learned offset; "shared": one learned vector for all gists.
    """
    kind = ""

    def __init__(self, model, rank=32, scale=2.0, start="last"):
        super().__init__()
        assert start in STARTS, f"start is {start!r}, expected one of {STARTS}"
        self.options = dict(rank=rank, scale=scale, start=start)
        self.start = start
        border = model.embedding[0].detach()            # the document border: the nearest thing to an end-of-text vector
        self.offset = nn.Parameter(border.clone() if start == "shared" else torch.zeros_like(border))

    def gist_stream(self, model, ids, ends):
        """Embedded gists (N, M, C) for segments ids (N, T)."""
        shared = self.offset.expand(len(ids), len(ends), -1)
        return shared if self.start == "shared" else shared + model.embed(ids[:, ends - 1])

    def encode(self, model, ids, ratio):
        """Memory of segments, each read on its own.

        Shapes   ids      int64  (N, T)             segments of equal length, T <= segment length
                 returns  per layer (k, v), dtype  (N, K, M, D) each, M = ceil(T / ratio), keys before rotary
        Units    ratio = source tokens per gist token
        Cost     a prefill of N T tokens and a run of N M rows over them
        """
        raise NotImplementedError


class SpanTiledEncoder(GistEncoder):
    kind = "span-tiled"

    def __init__(self, model, rank=32, scale=2.0, start="last"):
        super().__init__(model, rank, scale, start)
        self.lora = Lora(model, PROJECTIONS, rank, scale)

    def encode(self, model, ids, ratio):
        length, device = ids.shape[1], ids.device
        ends, raw = span_ends(length, ratio).to(device), torch.arange(length, device=device)
        slots = torch.arange(len(ends), device=device)
        past = self._raw_past(model, ids, raw)
        sees_raw = raw[None, :] < ends[:, None]                                  # (M, T)
        sees_gist = slots[None, :] <= slots[:, None]                             # (M, M)
        kept = []
        mask = Mask(torch.cat([sees_raw, sees_gist], 1))                         # (1, M, T + M)
        model.run(self.gist_stream(model, ids, ends), ends - 1, mask, past=past, lora=self.lora,
                  observe=lambda i, block, h, k, v: kept.append((k, v)))
        return kept

    @staticmethod
    def _raw_past(model, ids, positions):
        """Call A: rotated keys and values of the raw tokens; without a graph where the base is frozen."""
        kept = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and model.embedding.requires_grad):
            model.run(model.embed(ids), positions, observe=lambda i, block, h, k, v: kept.append((k, v)))
            return [(model.rotate(k, positions), v) for k, v in kept]


class StaircaseEncoder(GistEncoder):
    kind = "staircase"

    def __init__(self, model, rank=32, scale=2.0, start="last"):
        super().__init__(model, rank, scale, start)
        self.lora = Lora(model, ("q_proj", "v_proj"), rank, scale)
        self.transfer = Lora(model, ("k_proj", "v_proj"), rank, scale)

    def encode(self, model, ids, ratio):
        (n, length), device = ids.shape, ids.device
        ends, raw = span_ends(length, ratio).to(device), torch.arange(length, device=device)
        slots = len(ends)
        upper = torch.cat([raw[None, :] <= raw[:, None], torch.zeros(length, slots, dtype=torch.bool, device=device)], 1)
        lower = torch.cat([raw[None, :] < ends[:, None], torch.eye(slots, dtype=torch.bool, device=device)], 1)
        c, kept = model.config, []

        def keep_gists(i, block, h, k, v):
            h = h[:, length:]                                                    # (N, M, C)
            keys = project(h, block.k_proj, self.transfer, "k_proj", i).view(n, slots, c.kv_heads, c.head_dim)
            values = project(h, block.v_proj, self.transfer, "v_proj", i).view(n, slots, c.kv_heads, c.head_dim)
            kept.append((keys.transpose(1, 2), values.transpose(1, 2)))

        stream = torch.cat([model.embed(ids), self.gist_stream(model, ids, ends)], 1)
        mask = Mask(torch.cat([upper, lower]))                                   # (1, T + M, T + M)
        model.run(stream, torch.cat([raw, ends]), mask, lora=self.lora, observe=keep_gists)
        return kept


ENCODERS = {encoder.kind: encoder for encoder in (SpanTiledEncoder, StaircaseEncoder)}


def stored(memories, bits):
    """Memories as they come back from a store of `bits` a number, with the gradient of the identity.

    Number by number what engine/memory/codec.ts gives back: float16 first; one float32 scale per segment, layer and channel
    over the slots, largest magnitude = 2 ^ (bits - 1) - 1; halves round up, as Math.round does. Source: straight-through estimator, Bengio et al. 2013, arXiv:1308.3432; scales per channel,
    KIVI (Liu et al. 2024, arXiv:2402.02750).
    Shapes   memories  per layer (k, v)  (N, K, M, D), and so is what it returns
    """
    if bits >= 16:
        return memories

    def rounded(x):
        values = x.detach().half().double()
        scale = (values.abs().amax(2, keepdim=True) / (2 ** (bits - 1) - 1)).float().double()
        codes = torch.where(scale == 0, torch.zeros_like(values), torch.floor(values / scale.clamp(min=1e-45) + 0.5))
        kept = (codes * scale).half().to(x.dtype)
        return kept + (x - x.detach())                  # the numbers of `kept`, the gradient of x

    return [(rounded(k), rounded(v)) for k, v in memories]


def assemble(model, memories, index):
    """A memory view per row: the memories of some segments in document order, rotated to one position per slot.

    Shapes   memories  per layer (k, v)  (N, K, M, D)   un-rotated, of N segments
             index     int64  (B, J)     segment per place; -1: an empty place, only allowed left of all others
             returns   per layer (k rotated, v)  (B, K, J M, D), and bool (B, J M): which slots hold something
    Slot s lies at position s and local tokens follow at J M. Rotary attention sees differences only, so a row with empty
    places on its left is the same as one whose memories start at 0 (tests/test_memory.py).
    """
    rows, places = index.shape
    kv_heads, slots, width = memories[0][0].shape[1:]
    device = memories[0][0].device
    index = index.to(device)
    picked, positions = index.clamp(min=0).view(-1), torch.arange(places * slots, device=device)
    past = []
    for k, v in memories:
        k, v = (t[picked].view(rows, places, kv_heads, slots, width).transpose(1, 2)
                .reshape(rows, kv_heads, places * slots, width) for t in (k, v))
        past.append((model.rotate(k, positions), v))
    return past, (index >= 0).repeat_interleave(slots, 1)


def decode(model, ids, past=None, has_slot=None):
    """Hidden states (B, T, C) of local tokens ids (B, T) after a view from `assemble`; right padding is harmless."""
    local = ids.shape[1]
    slots = has_slot.shape[1] if has_slot is not None else 0
    positions = torch.arange(slots, slots + local, device=ids.device)
    if past is None:
        return model.run(model.embed(ids), positions)
    sees_local = torch.ones(local, local, dtype=torch.bool, device=ids.device).tril().expand(len(ids), -1, -1)
    sees_slots = has_slot.to(ids.device)[:, None, :].expand(-1, local, -1)
    mask = Mask(torch.cat([sees_slots, sees_local], 2))                          # (B, T, J M + T)
    return model.run(model.embed(ids), positions, mask, past=past)
