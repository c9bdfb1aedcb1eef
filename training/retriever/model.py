"""The retriever's network: the base decoder's layers without the causal mask, pooled and projected to one unit vector.

Pooling is a mean weighted by one learned direction, which starts as the plain mean: the last norm gives all tokens the
same length, so that without weights a stop word would count as much as a name. Question and passage share everything
and differ in their first token. Does not know: training, tokenizers, which pairs belong together.
"""
import math
import os
from dataclasses import asdict

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from ..kernels import Mask
from ..model import Config, Model, load_saved

USER, PASSAGE, END = 1, 5, 3        # borders: as in reader/encoding.py
DIMENSIONS = 256                    # of a vector: as many bytes in int8
LONGEST = 96                        # tokens of a row
LONGEST_QUESTION = 48
FIRST_SCALE, LARGEST_SCALE = 20.0, 100.0        # one over the temperature


class Retriever(nn.Module):
    def __init__(self, base, dimensions=DIMENSIONS):
        super().__init__()
        self.base = base
        hidden = base.config.hidden
        self.weight = nn.Parameter(torch.zeros(hidden))                 # of the pooling; zeros: the plain mean
        self.projection = nn.Parameter(torch.empty(dimensions, hidden))
        nn.init.orthogonal_(self.projection)
        self.log_scale = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))

    def forward(self, ids, lengths):
        """Shapes   ids  int64  (B, T)    lengths  int64  (B): tokens of a row
                    returns  float32  (B, D), unit length
        """
        rows, width = ids.shape
        at = torch.arange(width, device=ids.device)
        inside = at[None, :] < lengths[:, None]
        mask = Mask(inside[:, None, :].expand(rows, width, width))
        hidden = self.base.run(self.base.embed(ids), at, mask).float()
        share = (hidden @ self.weight).masked_fill(~inside, -1e4).softmax(1)
        return F.normalize((share[..., None] * hidden).sum(1) @ self.projection.t(), dim=1)

    def scale(self):
        return self.log_scale.exp().clamp(max=LARGEST_SCALE)


class TextEncoder:
    """Texts as rows of token ids: <|user|> question <|end|>, <|passage|> passage <|end|>; cut at the end."""

    def __init__(self, tokenizer, longest=LONGEST):
        self.tokenizer, self.longest = tokenizer, longest

    def question(self, text):
        return [USER] + self.tokenizer.encode(text.strip())[:LONGEST_QUESTION - 2] + [END]

    def passage(self, text):
        return [PASSAGE] + self.tokenizer.encode(text.strip())[:self.longest - 2] + [END]


def collate(rows):
    """Rows of ids as padded int64 tensors (ids, lengths)."""
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for i, row in enumerate(rows):
        ids[i, :len(row)] = row
    return torch.from_numpy(ids), torch.tensor([len(row) for row in rows])


def vectors_in_parts(retriever, rows, parts):
    """Vectors (rows, D) in the order given; rows of similar length go together, so that little is padded."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    split = [part for part in np.array_split(order, min(parts, len(rows))) if len(part)]
    outs = [retriever(*collate([rows[i] for i in part])) for part in split]
    return torch.cat(outs)[torch.from_numpy(np.argsort(np.concatenate(split)))]


@torch.no_grad()
def encode_all(retriever, rows, batch=64):
    """float32 (rows, D) of any number of rows, without gradients."""
    return vectors_in_parts(retriever, rows, max(1, -(-len(rows) // batch))).numpy()


def new_retriever(saved):
    """A retriever over the weights of a base or trunk checkpoint."""
    base = Model(Config(**saved["config"]))
    base.load_state_dict(saved["model"])
    return Retriever(base)


def save_retriever(path, retriever, **state):
    torch.save(dict(config=asdict(retriever.base.config), dimensions=len(retriever.projection),
                    retriever=retriever.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_retriever(path):
    """(retriever, everything that was saved). Errors: SystemExit when the file is no whole checkpoint."""
    saved = load_saved(path)
    retriever = Retriever(Model(Config(**saved["config"])), saved["dimensions"])
    retriever.load_state_dict(saved["retriever"])
    return retriever, saved
