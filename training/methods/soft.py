"""What methods share whose memory is soft tokens: final-layer outputs that come back as input embeddings.

Does not know: which method, optimisers.

Source: AutoCompressor (Chevalier et al. 2023, arXiv:2305.14788), RMT (Bulatov et al. 2022, arXiv:2207.06881).
Difference: outputs are scaled per channel (a learned vector) to the size of input embeddings, since ours are small.
"""
import torch
import torch.nn as nn

from ..model import PROJECTIONS, Lora
from .kv import even_loss
from .method import Method


class SoftMethod(Method):
    """Memory is float32 (B, P, C). The LoRA works on all rows, the decoder's too: a tuned model reads and writes."""

    horizon = None                      # segments that a gradient reaches back; None: all

    def __init__(self, model, rank, scale, targets=PROJECTIONS, **options):
        super().__init__(model, rank=rank, scale=scale, **options)
        self.lora = Lora(model, targets, rank, scale)
        size = model.embedding.detach().float().pow(2).mean().sqrt()
        self.gain = nn.Parameter(size / model.final_gain.detach().float())

    def as_input(self, hidden):
        return hidden.float() * self.gain

    def start(self, model, rows):
        return torch.zeros(rows, 0, model.config.hidden, device=model.embedding.device)

    def write_block(self, memory, length, ratio):
        """Input vectors (B, M, C) of the slots behind a segment."""
        raise NotImplementedError

    def update(self, memory, written):
        """The memory after a segment whose slots came out as `written` (B, M, C)."""
        raise NotImplementedError

    def read(self, model, ids, memory, write):
        """[memory | ids | write]: hidden states of ids, and what the slots of `write` (B, M, C) or None gave."""
        first, last = memory.shape[1], memory.shape[1] + ids.shape[1]
        stream = torch.cat([memory, model.embed(ids)] + ([] if write is None else [write]), 1)
        hidden = model.run(stream, torch.arange(stream.shape[1], device=ids.device), lora=self.lora)
        return hidden[:, first:last], None if write is None else self.as_input(hidden[:, last:])

    def encode(self, model, ids, memory, ratio):
        written = self.read(model, ids, memory, self.write_block(memory, ids.shape[1], ratio))[1]
        return self.update(memory, written)

    def decode(self, model, ids, memory):
        return self.read(model, ids, memory, None)[0]

    def slots(self, memory):
        return memory.shape[1]

    def bytes_per_token(self, config, ratio):
        return config.hidden * 2 / ratio

    def sequence_loss(self, model, ids, ratio):
        """One pass a segment reads and writes at once: local tokens never see the slots behind them."""
        rows, segments, length = ids.shape
        memory, totals, losses = self.start(model, rows), [], []
        for t in range(segments):
            write = self.write_block(memory, length, ratio) if t < segments - 1 else None
            hidden, written = self.read(model, ids[:, t].contiguous(), memory, write)
            if t > 0:
                loss, each = even_loss(model, hidden[:, :-1], ids[:, t, 1:])
                totals.append(loss)
                losses.append(each)
            if written is not None:
                memory = self.update(memory, written)
                if self.horizon and (t + 1) % self.horizon == 0:
                    memory = memory.detach()
        return sum(totals) / (segments - 1), torch.stack(losses, 1)
