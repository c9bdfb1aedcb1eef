"""Greedy answers of a batch of questions, and how good they are on held-out questions in every view.

Views    none, passage, memory, both, and wrong: the memory of another document.
Figures  nats per answer token; exact match and F1 of greedy answers as SQuAD counts them (Rajpurkar et al. 2016,
         arXiv:1606.05250); how often the model says that the text does not say; recall@1 of log p(question | memory)
         among 16 memories (Sachan et al. 2022, arXiv:2204.07496).
Does not know: optimisers, how examples are built.
"""
import collections
import re
import string

import numpy as np
import torch

from ..chat import ASK, ASSISTANT, NOT_STATED, USER, read_reply
from ..kernels import Mask
from ..memory import decode
from ..tokenizer import END, PAD
from .batches import right_aligned, row_of, scored_examples, stack_rows

SCORE_VIEWS = ("none", "passage", "memory", "both", "wrong")
LONGEST = 24                        # tokens of a greedy answer
WINDOW = 2                          # segments of the memory that a question is scored with
CANDIDATES = 16                     # memories that one question is ranked against


def slot_view(memories, slots):
    """Slots picked one by one out of encoded segments; keys stay un-rotated.

    Shapes   memories  per layer (k, v)  (N, K, M, D)    slots  int64  (B, S): segment * M + slot; -1 empty, left of all
             returns   per layer (k, v)  (B, K, S, D), and bool (B, S)
    """
    n, heads, each, width = memories[0][0].shape
    picked = slots.clamp(min=0).view(-1)

    def gathered(x):
        flat = x.transpose(1, 2).reshape(n * each, heads * width).index_select(0, picked)
        return flat.view(*slots.shape, heads, width).transpose(1, 2)

    return [(gathered(k), gathered(v)) for k, v in memories], slots >= 0


def rotated(model, view):
    """A view as `decode` takes it: slot s at position s."""
    positions = torch.arange(view[0][0].shape[2], device=view[0][0].device)
    return [(model.rotate(k, positions), v) for k, v in view]


@torch.no_grad()
def generate(model, prompts, view=None, has_slot=None, limit=LONGEST):
    """Greedy answers: a list of id lists, each up to END.

    The prompts are read once; their keys and values are put right in front of the answer, so that every step reads the
    answer's tokens only. Shapes   prompts  lists of ids    view, has_slot  as slot_view gives them
    """
    device, rows = model.embedding.device, len(prompts)
    longest = max(len(p) for p in prompts) - 1
    ids = np.full((rows, longest), PAD, dtype=np.int64)
    for i, p in enumerate(prompts):
        ids[i, :len(p) - 1] = p[:-1]
    ids, kept = torch.from_numpy(ids).to(device), []
    slots = 0 if view is None else has_slot.shape[1]
    if view is None:
        view, has_slot = [], torch.ones(rows, 0, dtype=torch.bool, device=device)
    sees = torch.ones(longest, longest, dtype=torch.bool, device=device).tril().expand(rows, -1, -1)
    mask = Mask(torch.cat([has_slot[:, None, :].expand(-1, longest, -1), sees], 2))
    model.run(model.embed(ids), torch.arange(slots, slots + longest, device=device), mask,
              past=rotated(model, view) if view else None, observe=lambda i, block, h, k, v: kept.append((k, v)))
    lengths = torch.tensor([len(p) - 1 for p in prompts], device=device)
    total = slots + longest
    index = torch.arange(total, device=device)[None] - (longest - lengths)[:, None]           # right-aligned
    filled = torch.cat([has_slot, torch.ones_like(ids, dtype=torch.bool)], 1)
    visible = (index >= 0) & filled.gather(1, index.clamp(min=0))
    joined = [tuple(torch.cat([view[i][part], pair[part]], 2) if view else pair[part] for part in (0, 1))
              for i, pair in enumerate(kept)]
    at = index.clamp(min=0)[:, None, :, None].expand(-1, joined[0][0].shape[1], -1, joined[0][0].shape[3])
    past = rotated(model, [(k.gather(2, at), v.gather(2, at)) for k, v in joined])
    local = torch.tensor([[p[-1]] for p in prompts], device=device)
    ended = torch.zeros(rows, dtype=torch.bool, device=device)
    for _ in range(limit):
        following = model.logits(decode(model, local, past, visible)[:, -1]).argmax(-1)
        following = torch.where(ended, torch.full_like(following, PAD), following)
        local, ended = torch.cat([local, following[:, None]], 1), ended | (following == END)
        if bool(ended.all()):
            break
    return [row[:row.index(END) + 1] if END in row else row for row in local[:, 1:].tolist()]


def normal(text):
    """SQuAD's normal form: lower case, without punctuation, articles and extra white space."""
    text = "".join(c for c in text.lower() if c not in string.punctuation + "’‘“”")
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def f1(answer, wanted):
    a, b = normal(answer), normal(wanted)
    common = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if common else float(a == b)


class Scorer:
    """Scores of one split of `sampler.e`; the same questions, windows and crops every time."""

    def __init__(self, model, encoder, tokenizer, sampler, ratio=8, rows=64):
        self.model, self.encoder, self.tokenizer, self.sampler = model, encoder, tokenizer, sampler
        self.ratio, self.rows = ratio, rows
        self.e, self.each = sampler.e, -(-sampler.segment // ratio)

    @torch.no_grad()
    def memories(self, chosen, places):
        """(memories of the windows of `chosen`, own slots of each)."""
        rng = np.random.default_rng(11)
        begins = np.array([self.sampler.window(e, places, rng) for e in chosen])
        ids = self.e.stream[begins[:, None] + np.arange(places * self.sampler.segment)].astype(np.int64)
        ids = torch.from_numpy(ids.reshape(-1, self.sampler.segment)).to(self.model.embedding.device)
        own = [w * places * self.each + self.sampler.own_slots(e, begins[w], places, self.ratio)
               for w, e in enumerate(chosen)]
        return self.encoder.encode(self.model, ids, self.ratio), own

    def documents(self, chosen):
        return [self.e.document[self.e.context[e]] for e in chosen]

    def elsewhere(self, chosen):
        """For each of `chosen` the number of another one, of another document where there is one."""
        documents, found = self.documents(chosen), []
        for i in range(len(chosen)):
            order = [(i + len(chosen) // 2 + j) % len(chosen) for j in range(len(chosen))]
            found.append(next((o for o in order if documents[o] != documents[i]), order[0]))
        return found

    @torch.no_grad()
    def nats(self, rows, spans, view, has_slot):
        """Summed nats and tokens of each row's answer: float64 (B), int (B)."""
        length = max(len(r) for r in rows)
        ids, places, target, _ = stack_rows(rows, spans, length)
        device = self.model.embedding.device
        past = rotated(self.model, view) if view else None
        hidden = decode(self.model, ids.to(device), past, has_slot)
        hidden = hidden.reshape(-1, hidden.shape[-1]).index_select(0, places.to(device))
        _, losses = self.model.loss(hidden, target.to(device), torch.ones(len(places), device=device))
        owner = (places // length).numpy()
        return (np.bincount(owner, losses.double().cpu().numpy(), len(rows)), np.bincount(owner, minlength=len(rows)))

    def score(self, count, views=SCORE_VIEWS, greedy=True, chosen=None):
        """{view: {nats, em, f1, not_stated}} over `count` held-out questions, and what they are."""
        chosen = scored_examples(self.e, count) if chosen is None else chosen
        sums = {view: collections.Counter() for view in views}
        for i in range(0, len(chosen), self.rows):
            self._score_part(list(chosen[i:i + self.rows]), sums, greedy)
        found = {view: dict(nats=round(s["nats"] / max(s["tokens"], 1), 4)) for view, s in sums.items()}
        for view, s in sums.items():
            if greedy:
                for name in ("em", "f1", "not_stated"):
                    found[view][name] = round(s[name] / max(len(chosen), 1), 4)
        return dict(found, questions=len(chosen))

    def _score_part(self, chosen, sums, greedy):
        memories, own = self.memories(chosen, WINDOW)
        width, other = WINDOW * self.each, self.elsewhere(chosen)
        device, rng = self.model.embedding.device, np.random.default_rng(13)
        passages = [self.sampler.passage(e, [e], rng)[0] for e in chosen]
        for view, s in sums.items():
            slots = None if view in ("none", "passage") else own if view != "wrong" else [own[o] for o in other]
            past, has_slot = None, None
            if slots is not None:
                past, has_slot = slot_view(memories, right_aligned(slots, width).to(device))
            shown = passages if view in ("passage", "both") else [None] * len(chosen)
            turns = [(self.e.question(e), self.e.answer(e)) for e in chosen]
            rows, spans = zip(*(row_of(p, [t], 1 << 20) for p, t in zip(shown, turns)))
            nats, tokens = self.nats(rows, spans, past, has_slot)
            s["nats"] += nats.sum()
            s["tokens"] += tokens.sum()
            if greedy:
                prompts = [list(map(int, row[:span[0][0]])) for row, span in zip(rows, spans)]
                for (_, wanted), ids in zip(turns, generate(self.model, prompts, past, has_slot)):
                    said, true = read_reply(self.tokenizer, ids), read_reply(self.tokenizer, wanted.tolist())
                    s["f1"] += f1(said, true)
                    s["em"] += normal(said) == normal(true)
                    s["not_stated"] += said == NOT_STATED

    def refusals(self, count):
        """Share of questions that their passage does not answer of which the model says so, from the passage raw."""
        chosen = scored_examples(self.e, count, ("squad_unanswerable",))
        return self.score(count, ("passage",), chosen=chosen)["passage"]["not_stated"] if len(chosen) else None

    @torch.no_grad()
    def clues(self, count):
        """recall@1 of the right memory among CANDIDATES by log p(question | memory), one segment each."""
        fits = [e for e in scored_examples(self.e, len(self.e), ("ask",))
                if self.e.tokens[self.e.context[e]] <= self.sampler.segment - 16]
        chosen, seen = [], set()
        for e in fits:
            if self.e.context[e] // 8 not in seen:                      # windows far apart
                seen.add(self.e.context[e] // 8)
                chosen.append(e)
        chosen, right, asked = chosen[:count // CANDIDATES * CANDIDATES], 0, list(self.tokenizer.encode(ASK))
        for i in range(0, len(chosen), CANDIDATES):
            part = chosen[i:i + CANDIDATES]
            memories, own = self.memories(part, 1)
            device = self.model.embedding.device
            table = right_aligned(own, self.each).to(device)
            slots, head = table.repeat(len(part), 1), [USER] + asked + [ASSISTANT]
            rows = [head + list(self.e.answer(e)) for e in part for _ in part]
            view, has_slot = slot_view(memories, slots)
            nats, _ = self.nats(rows, [[(len(head), len(r))] for r in rows], view, has_slot)
            right += int((nats.reshape(len(part), -1).argmin(1) == np.arange(len(part))).sum())
        return round(right / len(chosen), 4) if chosen else None
