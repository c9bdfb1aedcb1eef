"""Learned selection of what to keep: every key/value head predicts from the hidden state which tokens will be read.

A linear score per layer and head picks one token in `ratio` of each segment; it starts as the segment's last 1/r and is
trained towards the attention that the next segment pays when it may see everything. Real keys and values are kept, so
the base stays as it is. Does not know: optimisers.

Source: [ours]; the target is the oracle of our pilot (the next segment's attention per head: the only choice that beat
recent raw text at equal slots); learned eviction scores otherwise: Locret (Huang et al. 2024, arXiv:2410.01805).
"""
import torch
import torch.nn as nn

from .cache import RawMethod, append, observe_segment
from .recall import read_by_query


class Selection(RawMethod):
    """`slope` is the start's preference for late tokens, in score units over a segment."""

    name = "selection"
    is_trained = True

    def __init__(self, model, slope=4.0):
        super().__init__(model, slope=slope)
        c = model.config
        self.weight = nn.Parameter(torch.zeros(c.layers, c.kv_heads, c.hidden))
        self.late = nn.Parameter(torch.full((c.layers, c.kv_heads), float(slope)))

    def scores(self, layer, h):
        """float32 (B, K, T) of the normed attention inputs h (B, T, C) of one layer."""
        length = h.shape[1]
        place = torch.arange(1, length + 1, device=h.device) / length
        return torch.einsum("btc,kc->bkt", h.float(), self.weight[layer]) + self.late[layer][:, None] * place

    def encode(self, model, ids, memory, ratio):
        length, layers = ids.shape[1], []
        count = -(-length // ratio)
        for i, (h, k, v) in enumerate(observe_segment(model, ids)):
            chosen = self.scores(i, h).detach().topk(count, -1).indices.sort(-1).values             # (B, K, M)
            index = chosen[..., None].expand(-1, -1, -1, k.shape[3])
            layers.append((k.gather(2, index), v.gather(2, index)))
        return append(memory, layers, torch.arange(length - count, length), length, ratio)     # as at the start

    def training_loss(self, model, ids, ratio, rng=None):
        """The divergence of the predicted from the next segment's attention, mean over segments, layers and heads: the
        choice is hard, so the next-token loss has no gradient."""
        total = 0.0
        for t in range(1, ids.shape[1]):
            seen = observe_segment(model, ids[:, t - 1])
            total = total + self._divergence(seen, self._next_attention(model, seen, ids[:, t])) / (ids.shape[1] - 1)
        return total

    def _divergence(self, seen, targets):
        total = 0.0
        for i, (h, _, _) in enumerate(seen):
            log_target = targets[i].clamp(min=1e-9).log()
            total = total + (targets[i] * (log_target - self.scores(i, h).log_softmax(-1))).sum(-1).mean()
        return total / len(seen)

    @staticmethod
    @torch.no_grad()
    def _next_attention(model, seen, following):
        """Per layer the share of attention each token gets from `following` int64 (B, T): float32 (B, K, T)."""
        length, shares = seen[0][0].shape[1], []
        positions = torch.arange(length, device=following.device)
        memory = {i: (model.rotate(k, positions), v) for i, (_, k, v) in enumerate(seen)}

        def collect(i, h, k, v, attention):
            mass = attention.sum((2, 3))                                                        # (B, K, T)
            shares.append(mass / mass.sum(-1, keepdim=True).clamp(min=1e-9))

        read_by_query(model, following, length, memory, lambda scores: None, observe=collect)
        return shares
