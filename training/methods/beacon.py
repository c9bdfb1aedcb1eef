"""Activation Beacon (version 2): after every r tokens one beacon, with its own q, k, v projections; recurrent.

A window sees the beacons of all earlier windows and is read causally with its beacons in between; raw keys and values
are then dropped. Beacons take positions. Only the beacons' projections and their one shared vector are trained.
Rows lie as [raw | beacons] and the order is in mask and positions: the same numbers, a slice instead of a gather.
Does not know: optimisers, how ratios are drawn.

Source: Zhang et al. 2024, arXiv:2401.03462 (ICLR 2025 version), section 3. Difference: a window that is decoded has no
beacons in it (as the last window of the original), so every method's losses are of the same rows.
"""
import torch
import torch.nn as nn

from ..kernels import Mask
from ..memory import span_ends
from .kv import FromRow, KvMethod, last_rows, rotated


class OwnProjections(nn.Module):
    """Own matrices, held as their difference from the base's: zeros are copies, and AdamW moves either form alike."""

    def __init__(self, model, targets):
        super().__init__()
        self.matrices = nn.ParameterDict({f"{i}_{target}": nn.Parameter(torch.zeros_like(getattr(block, target)))
                                          for i, block in enumerate(model.blocks) for target in targets})

    def delta(self, target, layer, x):
        name = f"{layer}_{target}"
        return x @ self.matrices[name].t().to(x.dtype) if name in self.matrices else None


class Beacon(KvMethod):
    name = "beacon"
    is_independent = False

    def __init__(self, model):
        super().__init__(model)
        self.own = OwnProjections(model, ("q_proj", "k_proj", "v_proj"))
        self.vector = nn.Parameter(model.embedding[0].detach().clone())

    def segment_slots(self, model, ids, memory, ratio):
        (rows, length), device, slots = ids.shape, ids.device, self.slots(memory)
        ends = span_ends(length, ratio).to(device)
        raw, numbers = torch.arange(length, device=device), torch.arange(len(ends), device=device)
        positions = torch.cat([raw + torch.div(raw, ratio, rounding_mode="floor"), ends + numbers])
        sees = positions[None, :] <= positions[:, None]
        mask = Mask(torch.cat([torch.ones(len(positions), slots, dtype=torch.bool, device=device), sees], 1))
        stream = torch.cat([model.embed(ids), self.vector.expand(rows, len(ends), -1)], 1)
        past = rotated(model, memory.layers) if slots else None
        return last_rows(model, stream, length, slots + positions, mask, past, FromRow(self.own, length))
