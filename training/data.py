"""Token files on disk and the batches that training draws from them.

`python3 -m training.data tokenizer` learns tokenizer.json; `... check` writes check.json: what training leaves out
because a held-out text or the evaluation holds it too; `... tokens` writes train.bin, val.bin and test.bin (uint16 ids,
every document opened by the border token) and meta.json (where each document lies); `... vocabulary` compares sizes.
Does not know: models, losses, how overlap is found (shingles.py).
"""
import argparse
import json
import math
import os
import time
from multiprocessing import Pool

import numpy as np
import torch

from .corpus import (KINDS, NOTES, SPLITS, CorpusError, corpus_files, count_words, document_text, is_held_out,
                     read_rows, split_of, supervised_files)
from .shingles import find_overlap
from .tokenizer import DOC, Tokenizer, learn_bpe, split_words, write_tokenizer_json


class TokenSet:
    """One split on disk. `documents`: dicts with kind, id, start, tokens, bytes.

    Batches come back on the CPU, or on `device`, where the ids then lie as int16 and rows are gathered.
    Errors   CorpusError  a file is missing, or holds another number of tokens than meta.json says
    """

    def __init__(self, folder, split, device=None):
        path = os.path.join(folder, split + ".bin")
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as f:
            meta = json.load(f)
        if split not in meta:
            raise CorpusError(f"{folder}/meta.json has no split {split!r}: written before there was one")
        self.documents, self.on_device, self._runs = meta[split], None, {}
        size, expected = os.path.getsize(path), sum(d["tokens"] for d in self.documents)
        if size != 2 * expected:
            raise CorpusError(f"{path}: {size / 2} tokens, meta.json says {expected}")
        self.ids = np.memmap(path, dtype=np.uint16, mode="r") if size else np.zeros(0, np.uint16)   # none: no map
        if device is not None:
            self.on(device)

    def on(self, device):
        """This set with a copy of its ids on `device` (2 bytes a token); all batches then come from there."""
        ids = np.array(self.ids).view(np.int16)                     # PyTorch 1.13 cannot read uint16
        self.on_device = torch.from_numpy(ids).to(device)
        return self

    def slices(self, starts, length):
        """Token ids from each of `starts`, int64 (len(starts), length)."""
        starts = np.asarray(starts, dtype=np.int64)
        if self.on_device is None:
            return torch.from_numpy(self.ids[starts[:, None] + np.arange(length)].astype(np.int64))
        device = self.on_device.device
        places = torch.from_numpy(starts).to(device)[:, None] + torch.arange(length, device=device)
        return self.on_device[places].long() & 0xFFFF

    def random_windows(self, rows, length, rng, weights=None):
        """Inputs and targets of `rows` windows at random places; a window may hold a document border.

        `weights`: kind -> how much likelier than its share of the tokens; kinds that are not named keep their share.
        Shapes   returns  int64  (B, T), (B, T)   targets are the inputs shifted by one
        """
        if weights:
            start, room, until = self._weighted_runs(length, tuple(sorted(weights.items())))
            run = np.searchsorted(until, rng.random(rows) * until[-1], side="right")
            starts = start[run] + (rng.random(rows) * room[run]).astype(np.int64)
        else:
            starts = rng.integers(0, len(self.ids) - length - 1, rows)
        x = self.slices(starts, length + 1)
        return x[:, :-1].contiguous(), x[:, 1:].contiguous()

    def random_windows_on(self, device, rows, length, rng, weights=None):
        """`random_windows` gathered on `device`; the ids are brought there once."""
        if self.on_device is None or self.on_device.device.type != torch.device(device).type:
            self.on(device)
        return self.random_windows(rows, length, rng, weights)

    def _weighted_runs(self, length, weights):
        """(start, places a window can begin at, cumulative weight) of every run of neighbouring documents of a kind."""
        if (length, weights) in self._runs:
            return self._runs[length, weights]
        runs, of_kind = [], dict(weights)
        unknown = set(of_kind) - {*KINDS, NOTES}
        if unknown or min(of_kind.values()) < 0:
            raise ValueError(f"weights are for {', '.join((*KINDS, NOTES))} and not negative, not {of_kind}")
        for d in self.documents:
            if runs and runs[-1][0] == d["kind"] and runs[-1][1] + runs[-1][2] == d["start"]:
                runs[-1][2] += d["tokens"]
            else:
                runs.append([d["kind"], d["start"], d["tokens"]])
        runs = [(k, s, n - length) for k, s, n in runs if n > length and of_kind.get(k, 1) > 0]
        if not runs:
            raise ValueError(f"no text of these kinds is longer than {length} tokens: {of_kind}")
        room = np.array([n for _, _, n in runs])
        until = np.cumsum(room * [of_kind.get(k, 1) for k, _, _ in runs])
        self._runs[length, weights] = np.array([s for _, s, _ in runs]), room, until
        return self._runs[length, weights]

    def random_segments(self, documents, count, segments, length, rng):
        """`count` runs of `segments` neighbouring segments, each run inside one of `documents` (longer: likelier).

        Shapes   returns  int64  (B, S, T)
        """
        need = segments * length
        weight = np.array([d["tokens"] for d in documents], dtype=np.float64)
        picked = rng.choice(len(documents), count, p=weight / weight.sum())
        starts = [documents[i]["start"] + rng.integers(0, documents[i]["tokens"] - need + 1) for i in picked]
        return self.slices(starts, need).view(count, segments, length)


def parse_weights(text):
    """"books:1,code:0.6" as a dictionary; an empty text is None: every token is as likely.

    Errors   ValueError
    """
    try:
        return {kind: float(weight) for kind, weight in (part.split(":") for part in text.split(","))} if text else None
    except ValueError:
        raise ValueError(f"{text!r} is not like books:1,docs:1,code:0.6,notes:1") from None


def read_tokenizer(folder, **options):
    return Tokenizer(os.path.join(folder, "tokenizer.json"), **options)


def even_windows(token_set, kind, length, count):
    """Starts of `count` windows of one kind, evenly spread over its documents, and its bytes per token."""
    documents = [d for d in token_set.documents if d["kind"] == kind and d["tokens"] > length + 1]
    if not documents:
        return [], 1.0
    each = math.ceil(count / len(documents))
    starts = [d["start"] + (d["tokens"] - length - 1) * j // (each + 1)
              for j in range(1, each + 1) for d in documents]
    return starts[:count], sum(d["bytes"] for d in documents) / sum(d["tokens"] for d in documents)


def _tokenise_file(job):
    """(kind, id, bytes, ids) of every document of a file; of a supervised file the contexts of the rows in `kept`."""
    kind, path, folder, kept = job
    tokenizer, out = read_tokenizer(folder), []
    for n, row in enumerate(read_rows(path)):
        if kept is None:
            document_id, text = row["id"], document_text(row)
        elif n in kept:
            document_id, text = note_id(path, n), row["context"]
        else:
            continue
        ids = np.array([DOC] + tokenizer.encode(text), dtype=np.uint16)
        out.append((kind, document_id, len(text.encode("utf-8")), ids))
    return out


def note_id(path, number):
    return f"{os.path.basename(path)}:{number}"


def write_tokens(folders, out, processes, check=None, sup=("all",)):
    """The three .bin files and meta.json, in the order of the folders: a rerun gives the same.

    `check`: what `find_overlap` returned; without it nothing is left out and there are no notes.
    """
    jobs = [(kind, path, out, None) for folder in folders for kind, path in corpus_files([folder])]
    if check:
        paths = supervised_files(folders, sup)
        jobs += [(NOTES, path, out, frozenset(check["notes"].get(os.path.basename(path), ()))) for path in paths]
    dropped = {d["id"] for d in check["dropped"]} if check else set()
    meta, position = {s: [] for s in SPLITS}, dict.fromkeys(SPLITS, 0)
    files = {split: open(os.path.join(out, split + ".bin"), "wb") for split in SPLITS}
    with Pool(processes) as pool:
        for documents in pool.imap(_tokenise_file, jobs):
            for kind, document_id, size, ids in documents:
                split = "train" if kind == NOTES else split_of(kind, document_id, len(ids))
                if split == "train" and document_id in dropped:
                    continue
                ids.tofile(files[split])
                meta[split].append({"kind": kind, "id": document_id, "start": position[split],
                                    "tokens": len(ids), "bytes": size})
                position[split] += len(ids)
    for f in files.values():
        f.close()
    with open(os.path.join(out, "meta.json"), "w", encoding="utf-8") as f:
        json.dump(meta, f)
    return meta


def print_counts(meta):
    for split in SPLITS:
        for kind in (*KINDS, NOTES):
            documents = [d for d in meta[split] if d["kind"] == kind]
            tokens, size = sum(d["tokens"] for d in documents), sum(d["bytes"] for d in documents)
            long = sum(d["tokens"] >= 20_000 for d in documents)
            if documents:
                print(f"{split} {kind}: {len(documents)} documents ({long} of 20,000 tokens or more), "
                      f"{tokens/1e6:.2f} M tokens, {size/1e6:.1f} MB, {size/tokens:.2f} bytes per token")
        print(f"{split}: {sum(d['tokens'] for d in meta[split])/1e6:.2f} M tokens", flush=True)


def print_check(check):
    for path in check["missing"]:
        print(f"not covered, pdftotext is not installed: {path}")
    for entry in check["dropped"]:
        print(f"dropped {entry['kind']} {entry['id']}: {entry['share']:.1%} ({entry['shingles']}) in {entry['with']}")
    for entry in check["near"][:20]:
        print(f"kept    {entry['kind']} {entry['id']}: {entry['share']:.2%} ({entry['shingles']}) in {entry['with']}")
    for name, rows in check["notes"].items():
        reasons = "; ".join(f"{count} {reason}" for reason, count in sorted(check["left_out"][name].items()))
        print(f"{name}: {len(rows)} contexts kept; left out: {reasons}", flush=True)


def read_check(folder):
    """check.json of `folder`, or None when no check ran there."""
    path = os.path.join(folder, "check.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def print_vocabulary(folders, sizes, sample_mb, out, hidden):
    """Bytes per token on validation text for vocabularies of these sizes, against what their int8 embedding weighs."""
    counts = count_words(folders, sample_mb, split_words)
    val = {kind: [] for kind in KINDS}
    for kind, path in corpus_files(folders):
        for row in read_rows(path):
            if is_held_out(kind, row["id"], 1 << 30):
                text = document_text(row)[:200_000]
                if split_of(kind, row["id"], len(text) // 4) == "val":
                    val[kind].append(text)
    print("| vocabulary | " + " | ".join(KINDS) + f" | embedding, int8 x {hidden} |\n|---|" + "---|" * (len(KINDS) + 1))
    all_tokens, all_merges = learn_bpe(counts, max(sizes))              # a smaller vocabulary is its beginning
    for vocabulary in sizes:
        tokens = all_tokens[:vocabulary]
        merges = all_merges[:len(all_merges) - len(all_tokens) + len(tokens)]
        path = os.path.join(out, f"tokenizer-{vocabulary}.json")
        write_tokenizer_json(path, tokens, merges)
        tokenizer, cells = Tokenizer(path), []
        for kind in KINDS:
            size = sum(len(text.encode("utf-8")) for text in val[kind])
            cells.append(f"{size / sum(len(tokenizer.encode(text)) for text in val[kind]):.3f}")
        cells.append(f"{len(tokens) * hidden / 1e6:.2f} MB")
        print(f"| {len(tokens):,} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["tokenizer", "check", "tokens", "vocabulary"])
    parser.add_argument("--corpus", nargs="+", required=True, help="folders with books*, docs*, code*.jsonl.xz")
    parser.add_argument("--out", required=True)
    parser.add_argument("--vocab", type=int, nargs="+", default=[8192], help="vocabulary sizes; tokenizer: one")
    parser.add_argument("--sample_mb", type=float, default=20, help="text that merges are learned from")
    parser.add_argument("--hidden", type=int, default=384, help="vocabulary: width of the embedding")
    parser.add_argument("--sup", nargs="+", default=["all"], help="sup-NAME whose contexts are notes, all, none")
    parser.add_argument("--evaluation", nargs="*", default=["bench/evaluate/documents", "bench/evaluate/development",
                                                            "assets/sample-book"], help="check: texts of the tests")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    begin = time.time()
    try:
        run_stage(args)
    except CorpusError as error:
        raise SystemExit(f"stopped: {error}") from None
    print(f"{args.stage}: {time.time() - begin:.0f} s")


def run_stage(args):
    sup = () if args.sup == ["none"] else args.sup
    if args.stage == "tokenizer":
        counts = count_words(args.corpus, args.sample_mb, split_words)
        tokens, merges = learn_bpe(counts, args.vocab[0])
        write_tokenizer_json(os.path.join(args.out, "tokenizer.json"), tokens, merges)
        print(f"{len(tokens)} tokens from {len(counts)} word types")
    elif args.stage == "check":
        check = find_overlap(args.corpus, supervised_files(args.corpus, sup), args.evaluation,
                             read_tokenizer(args.out), args.processes)
        with open(os.path.join(args.out, "check.json"), "w", encoding="utf-8") as f:
            json.dump(check, f)
        print_check(check)
    elif args.stage == "tokens":
        print_counts(write_tokens(args.corpus, args.out, args.processes, read_check(args.out), sup))
    else:
        print_vocabulary(args.corpus, args.vocab, args.sample_mb, args.out, args.hidden)


if __name__ == "__main__":
    main()
