"""Train the memory: python3 -m training.train_memory --data DIR --base base.pt --out DIR

Every step draws documents, a compression ratio, and runs of neighbouring segments. `--objective sequence` trains the
adapter over a frozen base by the loss of each segment after all before it. `--objective mixed`: base and
adapter together, memories alone and under recent raw text, quotes from far back, other documents' memories in the view,
low-bit storage, and plain windows so that the base stays what it was. `--objective distilled`: over a frozen base, the
predictions after memories shall be those after the raw text. A rerun resumes from memory.pt (and base.pt).
Does not know: how memories are encoded (memory.py) or how the losses are formed (memory_loss.py).
"""
import json
import math
import os
import time
from dataclasses import dataclass

import numpy as np
import torch

from .data import TokenSet
from .memory import ENCODERS
from .memory_loss import distilled_loss, mixed_loss, sequence_loss, two_pass_sequence_gradient
from .model import DEVICE, load_checkpoint, load_saved, load_weights, save_checkpoint
from .optim import MuonAdamW
from .options import parse_options

LOOK_EVERY = 20                         # steps between two lines: each waits for a GPU


@dataclass
class Options:
    data: str                           # folder with train.bin, meta.json
    base: str                           # checkpoint of the base model
    out: str                            # folder for memory.pt and memory.jsonl; with `mixed` also base.pt
    objective: str = "sequence"         # or "mixed", or "distilled"
    frozen: int = 0                     # 1: `mixed` leaves the base as it is and reads no plain windows
    adapter: str = ""                   # a memory.pt to start from; empty: a new one
    encoder: str = "span-tiled"         # or "staircase"
    start: str = "last"                 # gists start as their span's last token, or "shared"
    rank: int = 32                      # of the LoRA
    scale: float = 2.0                  # of the LoRA
    ratios: str = "8,16"                # one is drawn per step
    segment: str = "512"                # tokens a segment; of several, one is drawn per step
    segments: str = "5"                 # neighbouring segments a document sample; of several, one is drawn per step
    documents: int = 2                  # document samples a step of the longest samples; shorter ones come in more
    gradient: str = "parallel"          # or "two-pass": same gradient, one segment's graph at a time
    lr: float = 3e-3                    # AdamW, of the adapter; warm-up over 30 steps, then cosine to zero
    lr_matrix: float = 0.004            # Muon, of the base (mixed)
    lr_embedding: float = 2e-3          # AdamW, of the base (mixed)
    plain: int = 16                     # raw windows a step (mixed)
    plain_length: int = 2048            # tokens of a raw window; longer samples are not distilled but read as they are
    quoted: int = 8                     # quotes a document sample (mixed)
    distractors: float = 0.1            # share of the rows that see another document's memories too (mixed)
    bits: str = "16,4"                  # a stored number; one is drawn per step (mixed, distilled)
    minutes: float = 1.0                # of training in total, over all runs
    steps: int = 0                      # end of the schedule in steps instead of minutes, where equal data matters
    threads: int = 1                    # of PyTorch on a CPU
    seed: int = 0                       # of the adapter; step n draws its data with seed 1,000,000 + n
    save_every: int = 100               # steps between checkpoints


def save_encoder(path, encoder, **state):
    torch.save(dict(kind=encoder.kind, options=encoder.options, encoder=encoder.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_encoder(path, model):
    """(encoder on DEVICE, everything that was saved)."""
    saved = load_saved(path)
    encoder = ENCODERS[saved["kind"]](model, **saved["options"])
    load_weights(encoder, saved["encoder"], path)
    return encoder.to(DEVICE), saved


def numbers(text):
    return [int(n) for n in str(text).split(",")]


def factor(step, progress):
    """Warm-up over 30 steps, then cosine to zero."""
    return min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class Training:
    """The modules, their optimisers and one step."""

    def __init__(self, o):
        self.o, self.is_mixed, self.documents = o, o.objective == "mixed", {}
        self.trains_base = self.is_mixed and not o.frozen
        self.paths = dict(memory=os.path.join(o.out, "memory.pt"), base=os.path.join(o.out, "base.pt"))
        resumed = os.path.exists(self.paths["memory"])
        self.model, base = load_checkpoint(self.paths["base"] if resumed and self.trains_base else o.base)
        self.model.requires_grad_(self.trains_base)
        self.state = dict(step=0, minutes=0.0, cpu_minutes=0.0, tokens=0)
        if resumed:
            self.encoder, saved = load_encoder(self.paths["memory"], self.model)
            self.state = {name: saved[name] for name in self.state}
        elif o.adapter:
            self.encoder, _ = load_encoder(o.adapter, self.model)
        else:
            self.encoder = ENCODERS[o.encoder](self.model, o.rank, o.scale, o.start).to(DEVICE)
        self.adam = torch.optim.AdamW(self.encoder.parameters(), lr=o.lr, betas=(0.9, 0.95), weight_decay=0.0)
        self.base_optimizer = MuonAdamW(self.model, o.lr_matrix, o.lr_embedding) if self.trains_base else None
        if resumed:
            self.adam.load_state_dict(saved["optimizer"])
            if self.trains_base:
                self.base_optimizer.load_state_dict(base["optimizer"])

    def long_enough(self, train, tokens):
        """The documents of more than so many tokens; code is mostly short, books are long."""
        if tokens not in self.documents:
            self.documents[tokens] = [d for d in train.documents if d["tokens"] > tokens]
            if not self.documents[tokens]:
                raise SystemExit(f"no training document has more than {tokens} tokens: take fewer or shorter segments")
        return self.documents[tokens]

    def step(self, train, progress):
        """One update. Returns (losses as detached scalars by name, tokens read)."""
        o = self.o
        rng = np.random.default_rng(1_000_000 + self.state["step"])
        count, length = int(rng.choice(numbers(o.segments))), int(rng.choice(numbers(o.segment)))
        ratio = int(rng.choice(numbers(o.ratios)))
        samples = o.documents * max(numbers(o.segments)) // count
        ids = train.random_segments(self.long_enough(train, count * length), samples, count, length, rng).to(DEVICE)
        for module in (self.model, self.encoder):
            for p in module.parameters():
                p.grad = None
        tokens = ids.numel()
        if self.is_mixed:
            generator = torch.Generator().manual_seed(int(rng.integers(1 << 31)))
            total, found = mixed_loss(self.model, self.encoder, ids, ratio, generator, int(rng.choice(numbers(o.bits))),
                                      o.distractors, o.quoted)
            total.backward()
            if o.plain and self.trains_base:
                x, y = (t.to(DEVICE) for t in train.random_windows(o.plain, o.plain_length, rng))
                loss, losses = self.model(x, y, torch.full(x.shape, 1.0 / x.numel(), device=DEVICE), 1e-4)
                loss.backward()
                found["plain"], tokens = losses.mean(), tokens + x.numel()
        elif o.objective == "distilled" and count * length <= o.plain_length:
            total, found = distilled_loss(self.model, self.encoder, ids, ratio, int(rng.choice(numbers(o.bits))))
            total.backward()
        elif o.gradient == "two-pass":
            found = dict(loss=torch.tensor(two_pass_sequence_gradient(self.model, self.encoder, ids, ratio)))
        else:
            total, _ = sequence_loss(self.model, self.encoder, ids, ratio)
            total.backward()
            found = dict(loss=total.detach())
        self._update(factor(self.state["step"], progress))
        return found, tokens

    def _update(self, rate):
        torch.nn.utils.clip_grad_norm_(self.encoder.parameters(), 1.0)
        for group in self.adam.param_groups:
            group["lr"] = self.o.lr * rate
        self.adam.step()
        if self.trains_base:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.base_optimizer.step(rate)

    def save(self):
        o = self.o
        if self.trains_base:
            save_checkpoint(self.paths["base"], self.model, optimizer=self.base_optimizer.state_dict(), **self.state)
        longest = max(numbers(o.segments)) - (2 if self.is_mixed else 1)
        ratios = sorted(set(numbers(o.ratios)))
        save_encoder(self.paths["memory"], self.encoder, optimizer=self.adam.state_dict(), ratios=ratios,
                     segment=max(numbers(o.segment)), trained_memories=longest, **self.state)


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    training = Training(o)
    adapter, base = (sum(p.numel() for p in m.parameters()) / 1e6 for m in (training.encoder, training.model))
    print(f"{training.encoder.kind}: {adapter:.3f} M adapter parameters over {base:.2f} M "
          f"({'trained too' if training.trains_base else 'frozen'}), start at step {training.state['step']}", flush=True)
    run_until_done(training, TokenSet(o.data, "train", DEVICE if DEVICE == "cuda" else None), o)


def run_until_done(training, train, o):
    """Steps until the minutes (or steps) are used up; prints and saves on the way."""
    state = training.state
    begin, cpu_begin, before, cpu_before = time.time(), time.process_time(), state["minutes"], state["cpu_minutes"]
    smooth, first_tokens, is_over = {}, state["tokens"], False
    with open(os.path.join(o.out, "memory.jsonl"), "a", encoding="utf-8") as log:
        while not is_over and state["minutes"] < o.minutes:
            progress = state["step"] / o.steps if o.steps else state["minutes"] / o.minutes
            found, tokens = training.step(train, progress)
            state.update(step=state["step"] + 1, tokens=state["tokens"] + tokens)
            if state["step"] % LOOK_EVERY == 0:
                for name, loss in found.items():
                    loss = float(loss)
                    if not math.isfinite(loss):
                        raise SystemExit(f"step {state['step']}: the loss {name} is {loss}; "
                                         f"{training.paths['memory']} stays as it was")
                    smooth[name] = 0.7 * smooth.get(name, loss) + 0.3 * loss
            state.update(minutes=before + (time.time() - begin) / 60,
                         cpu_minutes=cpu_before + (time.process_time() - cpu_begin) / 60)
            is_over = state["minutes"] >= o.minutes or (o.steps and state["step"] >= o.steps)
            if state["step"] % LOOK_EVERY == 0 or is_over:
                speed = (state["tokens"] - first_tokens) / max(1e-9, 60 * (state["minutes"] - before))
                print(f"step {state['step']} minute {state['minutes']:.2f} "
                      + " ".join(f"{name} {loss:.4f}" for name, loss in smooth.items())
                      + f", {speed:,.0f} tokens a second", flush=True)
                log.write(json.dumps(dict(state, **{name: round(loss, 5) for name, loss in smooth.items()})) + "\n")
                log.flush()
            if is_over or state["step"] % o.save_every == 0:
                training.save()
    print(f"finished: {state['step']} steps, {state['tokens']/1e6:.2f} M tokens, {state['minutes']:.2f} minutes, "
          f"{state['cpu_minutes']:.2f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
