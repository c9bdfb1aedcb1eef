"""In-context autoencoder: a LoRA encoder writes slots behind a segment, the frozen decoder reads them as soft tokens.

Trained to continue the text and to give the segment back behind a task vector. A segment is encoded on its own; spans
are put side by side (ICAE v2). Does not know: optimisers, instruction tuning.

Source: Ge et al. 2023, arXiv:2307.06945, sections 2.1-2.2; LoRA on q and v as there. Difference: continuing has no task
vector of its own, so that a decoder without memory is the base.
"""
import torch
import torch.nn as nn

from ..memory_loss import earlier_segments
from .kv import SlotVectors, last_rows, loss_behind, reconstruction_loss
from .soft import SoftMethod


class Icae(SoftMethod):
    name = "icae"

    def __init__(self, model, rank=32, scale=2.0, slots=64, autoencoding=0.5):
        super().__init__(model, rank, scale, ("q_proj", "v_proj"), slots=slots, autoencoding=autoencoding)
        self.vectors = SlotVectors(model, slots)
        self.task = nn.Parameter(model.embedding[0].detach().clone())            # "give the text back"
        self.autoencoding = autoencoding

    def written(self, model, ids, ratio):
        """Soft tokens float32 (N, M, C) of segments ids (N, T)."""
        length = ids.shape[1]
        stream = torch.cat([model.embed(ids), self.vectors(len(ids), length, ratio)], 1)
        hidden = model.run(stream, torch.arange(stream.shape[1], device=ids.device), lora=self.lora)
        return self.as_input(hidden[:, length:])

    def encode(self, model, ids, memory, ratio):
        return torch.cat([memory, self.written(model, ids, ratio)], 1)

    def decode(self, model, ids, memory):
        stream = torch.cat([memory, model.embed(ids)], 1)
        hidden = model.run(stream, torch.arange(stream.shape[1], device=ids.device))
        return hidden[:, memory.shape[1]:]

    def read_soft(self, model, soft):
        """Per layer (k, v) that the frozen decoder makes of soft tokens (B, P, C), read causally from position 0."""
        return last_rows(model, soft, 0, torch.arange(soft.shape[1], device=soft.device))

    def all_losses(self, model, ids, ratio):
        documents, segments, length = ids.shape
        soft = self.written(model, ids[:, :-1].reshape(-1, length), ratio)       # (B (S - 1), M, C)
        slots, c = soft.shape[1], model.config
        read = self.read_soft(model, soft.reshape(documents, -1, c.hidden))
        if self.horizon:
            raise SystemExit("icae: a truncated gradient is not defined, segments are encoded on their own")
        layers = [tuple(x.view(documents, c.kv_heads, segments - 1, slots, c.head_dim).transpose(1, 2).flatten(0, 1)
                        for x in pair) for pair in read]
        total, losses = loss_behind(model, layers, earlier_segments(documents, segments),
                                    ids[:, 1:].reshape(-1, length))
        return total, losses.view(documents, segments - 1, length - 1), soft

    def sequence_loss(self, model, ids, ratio):
        return self.all_losses(model, ids, ratio)[:2]

    def training_loss(self, model, ids, ratio, rng):
        """Continuing, plus giving back one segment a document that is drawn from `rng`."""
        documents, segments, _ = ids.shape
        total, _, soft = self.all_losses(model, ids, ratio)
        if self.autoencoding:
            picked = torch.from_numpy(rng.integers(0, segments - 1, documents))
            rows = (torch.arange(documents) * (segments - 1) + picked).to(ids.device)
            layers = self.read_soft(model, soft[rows])
            segment = ids[:, :-1].flatten(0, 1)[rows]
            total = total + self.autoencoding * reconstruction_loss(model, layers, segment, self.task)
        return total
