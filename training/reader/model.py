"""The reader's network: the base decoder's layers without the causal mask, marks added to the embeddings, four small heads.

Relevance comes from the last token (it has seen everything) plus the strongest evidence of any passage token, so that one
good sentence in a long passage is enough. Does not know: training, tokenizers.
"""
import torch
import torch.nn as nn

from ..kernels import Mask
from ..model import Config, Model, load_saved
from .encoding import MARKS

OUTSIDE = -1e4                  # score of a token that cannot begin or end an answer


class Reader(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        hidden = base.config.hidden
        self.marks = nn.Parameter(torch.randn(MARKS, hidden) * 0.5 * float(base.embedding.detach().std()))
        self.token_head = nn.Linear(hidden, 3)          # begin, end, evidence of each token
        self.row_head = nn.Linear(hidden, 1)            # relevance, from the last token
        with torch.no_grad():
            self.marks[:2] = 0
            self.token_head.weight.normal_(0, 0.02)
            self.token_head.bias.zero_()
            self.row_head.weight.zero_()
            self.row_head.bias.zero_()

    def forward(self, ids, marks, lengths, firsts):
        """Shapes   ids, marks  int64  (B, T)    lengths, firsts  int64  (B): tokens of a row, its first passage token
                    returns  begin, end  float32  (B, T)    relevance  float32  (B): log odds
        """
        rows, width = ids.shape
        at = torch.arange(width, device=ids.device)
        x = self.base.embed(ids) + self.marks[marks]
        visible = (at[None, :] < lengths[:, None])[:, None, :].expand(rows, width, width)
        hidden = self.base.run(x, at, Mask(visible)).float()
        scores = self.token_head(hidden)
        inside = (at[None, :] >= firsts[:, None]) & (at[None, :] < lengths[:, None] - 1)
        scores = scores.masked_fill(~inside[..., None], OUTSIDE)
        strongest = torch.logsumexp(scores[..., 2], 1) - inside.sum(1).clamp(min=1).float().log()
        last = hidden[torch.arange(rows, device=ids.device), lengths - 1]
        return scores[..., 0], scores[..., 1], self.row_head(last)[:, 0] + strongest


def new_reader(saved):
    """A reader over the weights of a base checkpoint (`training.train_base`)."""
    base = Model(Config(**saved["config"]))
    base.load_state_dict(saved["model"])
    return Reader(base)


def save_reader(path, reader, **state):
    from dataclasses import asdict
    import os
    torch.save(dict(config=asdict(reader.base.config), reader=reader.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_reader(path):
    saved = load_saved(path)
    reader = Reader(Model(Config(**saved["config"])))
    reader.load_state_dict(saved["reader"])
    return reader, saved
