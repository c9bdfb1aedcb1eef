"""A memory layer of the Focused Transformer (LongLLaMA): few layers read the best keys of all earlier text, unplaced.

Trained with CrossBatch: the memory a row sees while training also holds other documents' keys, so that it learns keys
that tell documents apart. Everything but the memory layers' attention projections stays frozen.
Does not know: optimisers, where documents come from.

Source: Tworkowski et al. 2023, arXiv:2307.03170, sections 3.1-3.2; the released code scores memory keys as if they
stood at the first local position, so do we. Differences: a segment's keys come from its own pass; the base is frozen;
memory holds all earlier segments of the row's document already while training; top-k only when decoding.
"""
import torch

from .cache import append, empty_store
from .method import Method
from .recall import additions, best, read_by_query

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")


def negative_rows(owners, count):
    """For every row up to `count` rows of other documents: int64 (B, count) on the CPU, -1 where there are not enough.

    Shapes   owners  int64  (B): which document a row is from
    """
    rows = len(owners)
    others = (torch.arange(rows)[:, None] + torch.arange(1, rows)[None, :]) % rows               # (B, B - 1)
    is_other = owners[others] != owners[:, None]
    order = (~is_other).long() * rows + torch.arange(rows - 1)[None, :]                         # others first, in order
    picked = order.argsort(1)[:, :count]
    found = torch.where(is_other.gather(1, picked), others.gather(1, picked), torch.full_like(picked, -1))
    return torch.nn.functional.pad(found, (0, count - found.shape[1]), value=-1)


def with_negatives(layers, rows):
    """Memory layers with other rows' slots in front, and which slots are hidden because such a row is missing.

    Shapes   layers   layer to (k, v), each (B, K, P, D)    rows  int64 (B, n) from `negative_rows`, on their device
             returns  layer to (k, v), each (B, K, (n + 1) P, D), and bool (B, (n + 1) P)
    """
    own = torch.arange(len(rows), device=rows.device)[:, None]
    slots = next(iter(layers.values()))[0].shape[2]
    everyone = torch.cat([rows, own], 1)                                                         # (B, n + 1)
    picked = everyone.clamp(min=0)
    wide = {i: tuple(t[picked].transpose(1, 2).flatten(2, 3) for t in pair) for i, pair in layers.items()}
    return wide, (everyone < 0).repeat_interleave(slots, 1)


class Fot(Method):
    """`layers`: which layers read the memory, as "2" or "2,5" (empty: the middle one); `top` keys a query and head when
    decoding; `negatives` other documents a row sees in training; `rank` 0 trains whole projections, else LoRA."""

    name = "fot"
    lr = 1e-3
    owners = None                       # set by who knows which rows of a batch are of one document

    def __init__(self, model, layers="", top=32, negatives=7, rank=0):
        super().__init__(model, layers=layers, top=top, negatives=negatives, rank=rank)
        self.layers = sorted(int(i) for i in str(layers).split(",")) if layers != "" else [model.config.layers // 2]
        assert 0 <= self.layers[0] and self.layers[-1] < model.config.layers, f"layers is {layers!r}"
        self.top, self.negatives = top, negatives
        self.own = additions(model, TARGETS, rank, self.layers)

    def start(self, model, rows):
        return empty_store(model, rows)

    def encode(self, model, ids, memory, ratio):
        kept = [(k[:, :, :0], v[:, :, :0]) for k, v in memory.layers]           # other layers keep nothing

        def keep(i, h, k, v, seen):
            if i in self.layers:
                kept[i] = k, v

        read_by_query(model, ids, 0, {}, self.select, own=self.own, observe=keep, last=self.layers[-1])
        return append(memory, kept, torch.arange(ids.shape[1]), ids.shape[1], ratio)

    def decode(self, model, ids, memory):
        view = {i: memory.layers[i] for i in self.layers}           # un-rotated: as if at the first local position
        return read_by_query(model, ids, 0, view, self.select, own=self.own)

    def select(self, scores):
        return best(scores, self.top) if self.top and self.top < scores.shape[-1] else None

    def slots(self, memory):
        """Memory keys share the first local position: local tokens start at 0."""
        return 0

    def bytes_per_token(self, config, ratio):
        return super().bytes_per_token(config, 1) * len(self.layers) / config.layers

    def training_loss(self, model, ids, ratio, rng=None):
        """CrossBatch: `sequence_loss` in which each row's memory also holds that of rows from other documents.

        `owners` int64 (B) on the CPU names the document of each row; None: every row is another document.
        """
        rows, segments, length = ids.shape
        owners = torch.arange(rows) if self.owners is None else self.owners
        others = negative_rows(owners, min(self.negatives, rows - 1)).to(ids.device)
        memory, total = self.start(model, rows), 0.0
        for t in range(1, segments):
            memory = self.encode(model, ids[:, t - 1], memory, ratio)
            view, hidden = with_negatives({i: memory.layers[i] for i in self.layers}, others)
            states = read_by_query(model, ids[:, t, :-1].contiguous(), 0, view, lambda scores: None, own=self.own,
                                   hidden=hidden)
            target = ids[:, t, 1:].contiguous()
            weight = torch.full(target.shape, 1.0 / (rows * (segments - 1) * (length - 1)), device=ids.device)
            total = total + model.loss(states, target, weight)[0]
        return total
