"""Groups of training.reader.examples on the device, drawn as batches of fixed shape by gathering: no work per row.

The examples lie in order from easy to people's, in twelve blocks; the share of the time that has passed says which
block is in use, so a faster machine sees more of each and none is left out. Does not know: losses.
"""
import glob
import os
import time

import numpy as np
import torch

from .examples import SHARD

WIDTHS = (128, 192, 256)        # a batch is padded to the first that holds its longest row
ABSENT = -2                     # label of a row that fills up a group
BLOCKS = 12


class Blocks:
    def __init__(self, folder, groups, tokens, builder, device, patience=60.0, seed=0):
        self.shards = -(-groups // SHARD)
        self.count = min(BLOCKS, self.shards)
        self.folder, self.tokens, self.builder, self.device = folder, tokens, builder, device
        self.patience = patience                # seconds in all to wait for shards of a block that is due
        self.rng, self.index, self.queue, self.has_just_loaded = np.random.default_rng(seed), -1, [], False

    def batch(self, progress):
        """Tensors of one batch: ids, marks int64 (N G, T), lengths, firsts, begin, end (N G), label (N, G)."""
        wanted = min(self.count - 1, int(progress * self.count))
        self.has_just_loaded = wanted != self.index
        if self.has_just_loaded:
            self.load(wanted)
        if not self.queue:
            self.queue = self.deal()
        width, groups = self.queue.pop()
        return gather(self.flat, self.rows[self.members[groups].reshape(-1)], self.labels[groups], width)

    def load(self, index):
        shares = np.linspace(0, self.shards, self.count + 1).astype(int)
        parts = [read_shard(path) for path in self.present(range(shares[index], shares[index + 1]))]
        rows, members, offset, first = [], [], 0, 0
        size = max(int(part["groups"][:, 1].max()) for part in parts)
        for part in parts:
            own = part["rows"].astype(np.int64)
            own[:, 0] += offset
            table = part["groups"].astype(np.int64)
            place = np.arange(size)[None, :]
            members.append(np.where(place < table[:, 1:2], table[:, :1] + place + first, -1))
            rows.append(own)
            offset, first = offset + len(part["ids"]), first + len(own)
        rows, members = np.concatenate(rows), np.concatenate(members)
        labels = np.where(members >= 0, rows[members.clip(0), 5], ABSENT)
        members = np.where(members >= 0, members, members[:, :1])       # an absent row repeats the group's first one
        self.longest = rows[members, 1].max(1)
        put = lambda array: torch.from_numpy(array).to(self.device)     # noqa: E731
        self.flat = [put(np.concatenate([part[name] for part in parts]).astype(np.int32)) for name in ("ids", "marks")]
        self.rows, self.members, self.labels = put(rows), put(members), put(labels)
        self.index, self.queue = index, []

    def present(self, numbers):
        """Paths of these shards; once the patience is used up those that are there, or as many of the newest others."""
        paths = [os.path.join(self.folder, f"groups-{n:03d}.npz") for n in numbers]
        while not all(map(os.path.exists, paths)):
            others = sorted(glob.glob(os.path.join(self.folder, "groups-???.npz")))
            if self.patience <= 0 and others:
                return [path for path in paths if path in others] or others[-len(paths):]
            over = None if self.builder is None else self.builder.poll()
            if self.builder is None or over is not None and not all(map(os.path.exists, paths)):
                raise SystemExit(f"examples are missing in {self.folder}; building them ended with {over}")
            time.sleep(0.2)
            self.patience -= 0.2
        return paths

    def rehearsal(self, width):
        """A batch of this width for compiling: real rows, cut off, without answers."""
        if self.index < 0:
            self.load(0)
        groups = torch.arange(max(1, self.tokens // (width * self.members.shape[1])), device=self.device)
        batch = gather(self.flat, self.rows[self.members[groups].reshape(-1)], self.labels[groups], width)
        none = torch.full_like(batch["begin"], -1)
        return dict(batch, lengths=batch["lengths"].clamp(max=width), firsts=batch["firsts"].clamp(max=width - 2),
                    begin=none, end=none)

    def deal(self):
        """[(width, group numbers on the device)] of the whole block, in random order; what is left over waits."""
        size, found = self.members.shape[1], []
        low = 0
        for width in WIDTHS:
            fits = self.rng.permutation(np.flatnonzero((self.longest > low) & (self.longest <= width)))
            low, count = width, max(1, self.tokens // (width * size))
            if len(fits) and len(fits) < count:
                fits = self.rng.choice(fits, count)
            numbers = torch.from_numpy(fits[:len(fits) // count * count].astype(np.int64)).to(self.device)
            found += [(width, part) for part in numbers.split(count)] if len(fits) else []
        return [found[i] for i in self.rng.permutation(len(found))]


def read_shard(path):
    with np.load(path) as f:
        return {name: f[name] for name in f.files}


def gather(flat, rows, label, width):
    """Rows of the table (offset, tokens, first, begin, end, label) out of the flat ids and marks."""
    at = torch.arange(width, device=rows.device)
    inside = at[None, :] < rows[:, 1:2]
    index = (rows[:, :1] + at[None, :]).clamp(max=len(flat[0]) - 1)
    ids, marks = (torch.where(inside, array[index], torch.zeros_like(array[:1])).long() for array in flat)
    return dict(ids=ids, marks=marks, lengths=rows[:, 1], firsts=rows[:, 2], begin=rows[:, 3], end=rows[:, 4],
                label=label)
