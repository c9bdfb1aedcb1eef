"""Train a base model: python3 -m training.train_base --data DIR --out DIR --size nano --minutes 58

The schedule runs over minutes of training, so the same command fits every machine; a rerun resumes from base.pt.
Does not know: memories.
"""
import json
import math
import os
import time
from dataclasses import dataclass

import numpy as np
import torch

from .data import TokenSet, even_windows, parse_weights, read_tokenizer
from .model import DEVICE, SIZES, build, load_checkpoint, save_checkpoint
from .optim import MuonAdamW, schedule
from .options import parse_options

LOOK_EVERY = 10                         # steps between two looks at the loss: each look waits for a GPU


@dataclass
class Options:
    data: str                           # folder with tokenizer.json, train.bin, val.bin, meta.json
    out: str                            # folder for base.pt and base.jsonl
    size: str = "nano"                  # a key of model.SIZES
    minutes: float = 1.0                # of training in total, over all runs; validation does not count
    batch: int = 8192                   # tokens a step
    micro_batch: int = 4096             # tokens a forward pass; 4,096 stay in this CPU's cache
    lengths: str = "0:512,0.8:1024,0.93:2048"   # progress:window length; attention is dear, so long windows come last
    kinds: str = ""                     # kinds of text to draw more or less, e.g. "code:0.6,notes:1.5"; empty: as they are
    lr_matrix: float = 0.01             # Muon
    lr_embedding: float = 8e-3          # AdamW
    z_loss: float = 1e-4                # keeps the logits near zero
    decay: float = 0.35                 # share of the schedule in which the learning rates fall to zero
    threads: int = 1                    # of PyTorch on a CPU
    seed: int = 0                       # of the weights; step n draws its windows with seed n
    save_every: float = 5.0             # minutes between checkpoints (each with a validation)
    validation_length: int = 1024       # tokens a validation window
    compile: int = 1                    # on a GPU: torch.compile, once for each window length


def window_length(lengths, progress):
    """The length in force at `progress` of e.g. "0:512,0.8:1024"."""
    pairs = [item.split(":") for item in lengths.split(",")]
    return [int(length) for start, length in pairs if float(start) <= progress][-1]


@torch.no_grad()
def validate(model, token_set, length, windows=24, rows=4):
    """Bits per byte by kind over evenly spread validation windows."""
    bits = {}
    for kind in sorted({d["kind"] for d in token_set.documents}):
        starts, bytes_per_token = even_windows(token_set, kind, length, windows)
        total, count = 0.0, 0
        for i in range(0, len(starts), rows):
            x = token_set.slices(starts[i:i + rows], length + 1).to(DEVICE)
            inputs, target = x[:, :-1].contiguous(), x[:, 1:].contiguous()
            _, losses = model(inputs, target, torch.ones(target.shape, device=DEVICE))
            total, count = total + losses.sum().item(), count + losses.numel()
        bits[kind] = total / max(count, 1) / math.log(2) / bytes_per_token
    return bits


def train_step(model, optimizer, train, step, progress, o):
    """One update; returns (mean loss in nats, still on the device; tokens seen)."""
    rng = np.random.default_rng(step)
    length = window_length(o.lengths, progress)
    rows = max(1, min(o.micro_batch, o.batch) // length)
    rounds = max(1, o.batch // (rows * length))
    for p in model.parameters():
        p.grad = None
    mean = 0.0
    for _ in range(rounds):
        x, y = (t.to(DEVICE) for t in train.random_windows(rows, length, rng, parse_weights(o.kinds)))
        weight = torch.full(x.shape, 1.0 / (rounds * x.numel()), device=DEVICE)
        total, losses = model(x, y, weight, o.z_loss)
        total.backward()
        mean = mean + losses.mean() / rounds
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step(schedule(progress, decay=o.decay), beta=min(0.95, 0.85 + step / 3000))
    return mean, rounds * rows * length


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    if o.size not in SIZES:
        raise SystemExit(f"unknown size {o.size!r}; known are {', '.join(SIZES)}")
    train, val = TokenSet(o.data, "train", DEVICE if DEVICE == "cuda" else None), TokenSet(o.data, "val")
    path = os.path.join(o.out, "base.pt")
    state = dict(step=0, minutes=0.0, tokens=0, cpu_minutes=0.0)
    if os.path.exists(path):
        model, saved = load_checkpoint(path)
        state = {name: saved[name] for name in state}
    else:
        vocab = -(-len(read_tokenizer(o.data, use_library=False)) // 64) * 64
        model, saved = build(o.size, vocab=vocab).to(DEVICE), None
    optimizer = MuonAdamW(model, o.lr_matrix, o.lr_embedding)
    if saved:
        optimizer.load_state_dict(saved["optimizer"])
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{o.size}: {parameters/1e6:.2f} M parameters, {len(train.ids)/1e6:.1f} M training tokens, "
          f"start at step {state['step']}", flush=True)
    run_until_done(model, optimizer, train, val, state, path, o)


def warm_up(compiled, train, o):
    """Compile for every window length before the clock starts; the gradients are thrown away."""
    begin = time.time()
    for length in sorted({int(item.split(":")[1]) for item in o.lengths.split(",")}):
        rows = max(1, min(o.micro_batch, o.batch) // length)
        x, y = (t.to(DEVICE) for t in train.random_windows(rows, length, np.random.default_rng(0)))
        total, _ = compiled(x, y, torch.full(x.shape, 1.0 / x.numel(), device=DEVICE), o.z_loss)
        total.backward()
    torch.cuda.synchronize()
    print(f"compiled in {time.time() - begin:.0f} s", flush=True)


def run_until_done(model, optimizer, train, val, state, path, o):
    """Steps until the minutes are used up; prints, validates and saves on the way."""
    compiled = model
    if DEVICE == "cuda" and o.compile:
        compiled = torch.compile(model, dynamic=False)
        warm_up(compiled, train, o)
    begin, cpu_begin, before, cpu_before = time.time(), time.process_time(), state["minutes"], state["cpu_minutes"]
    saved_at, smooth, first_tokens = state["minutes"], None, state["tokens"]
    with open(os.path.join(o.out, "base.jsonl"), "a", encoding="utf-8") as log:
        while state["minutes"] < o.minutes:
            mean, tokens = train_step(compiled, optimizer, train, state["step"], state["minutes"] / o.minutes, o)
            state.update(step=state["step"] + 1, tokens=state["tokens"] + tokens)
            if state["step"] % LOOK_EVERY == 0:
                mean = float(mean)
                if not math.isfinite(mean):
                    raise SystemExit(f"step {state['step']}: the loss is {mean}; {path} stays as it was")
                smooth = mean if smooth is None else 0.8 * smooth + 0.2 * mean
            state.update(minutes=before + (time.time() - begin) / 60,
                         cpu_minutes=cpu_before + (time.process_time() - cpu_begin) / 60)
            is_over = state["minutes"] >= o.minutes
            if state["step"] % 50 == 0 or is_over:
                speed = (state["tokens"] - first_tokens) / max(1e-9, 60 * (state["minutes"] - before))
                print(f"step {state['step']} minute {state['minutes']:.2f} loss {smooth or float(mean):.3f} "
                      f"tokens {state['tokens']/1e6:.2f} M, {speed:,.0f} a second", flush=True)
            if state["minutes"] - saved_at >= o.save_every or is_over:
                pause, cpu_pause, saved_at = time.time(), time.process_time(), state["minutes"]
                bits = validate(model, val, o.validation_length)
                entry = dict(state, train_nats=round(smooth or float(mean), 4), bits_per_byte=bits, size=o.size)
                log.write(json.dumps(entry) + "\n")
                log.flush()
                print("bits per byte", {kind: round(b, 4) for kind, b in bits.items()}, flush=True)
                save_checkpoint(path, model, optimizer=optimizer.state_dict(), **state)
                begin += time.time() - pause                        # validation is not training
                cpu_begin += time.process_time() - cpu_pause
    print(f"finished: {state['tokens']/1e6:.2f} M tokens, {state['minutes']:.2f} minutes, "
          f"{state['cpu_minutes']:.2f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
