"""What methods share whose memory is the per-layer keys and values of a few slots a segment.

A view is the slots of all segments in document order, numbered on from 0, then local tokens: decoding needs no more
than the stock decoder. All segments of a document are decoded at once, each behind the slots of those before it.
Does not know: which method, optimisers, where documents come from.

Source: methods.md 0.2 to 0.4; conditional LoRA of CCM (Kim et al. 2023, arXiv:2312.03414).
"""
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from ..kernels import Mask
from ..memory import assemble
from ..memory_loss import earlier_segments
from .cache import behind
from .method import Method


@dataclass
class KvMemory:
    """What is kept of B documents."""

    layers: list                        # per layer (k, v), each (B, K, P, D), keys before rotary
    segments: int = 0                   # read so far
    tail: torch.Tensor = None           # int64 (B, n): last tokens that were read, where a method needs them


class FromRow:
    """`lora` for the rows from `first` on only: rows before it run the stock model."""

    def __init__(self, lora, first):
        self.lora, self.first = lora, first

    def delta(self, target, layer, x):
        addition = self.lora.delta(target, layer, x[:, self.first:])
        return None if addition is None else F.pad(addition, (0, 0, self.first, 0))


class SlotVectors(nn.Module):
    """Learned input vectors of up to `count` slots; they start as the document border, our nearest to end-of-text."""

    def __init__(self, model, count):
        super().__init__()
        self.vectors = nn.Parameter(model.embedding[0].detach().float().repeat(count, 1))

    def forward(self, rows, length, ratio):
        """float32 (rows, M, C), M = ceil(length / ratio). Errors: AssertionError when there are too few."""
        slots = -(-length // ratio)
        assert slots <= len(self.vectors), f"{slots} slots a segment, but there are vectors for {len(self.vectors)}"
        return self.vectors[:slots].expand(rows, -1, -1)


def joined(parts):
    """Per-layer pairs of several memories, one behind the other."""
    return [tuple(torch.cat(pair, 2) for pair in zip(*layer)) for layer in zip(*parts)]


def detached(layers):
    return [(k.detach(), v.detach()) for k, v in layers]


def rotated(model, layers):
    """Slots ready for attention, at positions 0 .. P-1."""
    positions = torch.arange(layers[0][0].shape[2], device=layers[0][0].device)
    return [(model.rotate(k, positions), v) for k, v in layers]


def last_rows(model, stream, first, positions, mask=None, past=None, lora=None):
    """Per layer (k, v) of the rows from `first` on of an embedded stream."""
    kept = []
    model.run(stream, positions, mask, past=past, lora=lora,
              observe=lambda i, block, h, k, v: kept.append((k[:, :, first:], v[:, :, first:])))
    return kept


def decode_behind(model, x, past, has_slot=None, lora=None):
    """Hidden states of embedded local rows x (B, T, C) behind rotated slots; `has_slot` bool (B, P), None: all."""
    local, slots = x.shape[1], past[0][0].shape[2]
    positions = torch.arange(slots, slots + local, device=x.device)
    if slots == 0:
        return model.run(x, positions, lora=lora)
    mask = behind(local, slots, x.device)
    if has_slot is not None:
        sees = mask.visible.expand(len(x), -1, -1)
        mask = Mask(torch.cat([sees[:, :, :slots] & has_slot.to(x.device)[:, None, :], sees[:, :, slots:]], 2))
    return model.run(x, positions, mask, past=past, lora=lora)


def even_loss(model, hidden, target):
    """Mean loss of all of target (B, T), and each (B, T)."""
    target = target.contiguous()
    loss, each = model.loss(hidden, target, torch.full(target.shape, 1.0 / target.numel(), device=target.device))
    return loss, each.view(target.shape)


def loss_behind(model, layers, index, local, lora=None):
    """Mean loss of tokens 1.. of `local` (R, T), row r behind the memories index[r] of `layers` (N segments)."""
    past, has_slot = assemble(model, layers, index)
    hidden = decode_behind(model, model.embed(local[:, :-1].contiguous()), past, has_slot, lora)
    return even_loss(model, hidden, local[:, 1:])


def reconstruction_loss(model, layers, ids, start, lora=None):
    """Mean loss of segments ids (N, T) read back from their own slots (N, K, M, D) behind the task's vector `start`."""
    first = start.expand(len(ids), 1, -1)
    x = torch.cat([first, model.embed(ids[:, :-1])], 1)
    return even_loss(model, decode_behind(model, x, rotated(model, layers), lora=lora), ids)[0]


class KvMethod(Method):
    """A subclass gives `segment_slots`. `is_independent`: a segment's slots depend on that segment alone."""

    is_independent = True
    horizon = None                      # segments that a gradient reaches back; None: all

    def segment_slots(self, model, ids, memory, ratio):
        """Per layer (k, v), each (B, K, M, D), of the next segment."""
        raise NotImplementedError

    def decoder_lora(self):
        """What the decoder has beside the base; None: the frozen base itself."""
        return None

    def start(self, model, rows):
        c = model.config
        none = torch.zeros(rows, c.kv_heads, 0, c.head_dim, dtype=model.dtype, device=model.embedding.device)
        return KvMemory([(none, none)] * c.layers)

    def append(self, memory, layers, ids):
        return KvMemory(joined([memory.layers, layers]), memory.segments + 1)

    def encode(self, model, ids, memory, ratio):
        return self.append(memory, self.segment_slots(model, ids, memory, ratio), ids)

    def decode(self, model, ids, memory):
        return decode_behind(model, model.embed(ids), rotated(model, memory.layers), lora=self.decoder_lora())

    def slots(self, memory):
        return memory.layers[0][0].shape[2]

    def all_slots(self, model, ids, ratio):
        """Per layer (k, v) of every segment of ids (B, E, T), segment e of document d at d E + e."""
        documents, encoded, length = ids.shape
        if self.is_independent:
            flat = ids.reshape(-1, length)
            return self.segment_slots(model, flat, self.start(model, len(flat)), ratio)
        memory, parts = self.start(model, documents), []
        for e in range(encoded):
            parts.append(self.segment_slots(model, ids[:, e].contiguous(), memory, ratio))
            memory = self.append(memory, parts[-1], ids[:, e])
            if self.horizon and e >= self.horizon:
                old = parts[:e - self.horizon + 1]
                memory.layers = joined([detached(p) for p in old] + parts[len(old):])
        return [tuple(torch.stack(x, 1).flatten(0, 1) for x in zip(*layer)) for layer in zip(*parts)]

    def views(self, documents, segments):
        """Index for `assemble`: row (document, t) holds what segment t is read after."""
        return earlier_segments(documents, segments)

    def cut(self, layers, index, documents, segments):
        """(layers, index) with places behind the horizon pointing to copies without a gradient."""
        if not self.horizon:
            return layers, index
        own = torch.arange(1, segments).repeat(documents)[:, None] - 1           # last encoded segment of a row
        is_old = (index % (segments - 1) <= own - self.horizon) & (index >= 0)
        layers = [tuple(torch.cat([x, x.detach()]) for x in pair) for pair in layers]
        return layers, torch.where(is_old, index + documents * (segments - 1), index)

    def sequence_loss(self, model, ids, ratio):
        documents, segments, length = ids.shape
        layers = self.all_slots(model, ids[:, :-1], ratio)
        layers, index = self.cut(layers, self.views(documents, segments), documents, segments)
        total, losses = loss_behind(model, layers, index, ids[:, 1:].reshape(-1, length), self.decoder_lora())
        return total, losses.view(documents, segments - 1, length - 1)

    def pack(self, model, ids, ratio):
        """The memory of segments ids as a list of tensors with slots in the last axis but one (gradients.py)."""
        return [x for pair in self.segment_slots(model, ids, self.start(model, len(ids)), ratio) for x in pair]

    def unpack(self, model, tensors):
        """Per layer (k, v) from what `pack` gave."""
        return list(zip(tensors[0::2], tensors[1::2]))
