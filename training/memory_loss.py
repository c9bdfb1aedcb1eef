"""Next-token losses of text read after the memories of earlier segments of its document.

`sequence_loss`: each segment after all memories before it, the full gradient, nothing truncated; the form with two passes
gives the same numbers with less memory (tests/test_gradients.py). `mixed_loss`: what the shipped memory is trained with.
Does not know: optimisers, files.
"""
import torch

from .gradients import two_pass_gradient
from .memory import assemble, decode, stored

QUOTE_WEIGHT = 0.5              # of the quotes beside a weight of 1 for plain reading


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


def distilled_loss(model, encoder, ids, ratio, bits=16):
    """How far the predictions after memories are from those after the raw text, over tokens 1.. of segments 1 .. S-1.

    The target is a distribution and not one token, so a step says far more than next-token loss does. Source: Hinton et
    al. 2015, arXiv:1503.02531; for contexts, Snell et al. 2022, arXiv:2209.15189.
    Shapes   ids  int64  (B, S, T); S T must be trained positions    returns  scalar with gradient, dict of nats per token
    """
    documents, segments, length = ids.shape
    memories = stored(encoder.encode(model, ids[:, :-1].reshape(-1, length), ratio), bits)
    past, has_slot = assemble(model, memories, earlier_segments(documents, segments))
    student = decode(model, ids[:, 1:, :-1].reshape(-1, length - 1).contiguous(), past, has_slot)
    with torch.no_grad():
        flat = ids.reshape(documents, -1)
        teacher = model.run(model.embed(flat), torch.arange(flat.shape[1], device=ids.device))
        teacher = teacher.view(documents, segments, length, -1)[:, 1:, :-1].reshape(student.shape)
        wanted = model.logits(teacher).softmax(-1)
        entropy = -(wanted * wanted.clamp(min=1e-9).log()).sum(-1).mean()
    loss = -(wanted * model.logits(student).log_softmax(-1)).sum(-1).mean()
    return loss, dict(divergence=loss.detach() - entropy)


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


def pairs_after_memories(documents, segments):
    """Index for `assemble`: row (document, k) holds segments 0 .. 2k, right-aligned, of the S - 2 that are encoded.

    What follows such a row is segments 2k + 1 and 2k + 2, read raw: the first after memories alone, the second after
    memories and the most recent raw text, which is what the product shows the model.
    Shapes   returns  int64  (B (S - 1) / 2, S - 2)   -1: empty.  Errors: S must be odd
    """
    assert segments % 2 == 1 and segments >= 3, f"{segments} segments: an odd number from 3 on is needed"
    encoded = segments - 2
    own = torch.arange(encoded)[None, :] + torch.arange(1, segments, 2)[:, None] - encoded
    empty = torch.full_like(own, -1)
    return torch.cat([torch.where(own >= 0, own + d * encoded, empty) for d in range(documents)])


def with_distractors(index, documents, encoded, share, generator):
    """Some rows' places, each with a chance of one half, hold another document's memory instead; rows are B * n.

    `share` of the rows are changed; a place keeps its emptiness. Without a second document nothing changes.
    """
    if documents < 2 or share <= 0:
        return index
    changed = torch.rand(len(index), 1, generator=generator) < share
    swapped = (torch.rand(index.shape, generator=generator) < 0.5) & changed & (index >= 0)
    shift = torch.randint(1, documents, index.shape, generator=generator) * encoded
    return torch.where(swapped, (index + shift) % (documents * encoded), index)


def quotes(ids, count, length, generator):
    """`count` spans of `length` tokens from random places of each document's encoded segments, int64 (B count, length)."""
    documents, segments, width = ids.shape
    flat = ids[:, :segments - 2].reshape(documents, -1)
    starts = torch.randint(0, flat.shape[1] - length + 1, (documents, count), generator=generator)
    at = (starts[..., None] + torch.arange(length)).view(documents, -1).to(ids.device)
    return flat.gather(1, at).view(-1, length)


def mixed_loss(model, encoder, ids, ratio, generator, bits=16, distractors=0.0, quoted=0, quote_length=96, cue=8):
    """Losses of three ways to read after memories, from one encoding of S - 2 segments a document.

    alone    the segment right after the memories           recent   the one after it, with that segment raw between
    quote    `quoted` spans a document from what the memories hold, read after all of them; its first `cue` tokens are
             the question and not counted: what a memory must give back word for word
    Shapes   ids  int64  (B, S, T), S odd    returns  scalar with gradient, dict of detached scalars in nats
    """
    documents, segments, length = ids.shape
    encoded = segments - 2
    memories = stored(encoder.encode(model, ids[:, :encoded].reshape(-1, length), ratio), bits)
    index = with_distractors(pairs_after_memories(documents, segments), documents, encoded, distractors, generator)
    past, has_slot = assemble(model, memories, index)
    local = ids[:, 1:].reshape(-1, 2 * length)
    total, losses = local_loss(model, local, past, has_slot, 1.0 / (local.shape[0] * (2 * length - 1)))
    found = dict(alone=losses.view(len(local), -1)[:, :length - 1].mean(),
                 recent=losses.view(len(local), -1)[:, length - 1:].mean())
    if quoted:
        spans = quotes(ids, quoted, quote_length, generator)
        every = torch.arange(documents * encoded).view(documents, encoded).repeat_interleave(quoted, 0)
        past, has_slot = assemble(model, memories, every)
        hidden = decode(model, spans[:, :-1].contiguous(), past, has_slot)
        target = spans[:, 1:].contiguous()
        counts = (torch.arange(quote_length - 1, device=ids.device) >= cue - 1).float().expand(target.shape)
        loss, losses = model.loss(hidden, target, (counts / counts.sum()).contiguous())
        total, found["quote"] = total + QUOTE_WEIGHT * loss, losses.view(target.shape)[:, cue - 1:].mean()
    return total, found
