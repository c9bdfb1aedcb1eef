"""Train the reader, trunk and questions, in one command made for a GPU (on a CPU: --base and small steps, or --small 1 to rehearse):

    python3 -m training.reader.gpu --data DIR --sup "FILE FILE ..." --out DIR --pretrain_seconds 150 --train_seconds 150

Examples are built by other processes while the trunk is trained. A rerun goes on from trunk.pt and reader.pt; reader.pt
and reader.jsonl are what training.reader.export and card read. Does not know: how a question or a row is made.
"""
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import torch

from ..data import TokenSet
from ..model import DEVICE
from ..optim import MuonAdamW
from ..options import parse_options
from ..tokenizer import Tokenizer
from .batches import WIDTHS, Blocks
from .check import Check
from .encoding import RowEncoder
from .grouped_loss import grouped_loss
from .model import Reader, load_reader, save_reader
from .trunk import SMALL, TRUNK, train_trunk


@dataclass
class Options:
    data: str                       # folder with tokenizer.json, train.bin, val.bin, meta.json
    sup: str                        # supervised files, separated by white space
    out: str                        # folder for trunk.pt, reader.pt, reader.jsonl, examples/
    base: str = ""                  # base.pt of training.train_base to begin the trunk from; empty: from nothing
    begin: str = ""                 # reader.pt whose weights the questions go on from, with a schedule of their own
    pretrain_seconds: float = 150.0     # of the trunk
    train_seconds: float = 150.0    # of the questions
    groups: int = 200000            # examples: groups of one question and six passages
    processes: int = 14             # that build them
    pretrain_tokens: int = 65536    # a step
    tokens: int = 32768             # a step, padding included
    width: int = 256                # tokens of a window of the trunk
    lr_matrix: float = 0.01         # Muon, trunk
    lr_embedding: float = 4e-3      # AdamW, trunk
    lr_matrix_questions: float = 0.006
    lr_embedding_questions: float = 1e-3
    lr_head: float = 3e-3           # AdamW, marks and heads
    noise: float = 0.04             # share of the tokens of a training row that are hidden
    compile: int = 0                # 1: torch.compile of the trunk; 2: of the reader too, once for each of three widths
    patience: float = 60.0          # seconds in all to wait for examples that are due
    small: int = 0                  # 1: a tiny network, small steps, few examples: a rehearsal
    check_questions: int = 150      # of each kind
    print_every: float = 10.0       # seconds
    check_every: float = 30.0       # seconds between two looks at held-out questions, each with a checkpoint
    save_every: float = 60.0        # seconds between two checkpoints of the trunk
    threads: int = 1                # of PyTorch on a CPU
    seed: int = 0


def small(o):
    """The rehearsal's changes: everything still runs through the same code."""
    o.groups, o.processes, o.pretrain_tokens, o.tokens = min(o.groups, 4000), 1, 4096, 6144
    o.check_questions = min(o.check_questions, 20)
    return SMALL


def start_examples(o):
    """The building processes; a fresh interpreter, because a process with a GPU context must not fork."""
    command = [sys.executable, "-m", "training.reader.examples", "--data", o.data, "--sup", *o.sup.split(), "--out",
               os.path.join(o.out, "examples"), "--groups", str(o.groups), "--processes", str(o.processes),
               "--seed", str(o.seed)] + (["--every", "40000"] if o.small else [])
    return subprocess.Popen(command, env=dict(os.environ, OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES=""))


def make_check(o):
    tokenizer = Tokenizer(os.path.join(o.data, "tokenizer.json"), use_library=False)
    return Check(o.sup.split(), RowEncoder(tokenizer), o.check_questions)


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    shape = small(o) if o.small else TRUNK
    builder, encoding = start_examples(o), get_context("spawn").Pool(1)
    try:
        making = encoding.apply_async(make_check, (o,))         # beside the trunk, in a process of its own
        print(f"reader on {DEVICE}, PyTorch {torch.__version__}: {o.begin or shape}", flush=True)
        trunk, state = (None, dict(seconds=0.0, tokens=0)) if o.begin else make_trunk(shape, o)
        begin = time.time()
        check = making.get()
        print(f"waited {time.time() - begin:.0f} s for the held-out questions: {check.counts()}", flush=True)
        train_questions(trunk, check, builder, dict(trunk_seconds=state["seconds"], trunk_tokens=state["tokens"]), o)
    finally:
        encoding.terminate()
        if builder.poll() is None:
            builder.terminate()


def make_trunk(shape, o):
    tokenizer = Tokenizer(os.path.join(o.data, "tokenizer.json"), use_library=False)
    train, val = (np.asarray(TokenSet(o.data, part).ids) for part in ("train", "val"))
    return train_trunk(shape, tokenizer, train, val, os.path.join(o.out, "trunk.pt"), o)


def train_questions(trunk, check, builder, trunk_state, o):
    path = os.path.join(o.out, "reader.pt")
    state, saved = dict(step=0, minutes=0.0, tokens=0, at=0), None
    if os.path.exists(path):
        reader, saved = load_reader(path)
        reader = reader.to(DEVICE)
        state = {name: saved[name] for name in state}
    elif o.begin:
        reader = load_reader(o.begin)[0].to(DEVICE)
    else:
        reader = Reader(trunk).to(DEVICE)
    reader.requires_grad_(True)
    optimizer = MuonAdamW(reader.base, o.lr_matrix_questions, o.lr_embedding_questions)
    head = [p for name, p in reader.named_parameters() if not name.startswith("base.")]
    head_optimizer = torch.optim.AdamW(head, lr=o.lr_head, betas=(0.9, 0.98), weight_decay=0.01)
    if saved:
        optimizer.load_state_dict(saved["optimizer"])
        head_optimizer.load_state_dict(saved["head_optimizer"])
    blocks = Blocks(os.path.join(o.out, "examples"), o.groups, o.tokens, builder, DEVICE, o.patience)
    run = Run(reader, optimizer, head_optimizer, blocks, check, dict(state, **trunk_state), path, o)
    run.until_done()


class Run:
    """The question part: steps, looks at held-out questions, checkpoints."""

    def __init__(self, reader, optimizer, head_optimizer, blocks, check, state, path, o):
        self.reader, self.optimizer, self.head_optimizer = reader, optimizer, head_optimizer
        self.blocks, self.check, self.state, self.path, self.o = blocks, check, state, path, o
        self.forward = torch.compile(reader, dynamic=False) if o.compile > 1 else reader
        self.losses, self.good = None, None

    def warm_up(self):
        """Compile before the clock starts; the gradients are thrown away."""
        begin = time.time()
        for width in WIDTHS:
            grouped_loss(self.forward, self.blocks.rehearsal(width), self.o.noise)[0].backward()
        self.reader.zero_grad(set_to_none=True)
        print(f"reader compiled in {time.time() - begin:.0f} s", flush=True)

    def step(self, batch, progress):
        loss, parts = grouped_loss(self.forward, batch, self.o.noise)
        self.reader.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        factor = min(1.0, (self.state["step"] + 1) / 60) * max(0.02, 1 - progress)
        for group in self.head_optimizer.param_groups:
            group["lr"] = self.o.lr_head * factor
        self.head_optimizer.step()
        self.optimizer.step(factor)
        self.losses = parts if self.losses is None else self.losses.lerp(parts, 0.03)
        self.state.update(step=self.state["step"] + 1, tokens=self.state["tokens"] + batch["ids"].numel(),
                          at=self.state["at"] + len(batch["label"]))

    def look(self):
        """Losses as numbers. Errors: SystemExit when they are none; the last checkpoint stays."""
        now = self.losses.tolist()
        if not all(map(math.isfinite, now)):
            raise SystemExit(f"reader, step {self.state['step']}: the loss is {now}; {self.path} stays as it was")
        return [round(x, 4) for x in now]

    def save(self, log):
        losses, held_out = self.look(), self.check(self.reader)
        save_reader(self.path, self.reader, optimizer=self.optimizer.state_dict(),
                    head_optimizer=self.head_optimizer.state_dict(), **self.state)
        log.write(json.dumps(dict(self.state, losses=losses[:4], held_out=held_out)) + "\n")
        log.flush()
        print(f"held out at second {60 * self.state['minutes']:.0f}: {json.dumps(held_out)}", flush=True)

    def until_done(self):
        """Time goes by steps' own seconds: looks at held-out questions and waiting for examples do not count."""
        o, state = self.o, self.state
        if o.compile > 1:
            self.warm_up()
        total, seconds = o.train_seconds, 60 * state["minutes"]
        printed = checked = seconds
        since, tokens = time.time(), state["tokens"]
        with open(os.path.join(o.out, "reader.jsonl"), "a", encoding="utf-8") as log:
            while seconds < total:
                pause = time.time()
                batch = self.blocks.batch(seconds / total)
                pause = time.time() - pause if self.blocks.has_just_loaded else 0.0
                self.step(batch, seconds / total)
                if state["step"] % 10 == 0:
                    self.losses.sum().item()                    # wait for the device, so that the clock is true
                now = time.time()
                seconds, since = seconds + now - since - pause, now
                state["minutes"] = seconds / 60
                if seconds - printed > o.print_every:
                    speed = (state["tokens"] - tokens) / (seconds - printed)
                    print(f"reader step {state['step']} second {seconds:.0f} groups {state['at']} losses {self.look()} "
                          f"(answer, relevance, list, first, shared) {speed:,.0f} tokens a second", flush=True)
                    printed, tokens = seconds, state["tokens"]
                if seconds - checked > o.check_every or seconds >= total:
                    checked = seconds
                    self.save(log)
                    since = time.time()
        print(f"finished: {state['tokens']/1e6:.1f} M tokens, {seconds:.0f} seconds", flush=True)


if __name__ == "__main__":
    main()
