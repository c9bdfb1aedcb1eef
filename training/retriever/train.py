"""Train the retriever: python3 -m training.retriever.train --base base.pt --pairs DIR --data DIR --out DIR --minutes 40

Reads the files of `training.retriever.pairs`, pairs made by rule at first, people's questions more and more; the
schedule runs over minutes, and a rerun resumes from retriever.pt.
Loss     InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) in both directions, temperature learned; negatives are the
         other passages of the batch and, for questions, one passage each that shares the words and does not answer
Does not know: how pairs are found.
"""
import glob
import json
import os
import random
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ..model import load_saved
from ..optim import MuonAdamW
from ..options import parse_options
from ..tokenizer import Tokenizer
from .check import Check
from .model import TextEncoder, load_retriever, new_retriever, save_retriever, vectors_in_parts


@dataclass
class Options:
    base: str                   # base.pt of training.train_base, or trunk.pt of training.reader.gpu
    pairs: str                  # folder of made-NNN.npz and asked-NNN.npz
    data: str                   # folder with tokenizer.json
    out: str                    # folder for retriever.pt and retriever.jsonl
    minutes: float = 40.0       # of training in total, over all runs; validation does not count
    asked_first: float = 0.2    # share of batches of people's questions at the beginning
    asked_last: float = 1.0     # and from four fifths of the time on
    lr_matrix: float = 0.004    # Muon
    lr_embedding: float = 1e-3  # AdamW, embedding and gains
    lr_head: float = 2e-3       # AdamW, pooling, projection, temperature
    threads: int = 1            # of PyTorch
    seed: int = 0
    save_every: float = 4.0     # minutes between checkpoints (each with a validation)
    check: str = ""             # supervised file(s), separated by commas, whose test documents validate


class PairFiles:
    """Batches of one kind, file after file, around and around. Errors: SystemExit when there is none."""

    def __init__(self, folder, kind):
        self.pattern, self.loaded, self.path = os.path.join(folder, kind + "-*.npz"), None, None

    def batch(self, at):
        """(question rows, passage rows, other passages, text of each) of batch number `at`."""
        paths = sorted(path for path in glob.glob(self.pattern) if not path.endswith(".tmp.npz"))
        if not paths:
            raise SystemExit(f"no {self.pattern}: run training.retriever.pairs first")
        size = len(self.file(paths[0])["pairs"]) if self.loaded is None else len(self.loaded["pairs"])
        file = self.file(paths[at // size % len(paths)])
        pairs = file["pairs"][at % len(file["pairs"])]

        def rows(numbers):
            return [file["ids"][a:a + n] for a, n in file["rows"][numbers]]
        return rows(pairs[:, 0]), rows(pairs[:, 1]), rows(pairs[pairs[:, 2] >= 0, 2]), torch.from_numpy(pairs[:, 3])

    def file(self, path):
        if path != self.path:
            with np.load(path) as f:
                self.loaded, self.path = {name: f[name] for name in f.files}, path
        return self.loaded


def contrastive_loss(questions, passages, others, texts, scale):
    """(loss, share of questions whose own passage came first).

    Another pair of the same text is no negative: its passage may belong to both.
    Shapes   questions, passages  float32  (N, D)    others  float32  (M, D)    texts  int64  (N)
    """
    scores = scale * questions @ torch.cat([passages, others]).t()
    count = len(questions)
    same = (texts[:, None] == texts[None, :]) & ~torch.eye(count, dtype=torch.bool)
    scores = torch.cat([scores[:, :count].masked_fill(same, -1e4), scores[:, count:]], 1)
    target = torch.arange(count)
    loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores[:, :count].t(), target)) / 2
    return loss, (scores.argmax(1) == target).float().mean()


def batch_loss(retriever, batch):
    questions, passages, others, texts = batch
    vectors = vectors_in_parts(retriever, passages + others, 3)
    asked = vectors_in_parts(retriever, questions, 2)
    return contrastive_loss(asked, vectors[:len(passages)], vectors[len(passages):], texts, retriever.scale())


class Run:
    """Steps until the minutes are used up: a short warm-up, then linear decay; validates and saves on the way."""

    def __init__(self, retriever, files, check, state, path, o):
        self.retriever, self.files, self.check, self.state, self.path, self.o = retriever, files, check, state, path, o
        self.optimizer = MuonAdamW(retriever.base, o.lr_matrix, o.lr_embedding)
        head = [p for name, p in retriever.named_parameters() if not name.startswith("base.")]
        self.head_optimizer = torch.optim.AdamW(head, lr=o.lr_head, betas=(0.9, 0.98), weight_decay=0.0)
        self.rng, self.smooth = random.Random(o.seed + state["step"]), {}

    def next_batch(self, progress):
        o = self.o
        share = o.asked_first + (o.asked_last - o.asked_first) * min(1, progress / 0.8)
        kind = "asked" if self.rng.random() < share else "made"
        batch = self.files[kind].batch(self.state[kind])
        self.state[kind] += 1
        return kind, batch

    def step(self):
        progress = self.state["minutes"] / self.o.minutes
        kind, batch = self.next_batch(progress)
        loss, first = batch_loss(self.retriever, batch)
        self.retriever.zero_grad(set_to_none=True)
        if not torch.isfinite(loss):
            raise SystemExit(f"step {self.state['step']}: the loss is not a number; {self.path} stays as it was")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.retriever.parameters(), 1.0)
        factor = min(1.0, (self.state["step"] + 1) / 30) * max(0.02, 1 - progress)
        for group in self.head_optimizer.param_groups:
            group["lr"] = self.o.lr_head * factor
        self.head_optimizer.step()
        self.optimizer.step(factor)
        now = np.array([loss.item(), first.item()])
        self.smooth[kind] = 0.95 * self.smooth[kind] + 0.05 * now if kind in self.smooth else now
        tokens = sum(len(row) for rows in batch[:3] for row in rows)
        self.state.update(step=self.state["step"] + 1, tokens=self.state["tokens"] + tokens)

    def losses(self):
        return {kind: [round(float(x), 3) for x in values] for kind, values in sorted(self.smooth.items())}

    def save(self, log):
        save_retriever(self.path, self.retriever, optimizer=self.optimizer.state_dict(),
                       head_optimizer=self.head_optimizer.state_dict(), **self.state)
        entry = dict(self.state, losses=self.losses(), scale=round(self.retriever.scale().item(), 2),
                     held_out=self.check(self.retriever) if self.check else None)
        log.write(json.dumps(entry) + "\n")
        log.flush()
        print("held out", json.dumps(entry["held_out"]), flush=True)

    def until_done(self):
        state, o = self.state, self.o
        with open(os.path.join(o.out, "retriever.jsonl"), "a", encoding="utf-8") as log:
            if state["step"] == 0:
                self.save(log)                                          # the curve begins before the first step
            saved_at = before = state["minutes"]
            begin = time.time()
            while state["minutes"] < o.minutes:
                self.step()
                state["minutes"] = before + (time.time() - begin) / 60
                is_over = state["minutes"] >= o.minutes
                if state["step"] % 20 == 0 or is_over:
                    print(f"step {state['step']} minute {state['minutes']:.2f} tokens {state['tokens']/1e6:.2f} M "
                          f"(loss, own passage first) {self.losses()}", flush=True)
                if state["minutes"] - saved_at >= o.save_every or is_over:
                    pause, saved_at = time.time(), state["minutes"]
                    self.save(log)
                    begin += time.time() - pause                        # validation is not training
        print(f"finished: {state['tokens']/1e6:.2f} M tokens, {state['minutes']:.2f} minutes", flush=True)


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    path = os.path.join(o.out, "retriever.pt")
    state = dict(step=0, minutes=0.0, tokens=0, made=0, asked=0)
    saved = None
    if os.path.exists(path):
        retriever, saved = load_retriever(path)
        state = {name: saved[name] for name in state}
    else:
        retriever = new_retriever(load_saved(o.base))
    encoder = TextEncoder(Tokenizer(os.path.join(o.data, "tokenizer.json"), use_library=False))
    check = Check(o.check.split(","), encoder) if o.check else None
    if check:
        print(f"held out: {len(check.questions)} questions, {len(check.rows)} passages; "
              f"BM25 {json.dumps(check.bm25)}", flush=True)
    run = Run(retriever, {kind: PairFiles(o.pairs, kind) for kind in ("made", "asked")}, check, state, path, o)
    if saved:
        run.optimizer.load_state_dict(saved["optimizer"])
        run.head_optimizer.load_state_dict(saved["head_optimizer"])
    run.until_done()


if __name__ == "__main__":
    main()
