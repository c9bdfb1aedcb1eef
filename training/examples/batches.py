"""Batches of a few fixed shapes out of the token arrays that build.py wrote.

A row is [memory view] + up to three turns, behind a passage or not; only answers are counted. Views:
  none      turns alone
  passage   the context raw (cropped around the answer where it is long); sometimes another text's, then the answer is
            NOT_STATED
  memory    windows of J segments that hold the context, as slots; sometimes another document's, then NOT_STATED
  both      the same slots and a raw passage; sometimes one of the two is another text's, the answer stays the true one
A question about a text as a whole sees the slots of that text only; any other sees whole segments of its document, and
slots of other documents of the batch beside them. Does not know: models, files of the corpus.
"""
import json
import os
from dataclasses import dataclass

import numpy as np
import torch

from ..chat import ASSISTANT, NOT_STATED, PASSAGE, USER, reply
from ..tokenizer import PAD
from .tasks import NAMES, REFUSABLE, SCORED, SHARES, is_alone

VIEWS = ("none", "passage", "memory", "both")
TURNS = 3                           # most turns of one row
MOST_PASSAGE = 336                  # tokens of a raw passage
WRONG_SHARE = 0.08                  # rows of `passage` and `memory` whose text is another's
SWAPPED_SHARE = 0.2                 # rows of `both` of which the memory is another's; as many again for the passage
ALONE = np.array([is_alone(name) for name in NAMES])
REFUSED = np.array([name in REFUSABLE for name in NAMES])


class Examples:
    """One split on disk. `of_context` gives the examples of each context as a range, because they lie together."""

    def __init__(self, folder, split):
        self.stream = np.fromfile(os.path.join(folder, split + ".stream.bin"), dtype=np.uint16)
        self.text = np.fromfile(os.path.join(folder, split + ".text.bin"), dtype=np.uint16)
        arrays = np.load(os.path.join(folder, split + ".npz"))
        self.start, self.tokens, self.document = arrays["contexts"].T
        (self.context, self.task, self.text_at, self.asked, self.answered, self.first) = arrays["examples"].T
        self.of_context = np.searchsorted(self.context, np.arange(len(self.start) + 1))
        count = np.bincount(self.task, minlength=len(NAMES))
        share = np.array([SHARES[name] for name in NAMES]) * np.minimum(1, count / 1000) / np.maximum(count, 1)
        self.weight = share[self.task]                                  # of one example among all

    def __len__(self):
        return len(self.task)

    def question(self, e):
        return self.text[self.text_at[e]:self.text_at[e] + self.asked[e]]

    def answer(self, e):
        """With the end of the turn."""
        return self.text[self.text_at[e] + self.asked[e]:self.text_at[e] + self.asked[e] + self.answered[e]]

    def context_ids(self, c):
        return self.stream[self.start[c]:self.start[c] + self.tokens[c]]


@dataclass
class Batch:
    """Tensors of one micro-batch; `to` moves them.

    Shapes   rows      int64  (B, T)   right-padded
             places    int64  (n)      places of the flat (B, T) whose successor is counted
             target    int64  (n)      those successors         weight  float32  (n)   sums to 1
             segments  int64  (N, segment)  or None             slots   int64  (B, S)  flat slot of each place, -1 empty
    """
    rows: torch.Tensor
    places: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor
    segments: torch.Tensor = None
    slots: torch.Tensor = None
    view: str = "none"
    ratio: int = 8

    def to(self, device):
        for name, value in list(vars(self).items()):
            if isinstance(value, torch.Tensor):
                if device != "cpu":
                    value = value.pin_memory()
                setattr(self, name, value.to(device, non_blocking=True))
        return self

    def token_count(self):
        return self.rows.numel() + (self.segments.numel() if self.segments is not None else 0)


def row_of(passage, turns, length):
    """(ids of one row, [(start, end) of each answer]); turns that do not fit whole are left out, the first is cut."""
    ids, spans = ([PASSAGE] + list(passage) if passage is not None else []), []
    for n, (question, answer) in enumerate(turns):
        turn = [USER] + list(question) + [ASSISTANT] + list(answer)
        if len(ids) + len(turn) > length:
            if n:
                break
            turn = turn[:length - len(ids)]
        spans.append((len(ids) + len(question) + 2, len(ids) + len(turn)))
        ids += turn
    return ids, [(a, b) for a, b in spans if a < b]


def stack_rows(rows, spans, length):
    """Rows int64 (B, T) with the places, targets and weights of their answers.

    An answer of n tokens weighs n ** 0.5 in all: long ones count for more than short ones, but not n times as much.
    """
    ids = np.full((len(rows), length), PAD, dtype=np.int64)
    places, weights = [], []
    for i, (row, found) in enumerate(zip(rows, spans)):
        ids[i, :len(row)] = row
        for start, end in found:
            places.append(i * length + np.arange(start - 1, end - 1))
            weights.append(np.full(end - start, (end - start) ** -0.5))
    places = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
    weight = np.concatenate(weights) if weights else np.zeros(0)
    weight = (weight / max(weight.sum(), 1e-9)).astype(np.float32)
    return (torch.from_numpy(ids), torch.from_numpy(places), torch.from_numpy(ids.reshape(-1)[places + 1]),
            torch.from_numpy(weight))


def right_aligned(lists, width):
    """int64 (len(lists), width): each list at the right end, -1 left of it."""
    index = np.full((len(lists), width), -1, dtype=np.int64)
    for i, values in enumerate(lists):
        if len(values):
            index[i, width - len(values):] = values
    return torch.from_numpy(index)


class Sampler:
    """Draws batches of one split. `tokens`: of a batch, memory included; `segment`: tokens of one."""

    def __init__(self, examples, tokenizer, segment=512, tokens=32768, row=256, passage_row=512, neighbours=4):
        self.e, self.segment, self.tokens = examples, segment, tokens
        self.row, self.passage_row, self.neighbours = row, passage_row, neighbours
        self.refusal = np.array(reply(tokenizer, NOT_STATED), dtype=np.uint16)
        self.reach = {}
        for places in (1, 2, 4):
            fits = examples.tokens[examples.context] <= places * segment - 16
            if places * segment <= len(examples.stream) and fits.any():
                self.reach[places] = np.cumsum(examples.weight * fits)
        if not self.reach:
            raise SystemExit("no example's context fits into four segments: too few examples, or segments too short")
        self.all = np.cumsum(examples.weight)

    def pick(self, count, rng, cumulative=None):
        cumulative = self.all if cumulative is None else cumulative
        found = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
        return np.minimum(found, len(self.e) - 1)

    def batch(self, view, ratio, rng):
        if view in ("none", "passage"):
            return self._raw(view, ratio, rng)
        return self._with_memory(view, ratio, rng)

    def window(self, e, places, rng):
        """Start of the window of `places` segments for example e: its context's own, or a random one around it."""
        c, need = self.e.context[e], places * self.segment
        start, tokens = int(self.e.start[c]), int(self.e.tokens[c])
        if ALONE[self.e.task[e]]:
            return min(start, len(self.e.stream) - need)                # own_slots leaves out what is before it
        first = max(0, start + tokens - need)
        return int(rng.integers(first, max(first, min(start, len(self.e.stream) - need)) + 1))

    def own_slots(self, e, begin, places, ratio):
        """Slots of the window that example e may see, counted from the window's first."""
        slots = -(-self.segment // ratio) * places
        if not ALONE[self.e.task[e]]:
            return np.arange(slots)
        c = self.e.context[e]
        before = int(self.e.start[c]) - begin                           # not 0 only at the end of the stream
        return np.arange(before // ratio, min(slots, -(-(before + int(self.e.tokens[c])) // ratio)))

    def companions(self, e, low, high, rng, count):
        """e and up to `count` - 1 other examples whose contexts lie in contexts [low, high)."""
        x = self.e
        begin, end = x.of_context[low], x.of_context[high]
        others = np.arange(begin, end)
        others = others[(others != e) & (ALONE[x.task[others]] == ALONE[x.task[e]])]
        if len(others) > count - 1:
            p = x.weight[others] / x.weight[others].sum()
            others = rng.choice(others, count - 1, replace=False, p=p)
        return [e] + list(rng.permutation(others))

    def turns(self, chosen):
        return [(self.e.question(e), self.e.answer(e)) for e in chosen]

    def passage(self, e, chosen, rng):
        """Context of example e, cropped where it is long; and those of `chosen` that it answers, e first."""
        ids, first = self.e.context_ids(self.e.context[e]), int(self.e.first[e])
        if len(ids) <= MOST_PASSAGE:
            return ids, chosen
        if first < 0:
            return ids[:MOST_PASSAGE], [e]
        end = min(first + int(self.e.answered[e]), len(ids))
        low = max(0, min(end - MOST_PASSAGE, first))
        begin = int(rng.integers(low, max(low, min(first, len(ids) - MOST_PASSAGE)) + 1))
        inside = [o for o in chosen if o == e or begin <= self.e.first[o] and
                  self.e.first[o] + self.e.answered[o] <= begin + MOST_PASSAGE]
        return ids[begin:begin + MOST_PASSAGE], inside

    def other_document(self, e, rng):
        """An example of another document than e's."""
        for _ in range(20):
            o = int(self.pick(1, rng)[0])
            if self.e.document[self.e.context[o]] != self.e.document[self.e.context[e]]:
                break
        return o

    def _raw(self, view, ratio, rng):
        length = self.passage_row if view == "passage" else self.row
        rows, spans = [], []
        for e in self.pick(max(1, self.tokens // length), rng):
            c, passage = self.e.context[e], None
            chosen = self.companions(e, c, c + 1, rng, TURNS) if rng.random() < 0.7 else [e]
            if view == "passage":
                passage, chosen = self.passage(e, chosen, rng)
                if REFUSED[self.e.task[e]] and rng.random() < WRONG_SHARE:
                    other = self.other_document(e, rng)
                    passage, chosen = self.passage(other, [other], rng)[0], None
            turns = [(self.e.question(e), self.refusal)] if chosen is None else self.turns(chosen)
            row, found = row_of(passage, turns, length)
            rows.append(row)
            spans.append(found)
        return Batch(*stack_rows(rows, spans, length), view=view, ratio=ratio)

    def _with_memory(self, view, ratio, rng):
        places = int(rng.choice(list(self.reach)))
        rows_each = 2 * places if view == "memory" else places           # a window of many contexts answers more
        length = self.row if view == "memory" else self.passage_row
        count = max(2, self.tokens // (places * self.segment + rows_each * length))
        picked = self.pick(count, rng, self.reach[places])
        begins = np.array([self.window(e, places, rng) for e in picked])
        each = -(-self.segment // ratio)                                # slots of a segment
        rows, spans, views = [], [], []
        for w, e in enumerate(picked):
            for e, chosen in self._rows_of_window(e, begins[w], places, rows_each, rng):
                passage, source, turns = None, w, None
                if view == "both":
                    chosen = [o for o in chosen if self.e.context[o] == self.e.context[e]]
                    passage, chosen = self.passage(e, chosen[:TURNS], rng)
                    lot = rng.random()
                    if lot < SWAPPED_SHARE:                         # another document's memory under the right passage
                        source = int(rng.integers(count))
                    elif lot < 2 * SWAPPED_SHARE and not ALONE[self.e.task[e]]:
                        other = self.other_document(e, rng)             # another text over the right memory
                        passage = self.passage(other, [other], rng)[0]
                elif REFUSED[self.e.task[e]] and not ALONE[self.e.task[e]] and rng.random() < WRONG_SHARE:
                    source = int(rng.integers(count))
                    same = self.e.document[self.e.context[picked[source]]] == self.e.document[self.e.context[e]]
                    source, turns = (w, None) if same else (source, [(self.e.question(e), self.refusal)])
                row, found = row_of(passage, turns or self.turns(chosen), length)
                rows.append(row)
                spans.append(found)
                seen = e if source == w else picked[source]
                views.append(self._view(seen, source, begins, places, each, ratio, rng))
        width = (places + self.neighbours) * each
        ids = self.e.stream[begins[:, None] + np.arange(places * self.segment)].astype(np.int64)
        return Batch(*stack_rows(rows, spans, length), view=view, ratio=ratio, slots=right_aligned(views, width),
                     segments=torch.from_numpy(ids.reshape(-1, self.segment)))

    def _rows_of_window(self, e, begin, places, rows_each, rng):
        """[(first example, examples of the row)] about one window: `rows_each` rows if it answers so many questions."""
        c = self.e.context[e]
        low, high = c, c + 1
        if not ALONE[self.e.task[e]]:
            low = np.searchsorted(self.e.start, begin)
            high = np.searchsorted(self.e.start + self.e.tokens, begin + places * self.segment, side="right")
            low, high = min(low, c), max(high, c + 1)
        chosen = self.companions(e, low, high, rng, rows_each * TURNS)
        count = min(rows_each, max(1, len(chosen) // 2))
        return [(part[0], part) for part in (chosen[i::count] for i in range(count))]

    def _view(self, e, w, begins, places, each, ratio, rng):
        """Slots of one row: window w's, and sometimes segments of other windows before and after."""
        own = w * places * each + self.own_slots(e, begins[w], places, ratio)
        if ALONE[self.e.task[e]] or rng.random() < 0.4:
            return own
        others = rng.integers(0, len(begins) * places, int(rng.integers(1, self.neighbours + 1)))
        others = [o * each + np.arange(each) for o in others if o // places != w]
        cut = int(rng.integers(0, len(others) + 1))
        return np.concatenate(others[:cut] + [own] + others[cut:])


def scored_examples(examples, count, tasks=SCORED, seed=7, most_tokens=960):
    """A fixed choice of examples whose answers are scored, spread over contexts."""
    wanted = np.isin(examples.task, [NAMES.index(t) for t in tasks if t in NAMES])
    wanted &= (examples.answered <= 25) & (examples.tokens[examples.context] <= most_tokens)
    found = np.random.default_rng(seed).permutation(np.nonzero(wanted)[0])
    return found[:count]


def read_counts(folder):
    with open(os.path.join(folder, "examples.json"), encoding="utf-8") as f:
        return json.load(f)
