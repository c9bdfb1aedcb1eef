"""Untrained choices of what to keep, one slot per `ratio` tokens: what a trained memory must beat.

  repeat    every r-th token is repeated behind its span and its keys and values are kept (an untrained gist encoder)
  stride    keys and values of every r-th token as the segment's own pass has them
  last      the last 1/r of each segment
  density   dense near the end, thinning out as 1/d^2 with the distance d
Does not know: training.

Source: [ours]; in our pilot (5 M parameters) none of these beat recent raw text at equal slots, "density" tied with it.
"""
import torch

from ..memory import SpanTiledEncoder, span_ends
from .cache import RawMethod, append, keep_only

PICKS = ("repeat", "stride", "last", "density")


def thinning(tokens, count, power=2.0):
    """bool (tokens): `count` places (or a few less) with density min(1, (a / d)^power) at distance d from the end."""
    if count >= tokens:
        return torch.ones(tokens, dtype=torch.bool)
    distance = torch.arange(1, tokens + 1, dtype=torch.float64)
    low, high = 1e-3, float(tokens)
    for _ in range(60):                             # bisection for the a that gives `count` places in all
        a = (low * high) ** 0.5
        low, high = (a, high) if ((a / distance) ** power).clamp(max=1).sum() < count else (low, a)
    mass = ((high / distance) ** power).clamp(max=1).cumsum(0)
    nearest = torch.searchsorted(mass, torch.arange(1, count + 1, dtype=torch.float64) - 0.5).clamp(max=tokens - 1)
    keeps = torch.zeros(tokens, dtype=torch.bool)
    keeps[tokens - 1 - nearest] = True
    return keeps


class Stride(RawMethod):
    name = "stride"

    def __init__(self, model, pick="repeat"):
        super().__init__(model, pick=pick)
        assert pick in PICKS, f"pick is {pick!r}, expected one of {PICKS}"
        self.pick = pick
        if pick == "repeat":
            self.repeater = SpanTiledEncoder(model, rank=1, start="last").requires_grad_(False)   # zero LoRA: stock

    def encode(self, model, ids, memory, ratio):
        if self.pick != "repeat":
            return super().encode(model, ids, memory, ratio)
        with torch.set_grad_enabled(torch.is_grad_enabled() and model.embedding.requires_grad):
            layers = self.repeater.encode(model, ids, ratio)
        return append(memory, layers, span_ends(ids.shape[1], ratio) - 1, ids.shape[1], ratio)

    def keeps(self, store, length):
        start = store.read - length
        old = store.places < start
        if self.pick == "stride":
            return old | torch.isin(store.places, start + span_ends(length, int(store.ratio)) - 1)
        if self.pick == "last":
            return old | (store.places >= store.read - -(-length // int(store.ratio)))
        return torch.ones_like(old)                 # density: chosen once all is read, by the distance from the end

    def decode(self, model, ids, memory):
        return super().decode(model, ids, self.view(memory))

    def slots(self, memory):
        return len(self.view(memory).places)

    def view(self, memory):
        """The slots that are used: "density" picks them here, since a place thins out as the end moves away.

        The length of a document is known before it is read, so one pass can keep the same places.
        """
        if self.pick != "density" or len(memory.places) < memory.read:
            return memory
        return keep_only(memory, thinning(memory.read, int(memory.read / memory.ratio)))
