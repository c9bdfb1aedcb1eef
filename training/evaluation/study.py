"""What every part of the evaluation shares: the models under test, the unseen documents, the time it may take.

Does not know: tasks, tables.
"""
import time
from dataclasses import dataclass, field

import numpy as np
import torch

from ..model import DEVICE
from .windows import MIN_TOKENS, byte_lengths, partners, pick_documents

BATCH = 64 if DEVICE == "cuda" else 4   # rows of a forward pass


class Clock:
    """Seconds of a part; what does not fit any more is named in `skipped` instead of being run."""

    def __init__(self, seconds):
        self.begin, self.seconds, self.skipped = time.time(), seconds, []

    def spent(self):
        return time.time() - self.begin

    def has_time(self, name):
        """True while there is time left; else `name` is noted."""
        if self.spent() < self.seconds:
            return True
        self.skipped.append(name)
        return False


@dataclass
class Study:
    """One memory over its base, and the unseen text it is judged on."""

    model: object                       # computing in its own dtype, rotary tables long enough for every reading
    encoder: object                     # the memory under test: residual codes or gists; None: only methods are compared
    tokenizer: object
    token_set: object                   # the split
    documents: list
    segment: int
    trained: int                        # positions that the base was trained on
    seed: int = 0
    least: int = MIN_TOKENS             # tokens of a document that may be another one's wrong memory
    others: list = field(default_factory=list)
    gists: object = None                # a gist encoder over the same base, where the memory under test is codes
    kept: dict = field(default_factory=dict)        # codes by segment, read once for all readings of them

    def __post_init__(self):
        self.others = self.others or partners(self.token_set, self.documents, self.least)
        self.sizes = byte_lengths(self.tokenizer, self.model.config.vocab)
        self.kinds = np.array([d["kind"] for d in self.documents])

    @classmethod
    def of(cls, model, encoder, tokenizer, token_set, count, segment, trained, only=None, least=MIN_TOKENS, seed=0):
        documents = pick_documents(token_set, count, only, least)
        if not documents:
            raise SystemExit(f"no document of {least} tokens in this split")
        return cls(model, encoder, tokenizer, token_set, documents, segment, trained, seed, least)


def batches(count, size=None):
    """Slices of at most `size` rows."""
    size = size or BATCH
    return [slice(i, min(i + size, count)) for i in range(0, count, size)]


@torch.no_grad()
def token_losses(model, reading, memory, ids, lead=0):
    """Losses in nats of tokens lead + 1 .. of local ids (B, T) after `memory`; float64 (B, T - 1 - lead) on the CPU."""
    hidden = reading.hidden(ids[:, :-1].contiguous(), memory)[:, lead:].contiguous()
    target = ids[:, 1 + lead:].contiguous()
    _, losses = model.loss(hidden, target, torch.ones(target.shape, device=ids.device))
    return losses.view(target.shape).double().cpu()
