"""The reader's loss over groups of equal size, without a look at a single number of them.

Answer      begin and end within the row, and within all passages of the group together (Clark & Gardner 2018,
            arXiv:1710.10723), so that scores of different passages can be compared
Relevance   of each row; and the answering passage against the others of its group
Does not know: where rows come from.
"""
import torch
import torch.nn.functional as F

from .model import OUTSIDE
from .trunk import HIDDEN_TOKEN, SPECIALS

SHARED = 0.5                    # weight of the answer among all passages


def add_noise(batch, share):
    """Some tokens hidden, never those of the answer."""
    ids = batch["ids"]
    at = torch.arange(ids.shape[1], device=ids.device)[None, :]
    is_answer = (at >= batch["begin"][:, None]) & (at <= batch["end"][:, None])
    hidden = (torch.rand(ids.shape, device=ids.device) < share) & (ids >= SPECIALS) & ~is_answer
    return ids.masked_fill(hidden, HIDDEN_TOKEN)


def mean_where(values, wanted):
    """Mean of the wanted values; 0 where there are none."""
    return (values * wanted).sum() / wanted.sum().clamp(min=1)


def edge_losses(scores, place, mixed, has_answer):
    """(within the row, within the group) of one edge: scores (N, G, T), place (N, G), -1 without; mixed (N, G): rows of
    the question itself."""
    picked = place.clamp(min=0)
    alone = -F.log_softmax(scores, -1).gather(2, picked[..., None])[..., 0]
    together = scores.masked_fill(~mixed[..., None], OUTSIDE).flatten(1)
    shared = -F.log_softmax(together, -1).gather(1, picked[:, :1])[:, 0]       # the first row of a group answers
    return mean_where(alone, place >= 0), mean_where(shared, has_answer)


def grouped_loss(reader, batch, noise=0.0):
    """(loss, detached float32 (5): answer, relevance, list, share with the answering passage first, shared)."""
    label = batch["label"]
    n, size = label.shape
    ids = add_noise(batch, noise) if noise else batch["ids"]
    begin, end, relevance = reader(ids, batch["marks"], batch["lengths"], batch["firsts"])
    relevance = relevance.view(n, size)
    own, is_right = label >= 0, label == 1
    first = batch["begin"].view(n, size), batch["end"].view(n, size)
    has_answer = (first[0][:, 0] >= 0) & (label[:, 0] == 1)
    edges = [edge_losses(s.view(n, size, -1), place, own, has_answer) for s, place in zip((begin, end), first)]
    answer, shared = ((edges[0][k] + edges[1][k]) / 2 for k in range(2))
    weight = (label > -2).float() * (1 + is_right.float() * (size / 2 - 1))    # one in `size` answers
    relevant = F.binary_cross_entropy_with_logits(relevance, is_right.float(), reduction="none")
    relevant = (relevant * weight).sum() / weight.sum()
    among = relevance.masked_fill(~own, OUTSIDE)
    is_answered = is_right[:, 0]
    ranking = mean_where(-F.log_softmax(among, 1)[:, 0], is_answered)
    is_first = mean_where((among.argmax(1) == 0).float(), is_answered)
    loss = answer + SHARED * shared + relevant + ranking
    return loss, torch.stack([answer, relevant, ranking, is_first, shared]).detach().float()
