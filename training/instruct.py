"""Instruction tuning of the base and its memory together; answers are counted, questions and passages are not.

    python3 -m training.instruct examples --data DIR --sup FILE... --out DIR/examples
    python3 -m training.instruct train --data DIR --examples DIR/examples --base base.pt --memory memory.pt --out OUT

Every step is one batch of examples in one view (none, passage, memory, both) and one batch of plain text: segments
after memories or raw windows, so that the language model stays what it was. OUT/base.pt and OUT/memory.pt have the form
of train_base and train_memory; a rerun resumes. OUT/instruct.jsonl holds the scores before and after.
Does not know: how examples are drawn (examples/batches.py), scored (examples/answers.py) or asked (chat.py).
"""
import glob
import json
import math
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np
import torch

from .data import TokenSet, read_tokenizer
from .examples.answers import Scorer, rotated, slot_view
from .examples.batches import Examples, Sampler
from .examples.build import build
from .memory import decode, stored
from .memory_loss import mixed_loss
from .model import DEVICE, load_checkpoint, save_checkpoint
from .optim import MuonAdamW
from .options import parse_options
from .train_base import validate
from .train_memory import load_encoder, save_encoder

LOOK_EVERY = 20                         # steps between two lines: each waits for a GPU
SEGMENTS = 5                            # of a document sample of plain text, odd
DISTRACTORS = 0.25                      # share of its views with another document's memories among its own


@dataclass
class ExampleOptions:
    data: str                           # folder with tokenizer.json, meta.json, val.bin (and test.bin)
    sup: str                            # supervised files, or patterns
    out: str                            # folder of the examples
    processes: int = 0                  # 0: one a core, at most 16


@dataclass
class Options:
    data: str                           # folder with tokenizer.json, train.bin, val.bin, meta.json
    base: str                           # checkpoint of the base model
    memory: str                         # checkpoint of the memory adapter
    out: str                            # folder for base.pt, memory.pt, instruct.jsonl
    examples: str = ""                  # folder of the examples; empty: DATA/examples, built from --sup where missing
    sup: str = ""                       # supervised files, where the examples are not built yet
    seconds: float = 110.0              # of training in total, over all runs; scores do not count
    tokens: int = 65536                 # a step, memory and plain text included
    plain: float = 0.4                  # share of plain text in them
    views: str = "passage:0.34,memory:0.36,both:0.26,none:0.04"     # how often each view is drawn
    ratios: str = "8,8,16"              # one is drawn per step
    bits: str = "16,8,4"                # of the stored memory; one is drawn per step
    segment: int = 0                    # tokens a segment; 0: as the memory was trained
    lr: float = 1e-3                    # AdamW, adapter
    lr_matrix: float = 0.003            # Muon, base
    lr_embedding: float = 1.5e-3        # AdamW, base
    questions: int = 300                # held-out questions that are scored, before and after
    save_every: float = 60.0            # seconds between checkpoints
    threads: int = 1                    # of PyTorch on a CPU
    seed: int = 0                       # step n draws with seed 2,000,000 + n + seed


def rate_at(step, progress):
    """Warm-up over 40 steps, level, linear to zero over the last 60 % of the seconds."""
    return min(1.0, (step + 1) / 40) * max(0.0, min(1.0, (1 - progress) / 0.6))


def numbers(text):
    return [int(n) for n in text.split(",")]


def shares(text):
    """{view: probability} of "passage:0.3,memory:0.7"."""
    pairs = {name: float(share) for name, share in (item.split(":") for item in text.split(","))}
    return {name: share / sum(pairs.values()) for name, share in pairs.items()}


def answer_loss(model, encoder, batch, bits=16):
    """Weighted loss of the counted answers of one Batch: scalar with gradient, float32 (n) in nats."""
    past, has_slot = None, None
    if batch.segments is not None:
        memories = stored(encoder.encode(model, batch.segments, batch.ratio), bits)
        view, has_slot = slot_view(memories, batch.slots)
        past = rotated(model, view)
    hidden = decode(model, batch.rows, past, has_slot)
    hidden = hidden.reshape(-1, hidden.shape[-1]).index_select(0, batch.places)
    return model.loss(hidden, batch.target, batch.weight)


class Plain:
    """Plain text for one step: segments behind memories in odd steps, raw windows in even ones."""

    def __init__(self, train, tokens, segment):
        self.train, self.segment = train, segment
        self.documents = [d for d in train.documents if d["tokens"] > SEGMENTS * segment]
        self.window = min(1024, max(16, tokens // 2))
        self.count, self.rows = max(1, tokens // (SEGMENTS * segment)), max(1, tokens // self.window)
        if not self.documents:
            raise SystemExit(f"no training document has more than {SEGMENTS * segment} tokens")

    def draw(self, step, rng):
        if step % 2:
            return (self.train.random_segments(self.documents, self.count, SEGMENTS, self.segment, rng),)
        return self.train.random_windows(self.rows, self.window, rng)


class Drawing(threading.Thread):
    """Draws the batches of the coming steps while the device computes; step n always gives the same ones."""

    def __init__(self, sampler, plain, o, first):
        super().__init__(daemon=True)
        self.sampler, self.plain, self.o, self.step = sampler, plain, o, first
        self.views, self.queue = shares(o.views), queue.Queue(4)

    def draw(self, step):
        rng = np.random.default_rng(2_000_000 + step + self.o.seed)
        view = str(rng.choice(list(self.views), p=list(self.views.values())))
        batch = self.sampler.batch(view, int(rng.choice(numbers(self.o.ratios))), rng)
        return batch, self.plain.draw(step, rng), int(rng.choice(numbers(self.o.bits))), int(rng.integers(1 << 31))

    def run(self):
        try:
            while True:
                self.queue.put(self.draw(self.step))
                self.step += 1
        except Exception as error:                                      # handed to the thread that trains
            self.queue.put(error)

    def next(self):
        item = self.queue.get()
        if isinstance(item, Exception):
            raise item
        return item


class Training:
    """The modules, their optimisers and one step."""

    def __init__(self, o):
        self.o = o
        self.paths = dict(base=os.path.join(o.out, "base.pt"), memory=os.path.join(o.out, "memory.pt"))
        resumed = all(os.path.exists(path) for path in self.paths.values())
        self.model, base = load_checkpoint(self.paths["base"] if resumed else o.base)
        self.encoder, memory = load_encoder(self.paths["memory"] if resumed else o.memory, self.model)
        self.model.requires_grad_(True)
        self.encoder.requires_grad_(True)
        self.segment = o.segment or int(memory["segment"])
        self.about = {name: memory[name] for name in ("ratios", "trained_memories") if name in memory}
        self.adam = torch.optim.AdamW(self.encoder.parameters(), lr=o.lr, betas=(0.9, 0.95), weight_decay=0.0)
        self.base_optimizer = MuonAdamW(self.model, o.lr_matrix, o.lr_embedding)
        self.state = dict(step=0, seconds=0.0, tokens=0, minutes=0.0)
        if resumed:
            if base["step"] != memory["step"]:
                raise SystemExit(f"{self.paths['base']} is of step {base['step']}, {self.paths['memory']} of step "
                                 f"{memory['step']}: remove both to begin again")
            self.state = {name: base[name] for name in self.state}
            self.base_optimizer.load_state_dict(base["optimizer"])
            self.adam.load_state_dict(memory["optimizer"])

    def step(self, drawn, progress):
        """One update. Returns (losses by name, still on the device; tokens read)."""
        batch, plain, bits, seed = drawn
        for module in (self.model, self.encoder):
            for p in module.parameters():
                p.grad = None
        batch = batch.to(DEVICE)
        total, losses = answer_loss(self.model, self.encoder, batch, bits)
        total.backward()
        found, tokens = {batch.view: losses.mean()}, batch.token_count()
        plain = [t.to(DEVICE) for t in plain]
        if len(plain) == 1:
            generator = torch.Generator().manual_seed(seed)
            total, parts = mixed_loss(self.model, self.encoder, plain[0], batch.ratio, generator, bits,
                                      distractors=DISTRACTORS)
            found.update(parts)
        else:
            x, y = plain
            total, losses = self.model(x, y, torch.full(x.shape, 1.0 / x.numel(), device=DEVICE), 1e-4)
            found["plain"] = losses.mean()
        total.backward()
        self._update(rate_at(self.state["step"], progress))
        return found, tokens + plain[0].numel()

    def _update(self, rate):
        for module in (self.model, self.encoder):
            torch.nn.utils.clip_grad_norm_([p for p in module.parameters() if p.grad is not None], 1.0)
        for group in self.adam.param_groups:
            group["lr"] = self.o.lr * rate
        self.adam.step()
        self.base_optimizer.step(rate)

    def save(self):
        save_checkpoint(self.paths["base"], self.model, optimizer=self.base_optimizer.state_dict(), **self.state)
        save_encoder(self.paths["memory"], self.encoder, optimizer=self.adam.state_dict(), segment=self.segment,
                     **self.about, **self.state)


def run_until_done(training, drawing, path, o):
    """Steps until the seconds are used up; prints and saves on the way. `path`: the log."""
    state, smooth = training.state, {}
    before, first_tokens, begin, saved_at = state["seconds"], state["tokens"], time.time(), state["seconds"]
    pending = []
    with open(path, "a", encoding="utf-8") as log:
        while state["seconds"] < o.seconds:
            found, tokens = training.step(drawing.next(), state["seconds"] / o.seconds)
            pending.append(found)
            state.update(step=state["step"] + 1, tokens=state["tokens"] + tokens)
            if state["step"] % LOOK_EVERY == 0:
                check_and_smooth(pending, smooth, state["step"], training.paths["base"])
                pending = []
            state["seconds"] = before + time.time() - begin
            state["minutes"] = state["seconds"] / 60
            is_over = state["seconds"] >= o.seconds
            if state["step"] % LOOK_EVERY == 0 or is_over:
                speed = (state["tokens"] - first_tokens) / max(1e-9, state["seconds"] - before)
                print(f"step {state['step']} second {state['seconds']:.1f} "
                      + " ".join(f"{name} {loss:.3f}" for name, loss in sorted(smooth.items()))
                      + f", {speed:,.0f} tokens a second", flush=True)
                log.write(json.dumps(dict(state, **{name: round(loss, 4) for name, loss in smooth.items()})) + "\n")
                log.flush()
            if is_over or state["seconds"] - saved_at >= o.save_every:
                check_and_smooth(pending, smooth, state["step"], training.paths["base"])
                pending, saved_at = [], state["seconds"]
                training.save()


def check_and_smooth(pending, smooth, step, path):
    """Losses of the steps up to `step` into `smooth`. Errors: SystemExit at a loss that is no number."""
    for n, found in enumerate(pending, step - len(pending) + 1):
        for name, loss in found.items():
            loss = float(loss)
            if not math.isfinite(loss):
                raise SystemExit(f"step {n}: the loss {name} is {loss}; {path} stays as it was")
            smooth[name] = 0.95 * smooth.get(name, loss) + 0.05 * loss


def scores(training, tokenizer, held_out, val, o, when):
    """One line for instruct.jsonl: answers in every view, refusals, clues, bits per byte of plain text."""
    begin = time.time()
    training.model.requires_grad_(False)
    scorer = Scorer(training.model, training.encoder, tokenizer, held_out)
    found = scorer.score(o.questions)
    found["not_stated_found"] = scorer.refusals(o.questions // 3)
    found["clue_recall_at_1_of_16"] = scorer.clues(o.questions // 3 + 16)
    found["bits_per_byte"] = {kind: round(b, 4) for kind, b in validate(training.model, val, 512).items()}
    training.model.requires_grad_(True)
    line = dict(when=when, **training.state, scores=found, scored_in=round(time.time() - begin, 1))
    print(when, json.dumps(found), f"scored in {line['scored_in']} s", flush=True)
    with open(os.path.join(o.out, "instruct.jsonl"), "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    return found


def sup_files(text):
    paths = [path for pattern in text.split(",") for path in (sorted(glob.glob(pattern)) or [pattern])]
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        raise SystemExit(f"{missing[0]}: no such file")
    return paths


def build_examples(data, sup, out, processes=0):
    counts = build(data, sup_files(sup), out, processes or min(16, os.cpu_count() or 1))
    print(json.dumps({name: {k: v for k, v in part.items() if k != "tasks"} if isinstance(part, dict) else part
                      for name, part in counts.items()}), flush=True)


def one_value(arguments, name):
    """`--sup a b c` as `--sup a,b,c`, the form that parse_options reads."""
    if name not in arguments:
        return arguments
    first = arguments.index(name) + 1
    last = next((i for i in range(first, len(arguments)) if arguments[i].startswith("--")), len(arguments))
    return arguments[:first] + [",".join(arguments[first:last])] + arguments[last:]


def train(o):
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    folder = o.examples or os.path.join(o.data, "examples")
    if not os.path.exists(os.path.join(folder, "examples.json")):
        if not o.sup:
            raise SystemExit(f"{folder}: no examples there; build them, or give --sup")
        build_examples(o.data, o.sup, folder)
    training, tokenizer = Training(o), read_tokenizer(o.data)
    sampler = Sampler(Examples(folder, "train"), tokenizer, training.segment, int(o.tokens * (1 - o.plain)))
    held_out = Sampler(Examples(folder, "val"), tokenizer, training.segment, o.tokens)
    plain = Plain(TokenSet(o.data, "train"), int(o.tokens * o.plain), training.segment)
    val = TokenSet(o.data, "val")
    print(f"{len(sampler.e)} training examples, {len(held_out.e)} held out, start at step {training.state['step']}",
          flush=True)
    if training.state["step"] == 0 and o.questions:
        scores(training, tokenizer, held_out, val, o, "before")
    if training.state["seconds"] < o.seconds:
        drawing = Drawing(sampler, plain, o, training.state["step"])
        drawing.start()
        run_until_done(training, drawing, os.path.join(o.out, "instruct.jsonl"), o)
    if o.questions:
        scores(training, tokenizer, held_out, val, o, "after")
    state = training.state
    print(f"finished: {state['step']} steps, {state['tokens']/1e6:.2f} M tokens, {state['seconds']:.1f} seconds",
          flush=True)


def main(arguments=None):
    arguments = one_value(list(sys.argv[1:] if arguments is None else arguments), "--sup")
    stage = arguments.pop(0) if arguments and not arguments[0].startswith("-") else "train"
    if stage == "examples":
        o = parse_options(ExampleOptions, __doc__, arguments)
        begin = time.time()
        build_examples(o.data, o.sup, o.out, o.processes)
        print(f"examples: {time.time() - begin:.0f} s")
    elif stage == "train":
        train(parse_options(Options, __doc__, arguments))
    else:
        raise SystemExit(f"unknown stage {stage!r}; known are examples, train")


if __name__ == "__main__":
    main()
