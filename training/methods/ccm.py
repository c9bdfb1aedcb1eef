"""Compressed Context Memory: compression tokens behind each segment, with a LoRA that works at those tokens only.

A segment and its compression tokens see the memory of earlier segments; keys and values of the tokens join the memory
("concat") or a running mean of it ("merge", fixed size). Raw tokens and the decoder run the exact base weights.
Does not know: optimisers.

Source: Kim et al. 2023, arXiv:2312.03414, sections 3.1-3.2. Difference: segments one after the other in place of one
masked pass, since slots are numbered anew where they are used; the numbers are those of reading.
"""
import torch

from ..model import PROJECTIONS, Lora
from .cache import behind
from .kv import FromRow, KvMemory, KvMethod, SlotVectors, detached, last_rows, rotated


class Ccm(KvMethod):
    name = "ccm"
    is_independent = False

    def __init__(self, model, rank=32, scale=2.0, slots=64, merge=0):
        super().__init__(model, rank=rank, scale=scale, slots=slots, merge=merge)
        self.is_merged = bool(merge)
        self.lora = Lora(model, PROJECTIONS, rank, scale)
        self.vectors = SlotVectors(model, slots)

    def segment_slots(self, model, ids, memory, ratio):
        (rows, length), slots = ids.shape, self.slots(memory)
        stream = torch.cat([model.embed(ids), self.vectors(rows, length, ratio)], 1)
        count = stream.shape[1]
        past, mask = (rotated(model, memory.layers), behind(count, slots, ids.device)) if slots else (None, None)
        positions = torch.arange(slots, slots + count, device=ids.device)
        return last_rows(model, stream, length, positions, mask, past, FromRow(self.lora, length))

    def append(self, memory, layers, ids):
        if not self.is_merged or memory.segments == 0:
            return super().append(memory, layers, ids)
        share = 1.0 / (memory.segments + 1)
        mean = [tuple(old + (new - old) * share for old, new in zip(*pair)) for pair in zip(memory.layers, layers)]
        return KvMemory(mean, memory.segments + 1)

    def all_slots(self, model, ids, ratio):
        if not self.is_merged:
            return super().all_slots(model, ids, ratio)
        memory, states = self.start(model, len(ids)), []
        for e in range(ids.shape[1]):
            memory = self.encode(model, ids[:, e].contiguous(), memory, ratio)
            states.append(memory.layers)
            if self.horizon and (e + 1) % self.horizon == 0:
                memory.layers = detached(memory.layers)
        return [tuple(torch.stack(x, 1).flatten(0, 1) for x in zip(*layer)) for layer in zip(*states)]

    def views(self, documents, segments):
        """Merged: a segment is read after one state, that of the segment before it."""
        if not self.is_merged:
            return super().views(documents, segments)
        return torch.arange(documents * (segments - 1))[:, None]

    def bytes_per_token(self, config, ratio):
        return 0.0 if self.is_merged else super().bytes_per_token(config, ratio)        # a fixed size: none a token
