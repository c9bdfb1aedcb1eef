"""How far are cheaper gradients through memories from the full one? Bias and spread per method, a table and a plot.

python3 -m training.scripts.gradient_bias --data DIR --base base.pt --memory memory.pt --out plot.svg

A gradient through memories is a sum over pairs (segment t is predicted, segment s < t was encoded). What a method does
to it is how often each pair counts, which the functions of gradients.py show themselves on a counting problem. So the
pairs' gradients are taken once per document, and thousands of draws cost next to nothing; before that one draw of the
real function is compared with its reconstruction. Does not know: how a method trains in the end (compare.py).
"""
import os
import time
from dataclasses import dataclass

import numpy as np
import torch

from ..compare import segment_wise
from ..data import TokenSet
from ..gradients import incremental_gradient, reservoir_gradient, two_pass_gradient
from ..memory import ENCODERS
from ..methods import build_method
from ..model import DEVICE, build, load_checkpoint, load_saved, load_weights
from ..options import parse_options
from .gradient_plot import write_plot

SEED = 20_000_000                       # documents are drawn with this seed, estimates with this and the draw's number


@dataclass
class Options:
    data: str                           # folder with train.bin, meta.json
    base: str                           # checkpoint of the base model
    memory: str                         # checkpoint of a trained memory of train_memory.py
    out: str                            # SVG file
    segments: int = 16                  # neighbouring segments a document sample
    segment: int = 128                  # tokens a segment
    ratio: int = 8                      # source tokens a slot
    documents: int = 8                  # document samples
    draws: int = 1000                   # of every random method
    slots: str = "1,2,4,8"              # encoder graphs alive, or segments encoded again
    threads: int = 1                    # of PyTorch on a CPU


class Counting:
    """Its gradient says how often each pair counts: memory s is row s of a matrix, loss t adds up column t."""

    def __init__(self, segments):
        self.matrix, self.segments = torch.zeros(segments - 1, segments, requires_grad=True), list(range(segments))

    def counts(self, function, *arguments, **options):
        """float32 (pairs): s < t in the order of `pair_list`."""
        self.matrix.grad = None
        function(self.segments, lambda s: [self.matrix[s]], lambda t, m: torch.stack([x[0] for x in m])[:, t].sum(),
                 *arguments, **options)
        return torch.stack([self.matrix.grad[s, t] for t, s in pair_list(len(self.segments))])


def pair_list(segments):
    return [(t, s) for t in range(1, segments) for s in range(t)]


def estimators(slots):
    """(name, slots, whether it draws, function of a generator giving (gradient function, arguments, options))."""
    for k in slots:
        yield "incremental TBPTT", k, False, lambda g, k=k: (incremental_gradient, (k,), {})
        yield "reservoir as released", k, True, lambda g, k=k: (reservoir_gradient, (k, g, False), {})
        yield "reservoir, compensated", k, True, lambda g, k=k: (reservoir_gradient, (k, g, True), {})
        yield "two passes, drawn", k, True, lambda g, k=k: (two_pass_gradient, (), dict(drawn=k, generator=g))
    yield "incremental TBPTT", None, False, lambda g: (incremental_gradient, (10 ** 6,), {})
    yield "two passes", None, False, lambda g: (two_pass_gradient, (), {})


def draw_counts(slots, segments, draws):
    """[(name, slots, float64 (draws, pairs))] of every method."""
    problem, found = Counting(segments), []
    for name, k, is_random, make in estimators(slots):
        rows = []
        for number in range(draws if is_random else 1):
            function, arguments, options = make(torch.Generator().manual_seed(SEED + number))
            rows.append(problem.counts(function, *arguments, **options))
        found.append((name, k, torch.stack(rows).double()))
    return found


def pair_gradients(method, segments, encode, loss_at):
    """Each pair's gradient in all parameters that act through memories: float32 (pairs, parameters)."""
    parameters = [p for p in method.parameters() if p.requires_grad]
    outputs = [encode(segment) for segment in segments[:-1]]
    rows = []
    for t, s in pair_list(len(segments)):
        if s == 0:                                  # one loss: its gradient in all earlier memories
            memories = [[x.detach().requires_grad_() for x in out] for out in outputs[:t]]
            flat = torch.autograd.grad(loss_at(t, memories), [x for m in memories for x in m])
            width = len(memories[0])
        there = torch.autograd.grad(outputs[s], parameters, flat[s * width:(s + 1) * width], retain_graph=True,
                                    allow_unused=True)
        rows.append(torch.cat([(torch.zeros_like(p) if g is None else g).view(-1) for p, g in zip(parameters, there)]))
    return torch.stack(rows)


def reconstruction_error(method, functions, pairs):
    """A real run of the compensated reservoir against its reconstruction from pairs; relative."""
    segments = functions[0]
    method.zero_grad(set_to_none=True)
    reservoir_gradient(*functions, 2, torch.Generator().manual_seed(SEED), True)
    counts = Counting(len(segments)).counts(reservoir_gradient, 2, torch.Generator().manual_seed(SEED), True)
    # parameters of the decoder's side get their gradient from the losses themselves: not through memories, not compared
    through = pairs.abs().sum(0) > 0
    real = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).view(-1)
                      for p in method.parameters() if p.requires_grad])[through]
    made = (counts.to(pairs.device) @ pairs)[through]
    return float((real - made).norm() / real.norm())


class Batch:
    """Sums over documents, and means of what one document shows. Bias is freed of the noise of finitely many draws."""

    def __init__(self):
        self.full, self.rows, self.documents = 0.0, {}, 0

    def add(self, pairs, found):
        gram, one = (pairs @ pairs.t()).double().cpu(), torch.ones(len(pairs), dtype=torch.float64)
        square = one @ gram @ one
        self.full, self.documents = self.full + pairs.sum(0), self.documents + 1
        for name, k, counts in found:
            mean, draws = counts.mean(0), len(counts)
            off, around = mean - one, counts - mean
            spread = ((around @ gram) * around).sum(1).sum() / max(1, draws - 1)
            lengths = ((counts @ gram) * counts).sum(1).clamp(min=1e-30).sqrt()
            row = self.rows.setdefault((name, k), dict(mean=0.0, spread=0.0, draws=draws, single=[]))
            row["mean"] = row["mean"] + mean.float().to(pairs.device) @ pairs
            row["spread"] += float(spread)
            row["single"].append([float(x) for x in (
                (lengths / square.sqrt()).mean(), (lengths / square.sqrt()).std() if draws > 1 else 0.0,
                ((off @ gram @ off - spread / draws) / square).clamp(min=0).sqrt(),
                (spread / square).clamp(min=0).sqrt(),
                (counts @ gram @ one / lengths / square.sqrt()).mean(), encoded_with_gradient(counts))])

    def figures(self):
        """[dict] per method: means over single documents, and the batch of all documents as one gradient."""
        square, out = float(self.full.pow(2).sum()), []
        for (name, k), row in self.rows.items():
            norm, norm_sd, bias, sd, cosine, passes = torch.tensor(row["single"]).mean(0).tolist()
            spread, noise = row["spread"], row["spread"] / row["draws"]
            along, mean_square = float(row["mean"] @ self.full), float(row["mean"].pow(2).sum()) - noise
            batch_bias = max(0.0, float((row["mean"] - self.full).pow(2).sum()) - noise) / square
            out.append(dict(name=name, slots=k, passes=passes, norm=norm, norm_sd=norm_sd, bias=bias, sd=sd,
                            cosine=cosine, batch_bias=batch_bias ** 0.5, batch_sd=(spread / square) ** 0.5,
                            batch_mean_cosine=min(1.0, along / (square * mean_square) ** 0.5),
                            batch_cosine=min(1.0, along / (square * (mean_square + spread)) ** 0.5)))
        return out


def encoded_with_gradient(counts):
    """How many segments' encodings are backpropagated per document, mean over draws (draws, pairs)."""
    pairs = (1 + (1 + 8 * counts.shape[1]) ** 0.5) / 2
    earlier = torch.tensor([s for _, s in pair_list(round(pairs))])
    return float(sum((counts[:, earlier == s] != 0).any(1).double().mean() for s in set(earlier.tolist())))


def subjects(o, vocab):
    """(title, model, method): a random tiny model, and the base with ours at the start, trained, and with UIO."""
    torch.manual_seed(0)
    tiny = build("tiny", vocab=vocab)
    with torch.no_grad():
        for block in tiny.blocks:                   # zeros at the start of training: every block shall do something
            block.o_proj.normal_(0, 0.1)
            block.down.normal_(0, 0.1)
    base, _ = load_checkpoint(o.base)
    saved = load_saved(o.memory)
    trained = build_method("ours", base, **saved["options"])
    assert saved["kind"] == ENCODERS["span-tiled"].kind, f"{o.memory}: holds a {saved['kind']} encoder"
    load_weights(trained.encoder, saved["encoder"], o.memory)
    for model in (tiny, base):
        model.requires_grad_(False)
        model.dtype = torch.float32                 # the estimators differ by less than bfloat16 rounds
    return [("random tiny model, ours at the start", tiny.to(DEVICE), build_method("ours", tiny.to(DEVICE))),
            ("base, ours at the start", base, build_method("ours", base)),
            ("base, ours after training", base, trained.to(DEVICE)),
            ("base, UIO-LLMs at the start", base, build_method("uio", base))]


def print_table(title, figures, documents):
    print(f"\n### {title}\n\n| method | slots | encodings with gradient | norm, of full | bias | s.d. of a draw "
          f"| cosine of a draw | batch of {documents}: bias | s.d. | cosine of the mean | cosine of a draw |\n"
          + "|---" * 11 + "|")
    for f in figures:
        print(f"| {f['name']} | {f['slots'] or 'all'} | {f['passes']:.1f} | {f['norm']:.3f} ± {f['norm_sd']:.3f} | "
              f"{f['bias']:.3f} | {f['sd']:.3f} | {f['cosine']:.3f} | {f['batch_bias']:.3f} | {f['batch_sd']:.3f} | "
              f"{f['batch_mean_cosine']:.3f} | {f['batch_cosine']:.3f} |", flush=True)


def draws_to_overtake(one, other):
    """How many draws have to be averaged until `one` points nearer to the full gradient of the batch than `other`."""
    a, b = one["batch_mean_cosine"] ** 2, other["batch_mean_cosine"] ** 2
    noise_a, noise_b = a / one["batch_cosine"] ** 2 - 1, b / other["batch_cosine"] ** 2 - 1
    return max(1.0, (b * noise_a - a * noise_b) / (a - b)) if a > b else float("inf")


def print_overtaking(figures):
    by_name = {(f["name"], f["slots"]): f for f in figures}
    for name, k in by_name:
        if name == "reservoir, compensated":
            found = [f"{other} at {draws_to_overtake(by_name[name, k], by_name[other, k]):.1f}"
                     for other in ("reservoir as released", "incremental TBPTT")]
            print(f"slots {k}: in direction, the compensated reservoir overtakes " + ", ".join(found) + " draws averaged")


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(o.threads)
    begin, train = time.time(), TokenSet(o.data, "train")
    found = draw_counts([int(k) for k in o.slots.split(",")], o.segments, o.draws)
    print(f"{len(found)} methods drawn, {time.time() - begin:.0f} s", flush=True)
    ids = sample(train, o).to(DEVICE)
    plots = []
    for title, model, method in subjects(o, int(load_saved(o.base)["config"]["vocab"])):
        batch, worst = Batch(), 0.0
        for d in range(o.documents):
            functions = segment_wise(method, model, ids[d:d + 1], o.ratio)
            pairs = pair_gradients(method, *functions)
            worst = max(worst, reconstruction_error(method, functions, pairs)) if d == 0 else worst
            batch.add(pairs, found)
        figures = batch.figures()
        print_table(title, figures, o.documents)
        print()
        print_overtaking(figures)
        print(f"reconstruction against a real run: {worst:.1e} relative; {time.time() - begin:.0f} s", flush=True)
        plots.append((title, figures))
    os.makedirs(os.path.dirname(os.path.abspath(o.out)), exist_ok=True)
    write_plot(o.out, plots)


def sample(train, o):
    """Document samples int64 (documents, segments, segment) for the measurement, always the same."""
    documents = [d for d in train.documents if d["tokens"] > o.segments * o.segment]
    return train.random_segments(documents, o.documents, o.segments, o.segment, np.random.default_rng(SEED))


if __name__ == "__main__":
    main()
