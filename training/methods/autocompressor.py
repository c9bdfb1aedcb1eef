"""AutoCompressor: summary tokens behind a segment come out as soft tokens in front of all later segments, accumulated.

Does not know: optimisers.

Source: Chevalier et al. 2023, arXiv:2305.14788, section 3; rank and scale of its Llama-2 run are 16 and 1, gradients
there stop after two segments (`horizon` = 2). Differences: as many summary tokens as the ratio asks for, base frozen
(LoRA on all rows).
"""
import torch

from .kv import SlotVectors
from .soft import SoftMethod


class AutoCompressor(SoftMethod):
    name = "autocompressor"

    def __init__(self, model, rank=32, scale=2.0, slots=64):
        super().__init__(model, rank, scale, slots=slots)
        self.vectors = SlotVectors(model, slots)

    def write_block(self, memory, length, ratio):
        return self.vectors(len(memory), length, ratio)

    def update(self, memory, written):
        return torch.cat([memory, written], 1)
