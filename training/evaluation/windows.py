"""Unseen documents and the windows that are cut from them: some past, then the segment that is predicted.

All readings of the past share one window, so every comparison is paired. Does not know: models, memories.
"""
import numpy as np
import torch

MIN_TOKENS = 20_000                     # of a document: only long documents need a memory
SHARES = {"books": 0.45, "docs": 0.47, "code": 0.1}      # of the documents asked for, at most, per kind


def pick_documents(token_set, count, only=None, least=MIN_TOKENS):
    """Long documents, books first; where a kind has too few, others make up for it. `only`: a part of the id."""
    if only:
        return [d for d in token_set.documents if only in d["id"]]
    long_ones = [d for d in token_set.documents if d["tokens"] >= least]
    picked = []
    for kind, share in SHARES.items():
        picked += [d for d in long_ones if d["kind"] == kind][:int(count * share)]
    picked += [d for d in long_ones if not any(d is p for p in picked)]
    return picked[:count]


def partners(token_set, documents, least=MIN_TOKENS):
    """For every document another one of the same kind, half the list of long ones further on."""
    found = []
    for d in documents:
        same = [x for x in token_set.documents if x["kind"] == d["kind"] and (x is d or x["tokens"] >= least)]
        if len(same) < 2:
            same = [x for x in token_set.documents if x is d or x["tokens"] >= least]
        if len(same) < 2:
            raise SystemExit(f"no second document of {least} tokens beside {d['id']}: wrong memory cannot be measured")
        found.append(same[(same.index(d) + len(same) // 2) % len(same)])
    return found


class Windows:
    """`count` windows, evenly spread over each document: `margin` tokens, `past` segments, and the predicted one.

    `flat` int64 (N, margin + (past + 1) T), `owner` (N): the number of each window's document.
    Errors: SystemExit names a document that is too short.
    """

    def __init__(self, token_set, documents, past, segment, per_document, margin=0):
        need, starts, owner = (past + 1) * segment, [], []
        for number, d in enumerate(documents):
            if d["tokens"] - 1 < need + margin:
                raise SystemExit(f"{d['id']} has {d['tokens']} tokens: too short for {past} segments of {segment}")
            for w in range(1, per_document + 1):
                start = d["start"] + 1 + (d["tokens"] - 1 - need) * w // (per_document + 1)
                starts.append(max(start, d["start"] + 1 + margin) - margin)
                owner.append(number)
        self.flat, self.owner = token_set.slices(starts, margin + need), np.array(owner)
        self.past, self.segment, self.margin = past, segment, margin

    def __len__(self):
        return len(self.flat)

    @property
    def target(self):
        """The predicted segments, int64 (N, T)."""
        return self.flat[:, -self.segment:]

    def recent(self, tokens):
        """The raw tokens right before the predicted segment, int64 (N, tokens)."""
        end = self.flat.shape[1] - self.segment
        assert tokens <= end, f"{tokens} tokens of past asked for, {end} there"
        return self.flat[:, end - tokens:end]

    def older(self, past, recent=0):
        """The `past` segments that end where the `recent` raw tokens begin, int64 (N, past, T)."""
        end = self.flat.shape[1] - self.segment - recent
        begin = end - past * self.segment
        assert begin >= 0, f"{past} segments before {recent} tokens are more than the window holds"
        return self.flat[:, begin:end].reshape(len(self.flat), past, self.segment)


def byte_lengths(tokenizer, vocab):
    """Bytes of every token id, int64 (V); ids that the tokenizer does not use have none."""
    return np.array(tokenizer.byte_lengths() + [0] * (vocab - len(tokenizer)))


def bits_per_byte(losses, target, sizes, first=1, last=None):
    """Per window, over the target's tokens first .. last - 1.

    Shapes   losses  float64 (N, T - 1) in nats, of tokens 1 .. T - 1    target  int64 (N, T)    returns float64 (N)
    """
    last = target.shape[1] if last is None else last
    ids = target[:, first:last].numpy() if torch.is_tensor(target) else target[:, first:last]
    return losses[:, first - 1:last - 1].sum(1) / np.log(2) / np.maximum(1, sizes[ids].sum(1))
