"""Token files on disk and the batches that training draws from them.

`python3 -m training.data tokenizer` learns tokenizer.json; `... tokens` writes train.bin and val.bin (uint16 ids, every
document opened by the border token) and meta.json (where each document lies). Does not know: models, losses.
"""
import argparse
import json
import math
import os
import time
from multiprocessing import Pool

import numpy as np
import torch

from .corpus import KINDS, corpus_files, count_words, document_text, is_held_out, read_rows
from .tokenizer import DOC, Tokenizer, learn_bpe, split_words, write_tokenizer_json


class TokenSet:
    """One split on disk. `documents`: dicts with kind, id, start, tokens, bytes."""

    def __init__(self, folder, split):
        self.ids = np.memmap(os.path.join(folder, split + ".bin"), dtype=np.uint16, mode="r")
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as f:
            self.documents = json.load(f)[split]

    def slices(self, starts, length):
        """Token ids from each of `starts`, int64 (len(starts), length)."""
        rows = np.stack([self.ids[s:s + length] for s in starts]).astype(np.int64)   # torch 1.13 cannot read uint16
        return torch.from_numpy(rows)

    def random_windows(self, rows, length, rng):
        """Inputs and targets of `rows` windows at random places; a window may hold a document border.

        Shapes   returns  int64  (B, T), (B, T)   targets are the inputs shifted by one
        """
        x = self.slices(rng.integers(0, len(self.ids) - length - 1, rows), length + 1)
        return x[:, :-1].contiguous(), x[:, 1:].contiguous()

    def random_segments(self, documents, count, segments, length, rng):
        """`count` runs of `segments` neighbouring segments, each run inside one of `documents` (longer: likelier).

        Shapes   returns  int64  (B, S, T)
        """
        need = segments * length
        weight = np.array([d["tokens"] for d in documents], dtype=np.float64)
        picked = rng.choice(len(documents), count, p=weight / weight.sum())
        starts = [documents[i]["start"] + rng.integers(0, documents[i]["tokens"] - need + 1) for i in picked]
        return self.slices(starts, need).view(count, segments, length)


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
    kind, path, folder = job
    tokenizer, out = read_tokenizer(folder), []
    for row in read_rows(path):
        text = document_text(row)
        ids = np.array([DOC] + tokenizer.encode(text), dtype=np.uint16)
        out.append((kind, row["id"], len(text.encode("utf-8")), ids))
    return out


def write_tokens(folders, out, processes):
    """train.bin, val.bin, meta.json from the corpus, in the order of the file list: a rerun gives the same."""
    jobs = [(kind, path, out) for kind, path in corpus_files(folders)]
    meta, position = {"train": [], "val": []}, {"train": 0, "val": 0}
    files = {split: open(os.path.join(out, split + ".bin"), "wb") for split in position}
    with Pool(processes) as pool:
        for documents in pool.imap(_tokenise_file, jobs):
            for kind, document_id, size, ids in documents:
                split = "val" if is_held_out(kind, document_id, len(ids)) else "train"
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
    for split in ("train", "val"):
        for kind in KINDS:
            documents = [d for d in meta[split] if d["kind"] == kind]
            tokens, size = sum(d["tokens"] for d in documents), sum(d["bytes"] for d in documents)
            print(f"{split} {kind}: {len(documents)} documents, {tokens/1e6:.2f} M tokens, {size/1e6:.1f} MB, "
                  f"{size/max(tokens, 1):.2f} bytes per token")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["tokenizer", "tokens"])
    parser.add_argument("--corpus", nargs="+", required=True, help="folders with books*, docs*, code*.jsonl.xz")
    parser.add_argument("--out", required=True)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--sample_mb", type=float, default=20, help="text that merges are learned from")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    begin = time.time()
    if args.stage == "tokenizer":
        counts = count_words(args.corpus, args.sample_mb, split_words)
        tokens, merges = learn_bpe(counts, args.vocab)
        write_tokenizer_json(os.path.join(args.out, "tokenizer.json"), tokens, merges)
        print(f"{len(tokens)} tokens from {len(counts)} word types")
    else:
        print_counts(write_tokens(args.corpus, args.out, args.processes))
    print(f"{args.stage}: {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
