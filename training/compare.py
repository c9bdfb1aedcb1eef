"""Train ONE memory method over a frozen base.

python3 -m training.compare --data DIR --base base.pt --out DIR --method NAME

All methods see the same text: step n draws its documents with seed n. AdamW with warm-up and cosine over --steps; at
--seconds a run stops with what it has. Writes OUT/NAME.pt and OUT/NAME.jsonl; the same command again goes on.
Does not know: how any method works, or how it is evaluated.
"""
import json
import math
import os
import time
from dataclasses import asdict, dataclass

import numpy as np
import torch

from .data import TokenSet
from .gradients import reservoir_gradient, two_pass_gradient
from .methods import METHODS, build_method
from .methods.kv import KvMethod, decode_behind, even_loss, rotated
from .model import DEVICE, load_checkpoint, load_saved, load_weights
from .options import parse_options

GRADIENTS = ("full", "truncated", "reservoir", "two-pass")
LOG_EVERY = 10                          # steps between looks at the loss: each one waits for the device
VALIDATION_SEED = 10_000_000


@dataclass
class Options:
    data: str                           # folder with train.bin, val.bin, meta.json
    base: str                           # checkpoint of the base model, frozen here
    out: str                            # folder for NAME.pt and NAME.jsonl
    method: str                         # key of methods.METHODS
    name: str = ""                      # of the files; empty: the method's
    options: str = ""                   # of the method, e.g. "rank=32;left=64"
    steps: int = 400                    # that the schedule is laid out for
    seconds: float = 600.0              # of training in all, over all runs of this name
    segment: int = 256                  # tokens a segment
    segments: int = 8                   # neighbouring segments a document sample
    documents: int = 16                 # document samples a step
    ratio: int = 8                      # source tokens a slot
    lr: str = "auto"                    # of AdamW; auto: the method's own
    gradient: str = "full"              # or truncated; reservoir, two-pass: next-token loss only
    slots: int = 2                      # segments that a truncated gradient reaches back, or of the reservoir
    compensated: int = 1                # 1: the reservoir's gradient is unbiased; 0: as the paper's released code
    seed: int = 0                       # of the method's parameters
    save_every: int = 100               # steps between checkpoints
    validation: int = 4                 # batches of unseen text at the end
    threads: int = 1                    # of PyTorch on a CPU


SETTINGS = ("method", "options", "steps", "segment", "segments", "documents", "ratio", "lr", "gradient", "slots",
            "compensated", "seed")      # a run goes on only with the same


def parse_method_options(text):
    """{"rank": 32} from "rank=32"; pairs are separated by ";"."""
    def value(word):
        for kind in (int, float):
            try:
                return kind(word)
            except ValueError:
                pass
        return word
    return {key.strip(): value(word.strip()) for key, word in (pair.split("=", 1) for pair in text.split(";") if pair)}


def learning_rate(lr, step, steps):
    """Linear warm-up over a tenth of the steps, at most 30, then cosine to zero."""
    return lr * min(1.0, (step + 1) / max(1, min(30, steps // 10))) * 0.5 * (1 + math.cos(math.pi * step / steps))


def segment_wise(method, model, ids, ratio):
    """(segments, encode, loss_at) as gradients.py wants them. Errors: SystemExit for a recurrent method."""
    if not isinstance(method, KvMethod) or not method.is_independent:
        raise SystemExit(f"{method.name}: a segment's memory depends on earlier ones; --gradient full or truncated")
    count = ids.shape[1]

    def loss_at(t, memories):
        layers = method.unpack(model, [torch.cat(parts, -2) for parts in zip(*memories)])
        x = model.embed(ids[:, t, :-1].contiguous())
        hidden = decode_behind(model, x, rotated(model, layers), lora=method.decoder_lora())
        return even_loss(model, hidden, ids[:, t, 1:])[0] / (count - 1)

    return [ids[:, s].contiguous() for s in range(count)], lambda segment: method.pack(model, segment, ratio), loss_at


def backward(method, model, ids, o, rng, step):
    """Adds one step's gradient to .grad; returns the loss, a number or a detached scalar."""
    if o.gradient in ("full", "truncated"):
        method.horizon = o.slots if o.gradient == "truncated" else None
        loss = method.training_loss(model, ids, o.ratio, rng)
        loss.backward()
        return loss.detach()
    parts = segment_wise(method, model, ids, o.ratio)
    if o.gradient == "two-pass":
        return two_pass_gradient(*parts)
    generator = torch.Generator().manual_seed(step)
    return reservoir_gradient(*parts, o.slots, generator, bool(o.compensated))


@torch.no_grad()
def validate(method, model, o):
    """Mean loss in nats of unseen text with the memory and with none (the method's own decoder), or {}."""
    if o.validation == 0:
        return {}
    held_out = TokenSet(o.data, "val")
    documents = [d for d in held_out.documents if d["tokens"] > o.segments * o.segment]
    if not documents:
        raise SystemExit(f"{o.data}: no unseen document is longer than {o.segments * o.segment} tokens; --validation 0")
    losses = []
    for i in range(o.validation):
        rng = np.random.default_rng(VALIDATION_SEED + i)
        ids = held_out.random_segments(documents, o.documents, o.segments, o.segment, rng).to(DEVICE)
        local = ids[:, 1:].reshape(-1, o.segment)
        hidden = method.decode(model, local[:, :-1].contiguous(), method.start(model, len(local)))
        losses.append((float(method.sequence_loss(model, ids, o.ratio)[0]),
                       float(even_loss(model, hidden, local[:, 1:])[0])))
    memory, nothing = (sum(x) / len(losses) for x in zip(*losses))
    return dict(validation_loss=memory, validation_nothing=nothing)


class Run:
    """One method's training: parameters, optimiser, counts, files."""

    def __init__(self, model, o):
        self.model, self.o, self.name = model, o, o.name or o.method
        self.path = os.path.join(o.out, self.name + ".pt")
        torch.manual_seed(o.seed)
        self.method = build_method(o.method, model, **parse_method_options(o.options))
        self.lr = self.method.lr if o.lr == "auto" else float(o.lr)
        self.parameters = [p for p in self.method.parameters() if p.requires_grad]
        self.optimizer = (torch.optim.AdamW(self.parameters, lr=self.lr, betas=(0.9, 0.95), weight_decay=0.0)
                          if self.parameters else None)
        self.settings = {key: asdict(o)[key] for key in SETTINGS}
        self.state = dict(step=0, tokens=0, seconds=0.0, loss=None)
        if os.path.exists(self.path):
            self.resume(load_saved(self.path))

    def resume(self, saved):
        for key, value in self.settings.items():
            if saved["settings"][key] != value:
                raise SystemExit(f"{self.path}: was trained with {key}={saved['settings'][key]!r}, not {value!r}")
        load_weights(self.method, saved["state"], self.path)
        if self.optimizer and saved["optimizer"]:
            self.optimizer.load_state_dict(saved["optimizer"])
        self.state = {key: saved[key] for key in self.state}

    def save(self, **more):
        broken = [name for name, p in self.method.named_parameters() if not bool(torch.isfinite(p).all())]
        if broken:
            raise SystemExit(f"{self.path} is kept: {broken[0]} is not finite at step {self.state['step']}")
        torch.save(dict(method=self.o.method, options=self.method.options, state=self.method.state_dict(),
                        optimizer=self.optimizer.state_dict() if self.optimizer else None, settings=self.settings,
                        data=self.o.data, base=self.o.base, learning_rate=self.lr, **self.state, **more),
                   self.path + ".tmp")
        os.replace(self.path + ".tmp", self.path)

    def train(self):
        o, train = self.o, TokenSet(self.o.data, "train")
        documents = [d for d in train.documents if d["tokens"] > o.segments * o.segment]
        if not documents:
            raise SystemExit(f"{o.data}: no document is longer than {o.segments * o.segment} tokens")
        begin, before, pending = time.time(), self.state["seconds"], []
        with open(os.path.join(o.out, self.name + ".jsonl"), "a", encoding="utf-8") as log:
            while self.state["step"] < o.steps and self.state["seconds"] < o.seconds:
                step = self.state["step"]
                rng = np.random.default_rng(step)
                ids = train.random_segments(documents, o.documents, o.segments, o.segment, rng).to(DEVICE)
                pending.append(self.update(ids, rng, step))
                self.state.update(step=step + 1, tokens=self.state["tokens"] + ids.numel(),
                                  seconds=before + time.time() - begin)
                is_over = step + 1 == o.steps or self.state["seconds"] >= o.seconds
                if len(pending) == LOG_EVERY or is_over:
                    self.report(pending, log)
                    pending = []
                    self.state["seconds"] = before + time.time() - begin
                if (step + 1) % o.save_every == 0 and not pending:
                    self.save()

    def update(self, ids, rng, step):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.lr, step, self.o.steps)
        self.optimizer.zero_grad(set_to_none=True)
        loss = backward(self.method, self.model, ids, self.o, rng, step)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        return loss

    def report(self, pending, log):
        losses = [float(x) for x in pending]
        first = self.state["step"] - len(losses) + 1
        for i, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise SystemExit(f"{self.name}: the loss of step {first + i} is {loss}; {self.path} is kept as it was")
        self.state["loss"] = sum(losses) / len(losses)
        speed = self.state["tokens"] / max(self.state["seconds"], 1e-9)
        log.write(json.dumps(dict(self.state, loss=round(self.state["loss"], 5))) + "\n")
        log.flush()
        print(f"{self.name} step {self.state['step']} loss {self.state['loss']:.4f} {speed:.0f} tokens/s", flush=True)


def main():
    o = parse_options(Options, __doc__)
    if o.gradient not in GRADIENTS:
        raise SystemExit(f"--gradient is {o.gradient!r}, expected one of {', '.join(GRADIENTS)}")
    if o.method not in METHODS:
        raise SystemExit(f"--method is {o.method!r}, expected one of {', '.join(METHODS)}")
    torch.set_num_threads(o.threads)
    os.makedirs(o.out, exist_ok=True)
    model, _ = load_checkpoint(o.base)
    model.requires_grad_(False)
    run = Run(model, o)
    count = sum(p.numel() for p in run.parameters)
    print(f"{run.name}: {count/1e6:.3f} M trainable parameters, lr {run.lr:g}, from step {run.state['step']}",
          flush=True)
    if run.parameters:
        run.train()
    run.save()                          # before anything else can fail
    found = validate(run.method, model, o)
    run.save(**found)
    s = run.state
    ending = "" if s["step"] == o.steps or not run.parameters else f", STOPPED at {o.seconds:g} s of {o.steps} steps"
    print(f"{run.name} finished: {s['step']} steps, {s['tokens']/1e6:.2f} M tokens, {s['seconds']:.0f} s"
          + (f", loss {s['loss']:.4f}" if s["loss"] is not None else "")
          + "".join(f", {key} {value:.4f}" for key, value in found.items()) + ending, flush=True)


if __name__ == "__main__":
    main()
