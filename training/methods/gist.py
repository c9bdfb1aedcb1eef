"""Gist tokens: one learned token, repeated at the end of a segment; what follows sees the gists and not the segment.

Their keys and values are kept, each segment read on its own; with several segments the gists are put side by side (the
paper compresses one prompt). The paper tunes the whole model; here a LoRA works on all rows, the decoder's too.
Does not know: optimisers.

Source: Mu et al. 2023, arXiv:2304.08467, section 3: the mask of `gist_mask` in one pass, or the two calls used here.
"""
import torch
import torch.nn as nn

from ..kernels import Mask
from ..model import PROJECTIONS, Lora
from .kv import KvMethod, last_rows


def gist_mask(before, gists, after):
    """Mask of one pass over [segment | gists | after]: causal, and nothing behind the gists sees before them."""
    total = before + gists + after
    visible = torch.ones(total, total, dtype=torch.bool).tril()
    visible[before + gists:, :before] = False
    return Mask(visible)


class Gist(KvMethod):
    name = "gist"

    def __init__(self, model, rank=32, scale=2.0):
        super().__init__(model, rank=rank, scale=scale)
        self.lora = Lora(model, PROJECTIONS, rank, scale)
        self.vector = nn.Parameter(model.embedding[0].detach().clone())

    def decoder_lora(self):
        return self.lora

    def segment_slots(self, model, ids, memory, ratio):
        rows, length = ids.shape
        gists = self.vector.expand(rows, -(-length // ratio), -1)
        stream = torch.cat([model.embed(ids), gists], 1)
        return last_rows(model, stream, length, torch.arange(stream.shape[1], device=ids.device), lora=self.lora)
