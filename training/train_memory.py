"""Train the memory adapter over a frozen base: python3 -m training.train_memory --data DIR --base base.pt --out DIR

Every step draws documents, a compression ratio, and runs of neighbouring segments; a rerun resumes from memory.pt.
Does not know: how memories are encoded (memory.py) or how the loss is formed (memory_loss.py).
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
from .memory_loss import sequence_loss, two_pass_sequence_gradient
from .model import DEVICE, load_checkpoint
from .options import parse_options


@dataclass
class Options:
    data: str                           # folder with train.bin, meta.json
    base: str                           # checkpoint of the base model, frozen here
    out: str                            # folder for memory.pt and memory.jsonl
    encoder: str = "span-tiled"         # or "staircase"
    start: str = "last"                 # gists start as their span's last token, or "shared"
    rank: int = 32                      # of the LoRA
    scale: float = 2.0                  # of the LoRA
    ratios: str = "8,16"                # one is drawn per step
    segment: int = 512                  # tokens a segment
    segments: int = 5                   # neighbouring segments a document sample
    documents: int = 2                  # document samples a step
    gradient: str = "parallel"          # or "two-pass": same gradient, one segment's graph at a time
    lr: float = 3e-3                    # AdamW; warm-up over 30 steps, then cosine to zero
    minutes: float = 1.0                # of training in total, over all runs
    threads: int = 1                    # of PyTorch on a CPU
    seed: int = 0                       # of the adapter; step n draws its data with seed 1,000,000 + n
    save_every: int = 100               # steps between checkpoints


def save_encoder(path, encoder, **state):
    torch.save(dict(kind=encoder.kind, options=encoder.options, encoder=encoder.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_encoder(path, model):
    """(encoder on DEVICE, everything that was saved)."""
    saved = torch.load(path, map_location="cpu")
    encoder = ENCODERS[saved["kind"]](model, **saved["options"])
    encoder.load_state_dict(saved["encoder"])
    return encoder.to(DEVICE), saved


def learning_rate(o, step, progress):
    return o.lr * min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def train_step(model, encoder, optimizer, ids, ratio, o):
    """One update on ids (B, S, T); returns the mean loss in nats."""
    optimizer.zero_grad(set_to_none=True)
    if o.gradient == "two-pass":
        loss = two_pass_sequence_gradient(model, encoder, ids, ratio)
    else:
        total, _ = sequence_loss(model, encoder, ids, ratio)
        total.backward()
        loss = float(total.detach())
    torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
    optimizer.step()
    return loss


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    model, _ = load_checkpoint(o.base)
    model.requires_grad_(False)
    path = os.path.join(o.out, "memory.pt")
    state = dict(step=0, minutes=0.0, cpu_minutes=0.0, tokens=0)
    if os.path.exists(path):
        encoder, saved = load_encoder(path, model)
        state = {name: saved[name] for name in state}
    else:
        encoder, saved = ENCODERS[o.encoder](model, o.rank, o.scale, o.start).to(DEVICE), None
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=o.lr, betas=(0.9, 0.95), weight_decay=0.0)
    if saved:
        optimizer.load_state_dict(saved["optimizer"])
    parameters = sum(p.numel() for p in encoder.parameters())
    print(f"{encoder.kind}: {parameters/1e6:.3f} M adapter parameters, start at step {state['step']}", flush=True)
    run_until_done(model, encoder, optimizer, TokenSet(o.data, "train"), state, path, o)


def run_until_done(model, encoder, optimizer, train, state, path, o):
    """Steps until the minutes are used up; prints and saves on the way."""
    documents = [d for d in train.documents if d["tokens"] > o.segments * o.segment]
    ratios = [int(r) for r in o.ratios.split(",")]
    begin, cpu_begin, before, cpu_before = time.time(), time.process_time(), state["minutes"], state["cpu_minutes"]
    smooth = None
    with open(os.path.join(o.out, "memory.jsonl"), "a", encoding="utf-8") as log:
        while state["minutes"] < o.minutes:
            rng = np.random.default_rng(1_000_000 + state["step"])
            ids = train.random_segments(documents, o.documents, o.segments, o.segment, rng).to(DEVICE)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(o, state["step"], state["minutes"] / o.minutes)
            loss = train_step(model, encoder, optimizer, ids, int(rng.choice(ratios)), o)
            smooth = loss if smooth is None else 0.97 * smooth + 0.03 * loss
            state.update(step=state["step"] + 1, tokens=state["tokens"] + ids.numel(),
                         minutes=before + (time.time() - begin) / 60,
                         cpu_minutes=cpu_before + (time.process_time() - cpu_begin) / 60)
            is_over = state["minutes"] >= o.minutes
            if state["step"] % 20 == 0 or is_over:
                print(f"step {state['step']} minute {state['minutes']:.2f} loss {smooth:.4f}", flush=True)
                log.write(json.dumps(dict(state, loss=round(smooth, 5))) + "\n")
                log.flush()
            if is_over or state["step"] % o.save_every == 0:
                save_encoder(path, encoder, optimizer=optimizer.state_dict(), ratios=ratios, segment=o.segment,
                             **state)
    print(f"finished: {state['step']} steps, {state['tokens']/1e6:.2f} M tokens, {state['minutes']:.2f} minutes, "
          f"{state['cpu_minutes']:.2f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
