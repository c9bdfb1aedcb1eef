"""The reader's trunk: its shape, and its training as a language model before it sees a question.

The first third of the time each token is guessed from those before it (more to learn from per token), then stretches of
whole words are hidden and guessed from both sides, as the reader will read. After Gisserot-Boukhlef et al. 2025,
arXiv:2507.00994 (the two in this order), and Joshi et al. 2020, arXiv:1907.10529 (stretches).
Does not know: questions, passages.
"""
import math
import os
import time

import torch

from ..kernels import Mask
from ..model import DEVICE, Config, Model, load_checkpoint, save_checkpoint
from ..optim import MuonAdamW, schedule

# 4.7 M parameters in the layers, 6.8 M in all: 1.5 times the computation of version 1 (4 layers) for each token.
TRUNK = dict(hidden=256, layers=6, heads=4, kv_heads=2, head_dim=64, ffn=768)
SMALL = dict(hidden=128, layers=2, heads=4, kv_heads=2, head_dim=32, ffn=256)       # rehearsals on a CPU

HIDDEN_TOKEN = 7                # <|reserved|> stands for a token that has to be guessed
SPECIALS = 8                    # ids below are borders
CAUSAL_SHARE = 0.33             # of the time
HIDDEN_SHARE = 0.25             # of the tokens of a window
LOOK_EVERY = 20                 # steps between two looks at the loss: each look waits for the device


def new_trunk(shape, vocab):
    return Model(Config(vocab=-(-vocab // 64) * 64, **shape)).to(DEVICE)


def word_starts(tokenizer, vocab):
    """bool (V): tokens that do not continue a word of letters."""
    starts = torch.ones(vocab, dtype=torch.bool)
    for i in range(SPECIALS, len(tokenizer)):
        text = tokenizer.decode([i])
        starts[i] = not text[:1].isalpha()
    return starts


def hide(ids, starts, vocab):
    """(inputs, positions of the hidden tokens (B, K)): stretches of whole words, a quarter of each window.

    Of the hidden tokens 8 in 10 become HIDDEN_TOKEN, 1 another token, 1 stays (Devlin et al. 2019, arXiv:1810.04805).
    """
    rows, width = ids.shape
    stretch = (starts[ids] & (torch.rand(rows, width, device=ids.device) < 0.6)).long().cumsum(1)
    score = torch.rand(rows, width + 1, device=ids.device).gather(1, stretch)
    at = score.masked_fill(ids < SPECIALS, -1).topk(int(width * HIDDEN_SHARE), 1).indices
    chance = torch.rand(at.shape, device=ids.device)
    other = torch.randint(SPECIALS, vocab, at.shape, device=ids.device)
    own = ids.gather(1, at)
    instead = torch.where(chance < 0.8, torch.full_like(own, HIDDEN_TOKEN), torch.where(chance < 0.9, other, own))
    return ids.scatter(1, at, instead), at


def hidden_loss(model, inputs, at, target, weight):
    """Loss over the hidden tokens; every token of a window sees every other."""
    width = inputs.shape[1]
    positions = torch.arange(width, device=inputs.device)
    everything = Mask(torch.ones(1, width, width, dtype=torch.bool, device=inputs.device))
    hidden = model.run(model.embed(inputs), positions, everything)
    picked = hidden.gather(1, at[..., None].expand(-1, -1, hidden.shape[-1]))
    return model.loss(picked, target, weight)[0]


def causal_loss(model, inputs, target, weight):
    return model(inputs, target, weight, 1e-4)[0]


def windows(stream, rows, width):
    """Random windows of the token stream (int32, on the device): int64 (rows, width)."""
    starts = torch.randint(0, len(stream) - width, (rows,), device=stream.device)
    return stream[starts[:, None] + torch.arange(width, device=stream.device)].long()


def stretch_loss(losses, model, stream, starts, rows, width, is_causal):
    """Loss of one batch of random windows; `losses`: (causal_loss, hidden_loss), compiled or not."""
    if is_causal:
        ids = windows(stream, rows, width + 1)
        target = ids[:, 1:].contiguous()
        weight = torch.full(target.shape, 1.0 / target.numel(), device=stream.device)
        return losses[0](model, ids[:, :-1].contiguous(), target, weight)
    ids = windows(stream, rows, width)
    inputs, at = hide(ids, starts, model.config.vocab)
    target = ids.gather(1, at)
    return losses[1](model, inputs, at, target, torch.full(target.shape, 1.0 / target.numel(), device=stream.device))


@torch.no_grad()
def held_out_loss(model, stream, starts, width, rows=64):
    """Nats a hidden token over the same windows each time."""
    each = (len(stream) - width) // rows
    ids = torch.stack([stream[i * each:i * each + width] for i in range(rows)]).long()
    kept = torch.random.get_rng_state()
    torch.manual_seed(1)
    inputs, at = hide(ids, starts, model.config.vocab)
    torch.random.set_rng_state(kept)
    target = ids.gather(1, at)
    weight = torch.full(target.shape, 1.0 / target.numel(), device=ids.device)
    return sum(hidden_loss(model, *part).item() for part in
               zip(inputs.split(16), at.split(16), target.split(16), weight.split(16)))


def train_trunk(shape, tokenizer, train, val, path, o):
    """The trunk after `o.pretrain_seconds` in all; resumes from `path`. One that begins from `o.base` has been guessing
    from the left already, so it has hidden words from the start. Errors: SystemExit on a NaN loss."""
    if os.path.exists(path):
        model, saved = load_checkpoint(path)
    else:
        model, saved = load_checkpoint(o.base)[0] if o.base else new_trunk(shape, len(tokenizer)), None
    causal_share = 0.0 if o.base else CAUSAL_SHARE
    state = dict(step=0, seconds=0.0, tokens=0)
    if saved:
        state = {name: saved[name] for name in state}
    if state["seconds"] >= o.pretrain_seconds:
        return model, state
    optimizer = MuonAdamW(model, o.lr_matrix, o.lr_embedding)
    if saved:
        optimizer.load_state_dict(saved["optimizer"])
    stream, held_out = (torch.from_numpy(part.astype("int32")).to(DEVICE) for part in (train, val))
    starts = word_starts(tokenizer, model.config.vocab).to(DEVICE)
    losses = [torch.compile(f, dynamic=False) for f in (causal_loss, hidden_loss)] if o.compile else \
        (causal_loss, hidden_loss)
    rows = max(1, o.pretrain_tokens // o.width)
    if o.compile:                                           # both graphs before the clock starts
        for is_causal in (True, False):
            stretch_loss(losses, model, stream, starts, rows, o.width, is_causal).backward()
    begin, before, printed, first = time.time(), state["seconds"], time.time(), state["tokens"]
    kept = before
    while state["seconds"] < o.pretrain_seconds:
        progress = state["seconds"] / o.pretrain_seconds
        for p in model.parameters():
            p.grad = None
        loss = stretch_loss(losses, model, stream, starts, rows, o.width, progress < causal_share)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(schedule(progress), beta=min(0.95, 0.85 + state["step"] / 3000))
        state.update(step=state["step"] + 1, tokens=state["tokens"] + rows * o.width)
        if state["step"] % LOOK_EVERY == 0 and not math.isfinite(loss.item()):
            raise SystemExit(f"trunk, step {state['step']}: the loss is not a number; {path} stays as it was")
        state["seconds"] = before + time.time() - begin
        if time.time() - printed > o.print_every:
            printed = time.time()
            speed = (state["tokens"] - first) / (state["seconds"] - before)
            print(f"trunk step {state['step']} second {state['seconds']:.0f} loss {loss.item():.3f} tokens "
                  f"{state['tokens']/1e6:.1f} M, {speed:,.0f} a second", flush=True)
        if state["seconds"] - kept > o.save_every and math.isfinite(loss.item()):
            kept = state["seconds"]
            save_checkpoint(path, model, optimizer=optimizer.state_dict(), **state)
    print(f"trunk: {state['step']} steps, {state['tokens']/1e6:.1f} M tokens, held-out loss of hidden tokens "
          f"{held_out_loss(model, held_out, starts, o.width):.3f}", flush=True)
    save_checkpoint(path, model, optimizer=optimizer.state_dict(), **state)
    return model, state
