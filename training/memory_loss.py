"""Next-token loss of segments read after the memories of all earlier segments of their document.

All segments of a document are decoded in parallel, each behind the memories of the earlier ones: the full gradient,
nothing truncated. The form with two passes gives the same numbers with less memory (tests/test_gradients.py).
Does not know: optimisers, files.
"""
import torch

from .gradients import two_pass_gradient
from .memory import assemble, decode


def earlier_segments(documents, segments):
    """Index for `assemble`: row (document, t), t = 1 .. S-1, holds the encoded segments 0 .. t-1, right-aligned.

    The last segment of a document is never encoded, so document d's memories are numbered from d (S - 1).
    Shapes   returns  int64  (B (S - 1), S - 1)   -1: empty
    """
    places = torch.arange(segments - 1)[None, :]
    own = places + torch.arange(1, segments)[:, None] - (segments - 1)           # (S - 1, S - 1)
    empty = torch.full_like(own, -1)
    return torch.cat([torch.where(own >= 0, own + d * (segments - 1), empty) for d in range(documents)])


def sequence_loss(model, encoder, ids, ratio):
    """Mean loss over tokens 1.. of segments 1 .. S-1.

    Shapes   ids  int64  (B, S, T)    returns  scalar with gradient, and float32 (B, S - 1, T - 1) in nats
    """
    documents, segments, length = ids.shape
    memories = encoder.encode(model, ids[:, :-1].reshape(-1, length), ratio)
    past, has_slot = assemble(model, memories, earlier_segments(documents, segments))
    local = ids[:, 1:].reshape(-1, length)
    total, losses = local_loss(model, local, past, has_slot, 1.0 / (local.shape[0] * (length - 1)))
    return total, losses.view(documents, segments - 1, length - 1)


def local_loss(model, local, past, has_slot, weight):
    """Loss of tokens 1.. of `local` int64 (B, T), each weighted by `weight`."""
    hidden = decode(model, local[:, :-1].contiguous(), past, has_slot)
    target = local[:, 1:].contiguous()
    return model.loss(hidden, target, torch.full(target.shape, weight, device=local.device))


def two_pass_sequence_gradient(model, encoder, ids, ratio):
    """The gradient of `sequence_loss` with the graph of one segment at a time; adds to .grad, returns the loss."""
    documents, segments, length = ids.shape
    weight = 1.0 / (documents * (segments - 1) * (length - 1))

    def encode(segment):
        return [t for pair in encoder.encode(model, segment, ratio) for t in pair]

    def loss_at(t, memories):
        layers = range(model.config.layers)
        joined = [tuple(torch.cat([m[2 * i + part] for m in memories]) for part in (0, 1)) for i in layers]
        index = torch.arange(t)[None, :] * documents + torch.arange(documents)[:, None]      # (B, t)
        past, has_slot = assemble(model, joined, index)
        return local_loss(model, ids[:, t], past, has_slot, weight)[0]

    return two_pass_gradient([ids[:, s] for s in range(segments)], encode, loss_at)
