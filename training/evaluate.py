"""Does the memory carry information? Bits per byte of a segment given different kinds of past, over unseen documents.

python3 -m training.evaluate --package assets/models/starter --data DIR --out figures.json

A window is `past` earlier segments and the one that is predicted (its tokens 1 .. T-1, in every condition):
  nothing           no past
  memory            gists of the earlier segments, at the ratio
  wrong memory      the same, of another document of the same kind
  untrained stride  the same encoder without training: every r-th token, repeated. What a trained memory must beat
  wrong stride      the untrained stride of another document
  raw recent        as many raw tokens as the memory has slots
  raw               all tokens of the past, as far as the model has positions
Standard errors are of paired differences, over documents. Reads the exported package, so the figures are about what
ships. Does not know: how any of it was trained.
"""
import argparse
import json
import math
import os
import time

import numpy as np
import torch

from .data import TokenSet
from .export import read_package
from .memory import SpanTiledEncoder, assemble, decode
from .model import DEVICE

MIN_TOKENS = 20_000                     # of a document: only long documents need a memory
SHARES = {"books": 0.45, "docs": 0.47, "code": 0.1}      # of the documents asked for, at most, per kind
BATCH = 4                               # windows a forward pass


def pick_documents(token_set, count, only=None):
    """Long documents, books first; `only` picks by a part of the id."""
    if only:
        return [d for d in token_set.documents if only in d["id"]]
    long_ones = [d for d in token_set.documents if d["tokens"] >= MIN_TOKENS]
    picked = []
    for kind, share in SHARES.items():
        picked += [d for d in long_ones if d["kind"] == kind][:int(count * share)]
    return picked[:count]


def cut_windows(token_set, documents, past, segment, per_document):
    """Evenly spread windows: int64 (N, past + 1, T), and the number of the document of each."""
    need, starts, owner = (past + 1) * segment, [], []
    for number, d in enumerate(documents):
        for w in range(1, per_document + 1):
            starts.append(d["start"] + 1 + (d["tokens"] - 1 - need) * w // (per_document + 1))
            owner.append(number)
    return token_set.slices(starts, need).view(-1, past + 1, segment), np.array(owner)


def partners(token_set, documents):
    """For every document another one of the same kind, half the list of long ones further on."""
    found = []
    for d in documents:
        same = [x for x in token_set.documents if x["kind"] == d["kind"] and (x is d or x["tokens"] >= MIN_TOKENS)]
        assert len(same) > 1, f"no second long document of the kind {d['kind']}"
        found.append(same[(same.index(d) + len(same) // 2) % len(same)])
    return found


class Conditions:
    """Per-token losses of the last segment of every window, under each kind of past."""

    def __init__(self, model, windows, ratio):
        self.model, self.windows, self.ratio = model, windows, ratio             # int64 (N, past + 1, T)
        self.count, places, self.segment = windows.shape
        self.past = places - 1
        self.slots = self.past * -(-self.segment // ratio)

    @torch.no_grad()
    def losses(self, hidden_of):
        """float64 (N, T - 1); `hidden_of(numbers)` gives hidden states of tokens 0 .. T-2 of those windows."""
        out = []
        for i in range(0, self.count, BATCH):
            numbers = np.arange(i, min(i + BATCH, self.count))
            target = self.windows[numbers, -1, 1:].contiguous().to(DEVICE)
            _, losses = self.model.loss(hidden_of(numbers), target, torch.ones(target.shape, device=DEVICE))
            out.append(losses.view(target.shape).double().cpu())
        return torch.cat(out).numpy()

    def raw(self, tokens):
        """The last `tokens` tokens of the past, raw."""
        def hidden_of(numbers):
            before = self.windows[numbers, :-1].reshape(len(numbers), -1)
            ids = torch.cat([before[:, before.shape[1] - tokens:], self.windows[numbers, -1, :-1]], 1).to(DEVICE)
            return decode(self.model, ids)[:, tokens:].contiguous()
        return self.losses(hidden_of)

    def memory(self, encoder, source):
        """The memories of the windows `source` (N, past + 1, T) instead of the raw past."""
        def hidden_of(numbers):
            earlier = source[numbers, :-1].reshape(-1, self.segment).to(DEVICE)
            memories = encoder.encode(self.model, earlier, self.ratio)
            index = torch.arange(len(numbers) * self.past).view(len(numbers), self.past)
            past, has_slot = assemble(self.model, memories, index)
            return decode(self.model, self.windows[numbers, -1, :-1].contiguous().to(DEVICE), past, has_slot)
        return self.losses(hidden_of)


def measure(model, encoder, windows, wrong, ratio):
    """Condition name to per-token losses (N, T - 1); `wrong` holds as many windows of other documents."""
    conditions = Conditions(model, windows, ratio)
    most = model.config.positions - conditions.segment
    untrained = SpanTiledEncoder(model, start="last").to(DEVICE)
    return {"nothing": conditions.raw(0),
            "memory": conditions.memory(encoder, windows),
            "wrong memory": conditions.memory(encoder, wrong),
            "untrained stride": conditions.memory(untrained, windows),
            "wrong stride": conditions.memory(untrained, wrong),
            "raw recent": conditions.raw(conditions.slots),
            "raw": conditions.raw(min(conditions.past * conditions.segment, most))}


def bits_per_byte(losses, windows, byte_lengths, skip):
    """Per window, over its last segment's tokens from 1 + skip on."""
    sizes = byte_lengths[windows[:, -1, 1 + skip:].numpy()].sum(1)
    return losses[:, skip:].sum(1) / math.log(2) / sizes


def paired(difference):
    """Mean, standard error over documents, and how many documents are better; (D) differences."""
    n = len(difference)
    error = float(difference.std(ddof=1) / n ** 0.5) if n > 1 else None
    return dict(gain=float(difference.mean()), se=error, better=int((difference > 0).sum()), documents=n)


def by_kind(mean, nothing, kinds):
    """[bits per byte, gain over nothing] for each kind of document."""
    return {k: [float(mean[kinds == k].mean()), float((nothing - mean)[kinds == k].mean())] for k in sorted(set(kinds))}


def summarise(bits, owner, kinds):
    """Document means per condition, gains over nothing, and the paired comparisons that decide."""
    documents = sorted(set(owner))
    mean = {name: np.array([b[owner == d].mean() for d in documents]) for name, b in bits.items()}
    rows = {name: dict(bits=float(m.mean()), **paired(mean["nothing"] - m), by_kind=by_kind(m, mean["nothing"], kinds))
            for name, m in mean.items()}
    pairs = {"memory better than wrong memory": mean["wrong memory"] - mean["memory"],
             "memory better than untrained stride": mean["untrained stride"] - mean["memory"],
             "memory better than raw recent": mean["raw recent"] - mean["memory"]}
    share = rows["memory"]["gain"] / rows["raw"]["gain"] if rows["raw"]["gain"] else None
    return dict(conditions=rows, pairs={name: paired(d) for name, d in pairs.items()}, share_of_raw_gain=share)


def print_table(title, table):
    print(f"\n### {title}\n\n| past given | bits per byte | gain over nothing | s.e. | documents better |")
    print("|---|---|---|---|---|")
    for name, row in list(table["conditions"].items()) + list(table["pairs"].items()):
        if name == "nothing":
            print(f"| nothing | {row['bits']:.4f} | | | |")
            continue
        bits = f"{row['bits']:.4f}" if "bits" in row else ""
        error = "" if row["se"] is None else f"{row['se']:.4f}"
        print(f"| {name} | {bits} | {row['gain']:+.4f} | {error} | {row['better']}/{row['documents']} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", required=True)
    parser.add_argument("--data", required=True, help="folder with val.bin and meta.json")
    parser.add_argument("--out", required=True, help="JSON file for the figures")
    parser.add_argument("--past", type=int, default=3, help="earlier segments a window")
    parser.add_argument("--ratios", default="8,16")
    parser.add_argument("--documents", type=int, default=32)
    parser.add_argument("--per_document", type=int, default=4, help="windows a document")
    parser.add_argument("--only", help="only documents whose id holds this, e.g. 'The Lost World'")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    begin = time.time()
    model, encoder, tokenizer, adapter = read_package(args.package, torch.bfloat16)
    model, encoder = model.to(DEVICE), encoder.to(DEVICE)
    token_set = TokenSet(args.data, "val")
    documents = pick_documents(token_set, args.documents, args.only)
    windows, owner = cut_windows(token_set, documents, args.past, adapter["segmentLength"], args.per_document)
    others = partners(token_set, documents)
    wrong, _ = cut_windows(token_set, others, args.past, adapter["segmentLength"], args.per_document)
    byte_lengths = np.array(tokenizer.byte_lengths() + [0] * (model.config.vocab - len(tokenizer)))
    kinds = np.array([d["kind"] for d in documents])
    tables = {}
    for ratio in map(int, args.ratios.split(",")):
        losses = measure(model, encoder, windows, wrong, ratio)
        for part, skip in (("whole segment", 0), ("second half", windows.shape[2] // 2)):
            bits = {name: bits_per_byte(x, windows, byte_lengths, skip) for name, x in losses.items()}
            title = f"ratio {ratio}, {part}"
            tables[title] = summarise(bits, owner, kinds)
            print_table(f"{title}: {args.past} earlier segments of {windows.shape[2]} tokens, "
                        f"{len(documents)} documents, {len(windows)} windows", tables[title])
    setting = dict(past=args.past, segment=windows.shape[2], documents=len(documents), windows=len(windows),
                   only=args.only, seconds=round(time.time() - begin))
    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(dict(setting=setting, tables=tables), f, indent=1)


if __name__ == "__main__":
    main()
