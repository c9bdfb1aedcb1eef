"""Train the reader: python3 -m training.reader.train --base base.pt --data DIR --examples DIR --out DIR --minutes 90

Version 1's trainer, row by row: what `grouped_loss.py` of the GPU trainer (`training.reader.gpu`) is tested against.
Reads the shards of `training.reader.examples` in order; the schedule runs over minutes, and a rerun resumes from reader.pt.
Loss     answer (begin, end) + relevance of each row + the answering passage against the others of its group.
Does not know: where questions come from.
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

from ..optim import MuonAdamW
from ..options import parse_options
from ..tokenizer import Tokenizer
from .encoding import RowEncoder
from .model import OUTSIDE, load_reader, new_reader, save_reader
from .questions import by_task, load_questions
from .reading import auroc, exact_and_f1, read_pairs


@dataclass
class Options:
    base: str                   # base.pt of training.train_base
    data: str                   # folder with tokenizer.json
    examples: str               # folder of groups-NNN.npz
    out: str                    # folder for reader.pt and reader.jsonl
    minutes: float = 90.0       # of training in total, over all runs; validation does not count
    until: float = 0.0          # minutes at which this run stops, to go on with other examples; 0: at the end
    tokens: int = 6000          # a step
    lr_matrix: float = 0.005    # Muon
    lr_embedding: float = 1e-3  # AdamW, embedding and gains
    lr_head: float = 3e-3       # AdamW, marks and heads
    threads: int = 1            # of PyTorch on a CPU
    seed: int = 0               # of the new parts
    save_every: float = 5.0     # minutes between checkpoints (each with a validation)
    check: str = ""             # supervised file(s), separated by commas, whose test documents validate


class Shards:
    """Groups of all shards in order, around and around; `at` counts groups."""

    def __init__(self, folder):
        self.paths = sorted(glob.glob(os.path.join(folder, "groups-*.npz")))
        if not self.paths:
            raise SystemExit(f"no groups-*.npz in {folder}: run training.reader.examples first")
        self.loaded, self.index = None, -1

    def shard(self, index):
        index %= len(self.paths)
        if index != self.index:
            with np.load(self.paths[index]) as f:
                self.loaded, self.index = {name: f[name] for name in f.files}, index
        return self.loaded

    def size(self):
        return len(self.shard(0)["groups"])


def next_batch(shards, at, budget):
    """(rows, groups, next position): rows (ids, marks, first, begin, end, label); groups (first row, rows, answered)."""
    rows, groups, used, size = [], [], 0, shards.size()
    while used < budget:
        shard = shards.shard(at // size)
        first, count, answered = shard["groups"][at % size]
        groups.append((len(rows), int(count), bool(answered)))
        for offset, length, start, begin, end, label in shard["rows"][first:first + count]:
            rows.append((shard["ids"][offset:offset + length], shard["marks"][offset:offset + length],
                         int(start), int(begin), int(end), int(label)))
            used += int(length)
        at += 1
    return rows, groups, at


def forward_rows(reader, rows, parts=4):
    """Begin, end (rows, T) and relevance (rows) in the order given; rows of similar length go together."""
    order = np.argsort([len(row[0]) for row in rows], kind="stable")
    width, outs = max(len(row[0]) for row in rows), []
    for part in np.array_split(order, min(parts, len(rows))):
        widest = max(len(rows[i][0]) for i in part)
        ids, marks = np.zeros((len(part), widest), np.int64), np.zeros((len(part), widest), np.int64)
        for k, i in enumerate(part):
            ids[k, :len(rows[i][0])], marks[k, :len(rows[i][1])] = rows[i][0], rows[i][1]
        lengths = torch.tensor([len(rows[i][0]) for i in part])
        firsts = torch.tensor([rows[i][2] for i in part])
        begin, end, relevance = reader(torch.from_numpy(ids), torch.from_numpy(marks), lengths, firsts)
        wide = (0, width - widest)
        outs.append((F.pad(begin, wide, value=OUTSIDE), F.pad(end, wide, value=OUTSIDE), relevance))
    back = torch.from_numpy(np.argsort(order))
    return tuple(torch.cat([out[k] for out in outs])[back] for k in range(3))


def loss_of(reader, rows, groups):
    """(answer loss, relevance loss, list loss, share of groups whose answering passage came first)."""
    begin, end, relevance = forward_rows(reader, rows)
    wanted = torch.tensor([(row[3], row[4]) for row in rows])
    label = torch.tensor([float(row[5] > 0) for row in rows])
    has_span = wanted[:, 0] >= 0
    answer = relevance.sum() * 0
    if has_span.any():
        answer = (F.cross_entropy(begin[has_span], wanted[has_span, 0]) +
                  F.cross_entropy(end[has_span], wanted[has_span, 1])) / 2
    weight = 1 + label                                              # there are three others for each that answers
    relevant = (F.binary_cross_entropy_with_logits(relevance, label, reduction="none") * weight).sum() / weight.sum()
    lists, firsts = [], []
    for first, count, answered in groups:
        own = [i for i in range(first, first + count) if rows[i][5] >= 0]     # not the altered question
        if answered and len(own) > 1:
            scores = relevance[own]
            lists.append(F.cross_entropy(scores[None], torch.zeros(1, dtype=torch.long)))
            firsts.append(int(scores.argmax()) == 0)
    ranking = torch.stack(lists).mean() if lists else relevance.sum() * 0
    return answer, relevant, ranking, float(np.mean(firsts)) if firsts else 0.0


class Check:
    """Validation on questions about test documents: answers, ranking among passages, "not stated"."""

    def __init__(self, paths, encoder, count=150):
        self.encoder = encoder
        self.texts, questions = load_questions(paths)
        self.by = by_task(self.texts, questions, test=True)
        rng = random.Random(5)
        self.sample = {task: rng.sample(found, min(count, len(found))) for task, found in self.by.items()
                       if task in ("squad", "squad_unanswerable", "fairytale_qa")}

    def __call__(self, reader):
        reader.eval()
        read = {task: read_pairs(reader, self.encoder, [(q.question, self.texts[q.text].text[:1400]) for q in found])
                for task, found in self.sample.items()}
        result = {}
        for task in ("squad", "fairytale_qa"):
            pairs = [(r[1], q.answer) for r, q in zip(read.get(task, []), self.sample.get(task, [])) if q.spans]
            if pairs:
                em, f1 = np.mean([exact_and_f1(*pair) for pair in pairs], 0)
                result[task] = dict(questions=len(pairs), em=round(float(em), 4), f1=round(float(f1), 4))
        if "squad" in read and "squad_unanswerable" in read:
            result["not_stated_auroc"] = round(auroc([r[0] for r in read["squad"]],
                                                     [r[0] for r in read["squad_unanswerable"]]), 4)
        reader.train()
        return result


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    path = os.path.join(o.out, "reader.pt")
    state = dict(step=0, minutes=0.0, tokens=0, at=0)
    saved = None
    if os.path.exists(path):
        reader, saved = load_reader(path)
        state = {name: saved[name] for name in state}
    else:
        reader = new_reader(torch.load(o.base, map_location="cpu"))
    optimizer = MuonAdamW(reader.base, o.lr_matrix, o.lr_embedding)
    head = [p for name, p in reader.named_parameters() if not name.startswith("base.")]
    head_optimizer = torch.optim.AdamW(head, lr=o.lr_head, betas=(0.9, 0.98), weight_decay=0.01)
    if saved:
        optimizer.load_state_dict(saved["optimizer"])
        head_optimizer.load_state_dict(saved["head_optimizer"])
    encoder = RowEncoder(Tokenizer(os.path.join(o.data, "tokenizer.json"), use_library=False))
    check = Check(o.check.split(","), encoder) if o.check else None
    run_until_done(reader, optimizer, head_optimizer, Shards(o.examples), check, state, path, o)


def train_step(reader, optimizer, head_optimizer, rows, groups, factor, o):
    answer, relevant, ranking, first = loss_of(reader, rows, groups)
    reader.zero_grad(set_to_none=True)
    loss = answer + relevant + ranking
    if not torch.isfinite(loss):
        raise SystemExit("the loss is not a number; the last checkpoint stays as it is")
    loss.backward()
    torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
    for group in head_optimizer.param_groups:
        group["lr"] = o.lr_head * factor
    head_optimizer.step()
    optimizer.step(factor)
    return np.array([answer.item(), relevant.item(), ranking.item(), first])


def run_until_done(reader, optimizer, head_optimizer, shards, check, state, path, o):
    """Steps until the minutes are used up: a short warm-up, then linear decay; prints, validates and saves on the way."""
    last = min(o.minutes, o.until or o.minutes)
    begin, before, saved_at, smooth = time.time(), state["minutes"], state["minutes"], None
    with open(os.path.join(o.out, "reader.jsonl"), "a", encoding="utf-8") as log:
        while state["minutes"] < last:
            factor = min(1.0, (state["step"] + 1) / 30) * max(0.02, 1 - state["minutes"] / o.minutes)
            rows, groups, at = next_batch(shards, state["at"], o.tokens)
            now = train_step(reader, optimizer, head_optimizer, rows, groups, factor, o)
            smooth = now if smooth is None else 0.98 * smooth + 0.02 * now
            state.update(step=state["step"] + 1, at=at, tokens=state["tokens"] + sum(len(row[0]) for row in rows),
                         minutes=before + (time.time() - begin) / 60)
            is_over = state["minutes"] >= last
            if state["step"] % 50 == 0 or is_over:
                print(f"step {state['step']} minute {state['minutes']:.2f} groups {at} tokens {state['tokens']/1e6:.2f} M "
                      f"answer {smooth[0]:.3f} relevance {smooth[1]:.3f} list {smooth[2]:.3f} first {smooth[3]:.3f}", flush=True)
            if state["minutes"] - saved_at >= o.save_every or is_over:
                pause, saved_at = time.time(), state["minutes"]
                save_reader(path, reader, optimizer=optimizer.state_dict(), head_optimizer=head_optimizer.state_dict(), **state)
                entry = dict(state, losses=[round(float(x), 4) for x in smooth], held_out=check(reader) if check else None)
                log.write(json.dumps(entry) + "\n")
                log.flush()
                print("held out", json.dumps(entry["held_out"]), flush=True)
                begin += time.time() - pause                        # validation is not training
    print(f"finished: {state['tokens']/1e6:.2f} M tokens, {state['minutes']:.2f} minutes", flush=True)


if __name__ == "__main__":
    main()
