"""Raw keys and values as memory: the control that compression has to be measured against, and what other methods share.

Keys are kept before rotary and numbered on from 0 where they are used, so positions lie inside the cache. `Store` and
`RawMethod` serve every method that keeps real tokens; a method then says which places it keeps. Does not know:
training.

Source: segment recurrence of Transformer-XL (Dai et al. 2019, arXiv:1901.02860), with keys and values in the place of
hidden states and re-indexed rotary in the place of relative position scores. By default a segment is read on its own.
"""
from dataclasses import dataclass

import torch

from ..kernels import Mask
from .method import Method


@dataclass
class Store:
    """What is kept of B documents."""

    layers: list                        # per layer (k, v), each (B, K, P, D), keys un-rotated
    places: torch.Tensor                # int64 (P), on the CPU: where in the document each slot was read
    read: int                           # tokens read so far
    ratio: float = 1.0                  # of the last segment


def empty_store(model, rows):
    c = model.config
    nothing = torch.empty(rows, c.kv_heads, 0, c.head_dim, dtype=model.dtype, device=model.embedding.device)
    return Store([(nothing, nothing)] * c.layers, torch.empty(0, dtype=torch.long), 0)


def append(store, layers, places, length, ratio):
    """`store` and slots read at `places` int64 (M), on the CPU, of its documents' next `length` tokens."""
    places = torch.cat([store.places, store.read + places])
    joined = [(torch.cat([a, c], 2), torch.cat([b, d], 2)) for (a, b), (c, d) in zip(store.layers, layers)]
    return Store(joined, places, store.read + length, ratio)


def keep_only(store, keeps):
    """The slots where `keeps` bool (P) on the CPU is True."""
    if bool(keeps.all()):
        return store
    index = keeps.nonzero()[:, 0]
    there = index.to(store.layers[0][0].device)
    layers = [(k.index_select(2, there), v.index_select(2, there)) for k, v in store.layers]
    return Store(layers, store.places[index], store.read, store.ratio)


def behind(local, slots, device):
    """Mask (1, T, P + T): `local` tokens that see all of `slots` slots and each other causally."""
    return Mask(torch.ones(local, slots + local, dtype=torch.bool, device=device).tril(slots))


def rotated(model, layers, positions):
    return [(model.rotate(k, positions), v) for k, v in layers]


def observe_segment(model, ids, past=None):
    """Per layer (h, k, v) of segments ids (B, T), alone or behind the slots `past`; no graph if the base is frozen.

    Shapes   h (B, T, C) is the normed input of the attention; k (un-rotated), v (B, K, T, D)
    """
    kept, length = [], ids.shape[1]
    slots = past[0][0].shape[2] if past else 0
    with torch.set_grad_enabled(torch.is_grad_enabled() and model.embedding.requires_grad):
        positions = torch.arange(slots, slots + length, device=ids.device)
        mask = behind(length, slots, ids.device) if slots else None
        model.run(model.embed(ids), positions, mask, past=past if slots else None,
                  observe=lambda i, block, h, k, v: kept.append((h, k, v)))
    return kept


class RawMethod(Method):
    """Keeps the keys and values of some tokens; `keeps` says which."""

    is_trained = False
    is_local = True                     # False: a segment is read behind the memory of those before it

    def keeps(self, store, length):
        """bool (P): which slots stay after the newest segment of `length` tokens."""
        raise NotImplementedError

    def start(self, model, rows):
        return empty_store(model, rows)

    def encode(self, model, ids, memory, ratio):
        past = None if self.is_local else rotated(model, memory.layers, self._positions(memory))
        layers = [(k, v) for _, k, v in observe_segment(model, ids, past)]
        longer = append(memory, layers, torch.arange(ids.shape[1]), ids.shape[1], ratio)
        return keep_only(longer, self.keeps(longer, ids.shape[1]))

    def decode(self, model, ids, memory):
        slots, local = self.slots(memory), ids.shape[1]
        positions = torch.arange(slots, slots + local, device=ids.device)
        if slots == 0:
            return model.run(model.embed(ids), positions)
        rows = model.config.positions
        assert slots + local <= rows, f"{slots} slots and {local} tokens, but {rows} positions"
        past = rotated(model, memory.layers, self._positions(memory))
        return model.run(model.embed(ids), positions, behind(local, slots, ids.device), past=past)

    def slots(self, memory):
        return len(memory.places)

    @staticmethod
    def _positions(memory):
        return torch.arange(len(memory.places), device=memory.layers[0][0].device)


class Cache(RawMethod):
    """`keep` "all": everything, "slots": the most recent tokens, as many as a memory at the ratio has slots; never more
    than `most` tokens (0: no limit), since a model reads badly beyond its trained length."""

    name = "cache"

    def __init__(self, model, keep="all", most=0, is_local=True):
        super().__init__(model, keep=keep, most=most, is_local=is_local)
        assert keep in ("all", "slots"), f"keep is {keep!r}, expected 'all' or 'slots'"
        self.keep, self.most, self.is_local = keep, most, is_local

    def keeps(self, store, length):
        count = store.read if self.keep == "all" else int(store.read / store.ratio)
        return store.places >= store.read - (min(count, self.most) if self.most else count)

    def bytes_per_token(self, config, ratio):
        """Of a document that is not longer than `most`."""
        return super().bytes_per_token(config, 1 if self.keep == "all" else ratio)
