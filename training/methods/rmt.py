"""Recurrent Memory Transformer: a fixed number of soft tokens, read in front of a segment and written behind it.

The write block goes in as a copy of the memory that is read; its outputs are the memory of the next segment, nothing
else is kept: the ratio has no say. Does not know: optimisers, the curriculum over lengths.

Source: Bulatov et al. 2022, arXiv:2207.06881, section 3 (decoder form). Difference: base frozen (LoRA on all rows).
"""
import torch
import torch.nn as nn

from .soft import SoftMethod


class Rmt(SoftMethod):
    name = "rmt"

    def __init__(self, model, rank=32, scale=2.0, slots=32):
        super().__init__(model, rank, scale, slots=slots)
        deviation = model.embedding.detach().float().std()
        self.first = nn.Parameter(torch.randn(slots, model.config.hidden, device=model.embedding.device) * deviation)

    def start(self, model, rows):
        return self.first.expand(rows, -1, -1)

    def write_block(self, memory, length, ratio):
        return memory

    def update(self, memory, written):
        return written

    def bytes_per_token(self, config, ratio):
        return 0.0                                  # a fixed size for a document of any length
