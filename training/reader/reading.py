"""Reading with a trained reader: relevance and the best answer of each passage, and the scores that SQuAD reports.

Source: Rajpurkar et al. 2016, arXiv:1606.05250 (exact match, F1). Does not know: training, files.
"""
import collections
import re

import numpy as np
import torch

LONGEST_ANSWER = 24             # tokens


def collate(rows):
    """Encoded rows (ids, marks, spans, first) as padded int64 tensors (ids, marks, lengths, firsts)."""
    width = max(len(row[0]) for row in rows)
    ids, marks = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
    for i, (tokens, marked, _, _) in enumerate(rows):
        ids[i, :len(tokens)], marks[i, :len(marked)] = tokens, marked
    lengths = torch.tensor([len(row[0]) for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(marks), lengths, torch.tensor([row[3] for row in rows])


def read_pairs(reader, encoder, pairs, batch=64):
    """[(relevance, answer text, answer score, (start, end))] for (question, passage) pairs."""
    return read_rows(reader, [encoder.encode(*pair) for pair in pairs], [passage for _, passage in pairs], batch)


@torch.no_grad()
def read_rows(reader, rows, passages, batch=64):
    """The same for rows that are encoded already."""
    device = reader.marks.device
    found, order = [None] * len(rows), sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    for at in range(0, len(order), batch):
        members = order[at:at + batch]
        begin, end, relevance = reader(*(t.to(device) for t in collate([rows[i] for i in members])))
        width = begin.shape[1]
        band = torch.ones(width, width, device=device).triu().tril(LONGEST_ANSWER)
        grid = begin[:, :, None] + end[:, None, :] + (band - 1) * 1e6
        score, best = (t.tolist() for t in grid.view(len(members), -1).max(1))
        relevance = relevance.tolist()
        for row, i in enumerate(members):
            a, b = divmod(best[row], width)
            spans, first = rows[i][2], rows[i][3]
            start, stop = spans[max(0, a - first)][0], spans[min(len(spans) - 1, max(0, b - first))][1]
            found[i] = (relevance[row], passages[i][start:stop].strip(), score[row], (start, stop))
    return found


def normalised(text):
    return [w for w in re.findall(r"\w+", text.lower()) if w not in ("a", "an", "the")]


def exact_and_f1(given, wanted):
    a, b = normalised(given), normalised(wanted)
    common = sum((collections.Counter(a) & collections.Counter(b)).values())
    return float(a == b), 2 * common / (len(a) + len(b)) if common else 0.0


def auroc(positive, negative):
    """Area under the curve; ties count half."""
    scores = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    p, n = len(positive), len(negative)
    return float((rank[:p].sum() - p * (p + 1) / 2) / p / n)
