"""Bits per byte of a segment given different kinds of past, over unseen documents.

A window is some earlier segments and the one that is predicted (its tokens 1 .. T-1, in every condition):
  nothing           no past                              raw recent   as many raw tokens as the memory has slots
  memory            gists of the earlier segments        raw          all of the past that the trained positions hold
  wrong memory      the same, of another document        recent R     the nearest R raw tokens alone; "+ x": with x of
  untrained stride  every r-th token, repeated                        the `past` segments before them on top
Does not know: how any of it was trained.
"""
import copy
import re

import torch

from ..model import DEVICE
from .readings import Gist, Raw, controls, cost, memory_reading, untrained
from .statistics import by_document, compare, paired
from .study import BATCH, batches, token_losses
from .windows import Windows, bits_per_byte

PAIRS = [("memory", "wrong memory"), ("memory", "untrained stride"), ("memory", "raw recent"),
         ("memory", "stride of K,V"), ("memory", "recall 3 bits"), ("memory", "density 1/d2"),
         ("memory int8", "recall 3 bits, half"), ("memory int4", "recall 3 bits, quarter"),
         ("memory", "memory int8"), ("memory", "memory int4")]
EDGES = (1, 64, 128, 256, 512, 1024)    # of the distances since the segment's start


def recent_pairs(recent):
    name = f"recent {recent}"
    others = [name, *(f"{name} + {other}" for other in ("wrong memory", "stride", "raw"))]
    return [(f"{name} + memory", other) for other in others]


@torch.no_grad()
def score(reading, windows, past, recent=0, source=None, spread=None):
    """Losses (N, T - 1) of the targets after `past` segments of `source` and `recent` raw tokens; and the cost.

    `spread`: segments that the bytes are counted over, where a reading needs fewer than there are.
    """
    out, spent = [], None
    older, near = (source or windows).older(past, recent), windows.recent(recent)
    for part in batches(len(windows)):
        memory = reading.read(older[part].to(DEVICE))
        ids = torch.cat([near[part], windows.target[part]], 1).to(DEVICE)
        out.append(token_losses(reading.model, reading, memory, ids, recent))
        spent = spent or cost(reading, memory, windows.segment, spread or past, recent)
    return torch.cat(out).numpy(), spent


@torch.no_grad()
def score_pasts(gists, windows, pasts, recent=0, source=None):
    """{(number of the gist, past): (losses, cost)}: several precisions and pasts from one encoding.

    `gists`: readings that differ in `bits` only.
    """
    most, found = max(pasts), {}
    older, near = (source or windows).older(most, recent), windows.recent(recent)
    for part in batches(len(windows), max(1, BATCH // (1 + most // 10))):
        segments = older[part].to(DEVICE)
        memories = gists[0].encode(segments)
        ids = torch.cat([near[part], windows.target[part]], 1).to(DEVICE)
        for number, gist in enumerate(gists):
            for past in pasts:
                view = gist.view(memories, len(segments), most, past)
                losses = token_losses(gist.model, gist, view, ids, recent)
                entry = found.setdefault((number, past), ([], cost(gist, view, windows.segment, past, recent)))
                entry[0].append(losses)
    return {key: (torch.cat(parts).numpy(), spent) for key, (parts, spent) in found.items()}


class Bits:
    """Collects the losses of conditions over one set of windows, and makes tables of them."""

    def __init__(self, study, past, per_document, margin):
        self.study = study
        self.windows, self.wrong = (Windows(study.token_set, documents, past, study.segment, per_document, margin)
                                    for documents in (study.documents, study.others))
        self.losses, self.costs = {}, {}

    def of_other_ratio(self):
        """The same windows, with what no ratio changes: nothing, raw, recent R alone."""
        other = copy.copy(self)
        same = [name for name in self.losses if re.fullmatch(r"nothing|raw|recent \d+", name)]
        other.losses, other.costs = ({name: kept[name] for name in same} for kept in (self.losses, self.costs))
        return other

    def add(self, name, result):
        self.losses[name], self.costs[name] = result

    def raw(self, name, tokens, recent=0):
        """`tokens` raw tokens before `recent` ones: one run of text; what is there already stays."""
        if name in self.losses:
            return
        past = -(-tokens // self.study.segment)
        reading, spread = Raw(self.study.model, tokens), self.windows.past
        self.add(name, score(reading, self.windows, max(past, 1), recent, spread=spread))

    def means(self, first=1, last=None):
        w = self.windows
        return {name: by_document(bits_per_byte(x, w.target, self.study.sizes, first, last), w.owner)
                for name, x in self.losses.items()}

    def table(self, pairs, first=1, last=None):
        return compare(self.means(first, last), self.study.kinds, pairs, self.costs)

    def by_distance(self):
        """Bits per byte of each condition by the distance of the predicted token from its segment's start."""
        edges = [e for e in EDGES if e < self.study.segment] + [self.study.segment]
        found = {}
        for first, last in zip(edges, edges[1:]):
            means = self.means(first, last)
            found[f"{first} to {last - 1}"] = {name: dict(bits=float(m.mean()), **paired(means["nothing"] - m))
                                               for name, m in means.items()}
        return found


def measure_short(study, o, clock):
    """Tables by past, ratio and part of the segment, with every condition; title to table, and distances."""
    pasts = [p for p in o.past if p <= o.short] or o.past[:1]
    tables, distances, cut = {}, {}, {}
    for ratio in o.ratios:              # the main ratio first, at every past
        for past in pasts:
            title = f"past {past}, ratio {ratio}"
            if not clock.has_time(title):
                continue
            if past not in cut:
                cut[past] = Bits(study, past, o.per_document, max(o.recents, default=0))
            bits = measure_one(study, o, cut[past].of_other_ratio(), past, ratio, clock)
            cut[past] = bits
            pairs = PAIRS + [p for r in o.recents for p in recent_pairs(r)]
            tables[f"{title}, whole segment"] = bits.table(pairs)
            tables[f"{title}, second half"] = bits.table(pairs, 1 + study.segment // 2)
            distances[title] = bits.by_distance()
    return tables, distances


def measure_one(study, o, bits, past, ratio, clock):
    """All conditions at one past and one ratio, what decides most first; untrained choices at the main ratio only."""
    model, is_main = study.model, ratio == o.ratios[0]
    slots, stride = past * -(-study.segment // ratio), untrained(model, ratio)
    most = min(past * study.segment, study.trained - study.segment)
    gists = [Gist(model, study.encoder, ratio, b) for b in ((16, 8, 4) if is_main else (16,))]
    bits.raw("nothing", 0)
    for (number, _), result in score_pasts(gists, bits.windows, [past]).items():
        bits.add(("memory", "memory int8", "memory int4")[number], result)
    bits.add("wrong memory", score(gists[0], bits.windows, past, source=bits.wrong))
    bits.add("untrained stride", score(stride, bits.windows, past))
    if is_main:
        bits.add("wrong stride", score(stride, bits.windows, past, source=bits.wrong))
    bits.raw("raw recent", slots)
    bits.raw("raw", most)
    for recent in o.recents:
        name = f"recent {recent}"
        if recent + study.segment > study.trained or not clock.has_time(f"past {past}, ratio {ratio}: {name}"):
            continue
        bits.raw(name, 0, recent)
        bits.add(f"{name} + memory", score(gists[0], bits.windows, past, recent))
        bits.raw(f"{name} + raw", slots, recent)
        if is_main:
            bits.add(f"{name} + wrong memory", score(gists[0], bits.windows, past, recent, bits.wrong))
            bits.add(f"{name} + stride", score(stride, bits.windows, past, recent))
    for name, reading in controls(model, ratio, study.trained, study.segment).items() if o.controls and is_main else ():
        if clock.has_time(f"past {past}, ratio {ratio}: {name}"):
            bits.add(name, score(reading, bits.windows, past))
    return bits


def measure_reach(study, o, clock):
    """How far back memory is of use: one set of targets, more and more segments before them, at the first ratio.

    Returns past to condition to {bits, gain over nothing, ...} and, on top of recent raw tokens, over those.
    """
    pasts, ratio = sorted({1, *o.past}), o.ratios[0]
    if max(pasts) <= o.short or not clock.has_time("reach"):
        return {}
    recent = min(max(o.recents, default=0), max(0, study.trained - study.segment))
    bits = Bits(study, max(pasts), max(1, o.per_document // 2), recent)
    bits.raw("nothing", 0)
    bits.raw("recent", 0, recent)
    gist, under, stride = (*(memory_reading(study, ratio, r) for r in (0, recent)), untrained(study.model, ratio))
    runs = [("memory", gist, 0, None), ("recent + memory", under, recent, None), ("untrained stride", stride, 0, None),
            ("recent + stride", stride, recent, None), ("wrong memory", gist, 0, bits.wrong)]
    if study.gists is not None:
        gists = Gist(study.model, study.gists, ratio)
        runs[2:2] = [("gists", gists, 0, None), ("recent + gists", gists, recent, None)]
    for name, reading, near, source in runs:
        if clock.has_time(f"reach: {name}"):
            for (_, past), result in score_pasts([reading], bits.windows, pasts, near, source).items():
                bits.add(f"{name}, {past}", result)
    means = bits.means()
    rows = {str(past): {} for past in pasts}
    for name, *_ in runs:
        for past in pasts:
            if f"{name}, {past}" in means:
                against = means["recent" if name.startswith("recent") else "nothing"]
                m, spent = means[f"{name}, {past}"], bits.costs[f"{name}, {past}"]
                rows[str(past)][name] = dict(bits=float(m.mean()), **paired(against - m), **spent)
    if "memory, 1" in means:            # does the older part add anything to the nearest segment?
        for past in pasts[1:]:
            rows[str(past)]["over the nearest segment alone"] = paired(means["memory, 1"] - means[f"memory, {past}"])
            if f"recent + memory, {past}" in means:
                rows[str(past)]["recent: over the nearest older segment alone"] = paired(
                    means["recent + memory, 1"] - means[f"recent + memory, {past}"])
    return dict(recent=recent, ratio=ratio, windows=len(bits.windows), past=rows)


def measure_methods(study, readings, o, clock, pairs_with):
    """Every method at its past lengths, alone and on top of recent raw tokens: title to table.

    `readings`: name to reading. Shapes of the tables as `measure_short`; controls nothing, raw recent, raw beside them.
    """
    tables, ratio = {}, o.ratios[0]
    for past in [p for p in o.past if p <= o.short] or o.past[:1]:
        recent = max((r for r in o.recents if r + study.segment <= study.trained), default=0)
        bits = Bits(study, past, max(1, o.per_document // 2), recent)
        bits.raw("nothing", 0)
        bits.raw("raw recent", past * -(-study.segment // ratio))
        bits.raw("raw", min(past * study.segment, study.trained - study.segment))
        if recent:
            bits.raw("recent", 0, recent)
        pairs = []
        for name, reading in readings.items():
            if not clock.has_time(f"past {past}: {name}"):
                continue
            bits.add(name, score(reading, bits.windows, past))
            bits.add(f"wrong {name}", score(reading, bits.windows, past, source=bits.wrong))
            pairs += [(name, other) for other in pairs_with if other != name] + [(name, f"wrong {name}")]
            if recent and clock.has_time(f"past {past}: recent + {name}"):
                bits.add(f"recent + {name}", score(reading, bits.windows, past, recent))
                pairs += [(f"recent + {name}", "recent")]
                pairs += [(f"recent + {name}", f"recent + {other}") for other in pairs_with if other != name]
        tables[f"past {past}, ratio {ratio}, whole segment"] = bits.table(pairs)
        tables[f"past {past}, ratio {ratio}, second half"] = bits.table(pairs, 1 + study.segment // 2)
    return tables
