"""Residual codes: what is kept of every token's keys and values is only what the text itself does not tell.

The text of a document lies on disk anyway. The first layer's keys and values follow from a token alone; those of layer l
are predicted, linearly, from the nearest tokens' embeddings and from the reconstructed keys and values of layer l - 1;
what is left is kept as a few bytes, each the number of a learned codeword. A memory of T tokens has T slots; a view
may show every r-th of them. Does not know: documents, losses, files.

Shapes   rows float32 (N, T, K D), the K heads of a token side by side; codes uint8 (N, T, (L - 1) 2 m): by layer,
         keys then values, m codewords of K D / m numbers each
Source   prediction from the layer before and quantised residual: AQUA-KV (Shutova et al. 2025, arXiv:2501.19392);
         several channels to one codeword: CQ (Zhang et al. 2024, arXiv:2405.03917); rotation before product
         quantisation: OPQ, parametric (Ge et al. 2013, CVPR). Ours: the prediction from the text, the first layer for nothing.
"""
import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F

from .kernels import rms_norm
from .memory import span_ends
from .methods.cache import observe_segment
from .model import project
from .safetensors import quantised

ENTRIES = 256                           # codewords of a book: one byte names one
KINDS = ("k", "v")
RIDGE = 1e-4                            # of the mean of the diagonal


class ResidualCodes(nn.Module):
    """The learned parts, and both directions. `groups`: m, codewords for the keys of a token and layer, and for its values;
    `window`: tokens whose embeddings predict, the token itself among them."""

    kind = "residual-codes-kv"

    def __init__(self, model, groups=8, window=3):
        super().__init__()
        c = model.config
        width = c.kv_heads * c.head_dim
        assert width % groups == 0, f"{width} numbers a token cannot be cut into {groups} equal groups"
        self.options = dict(groups=groups, window=window)
        self.groups, self.window, self.width, self.layers = groups, window, width, c.layers
        for layer in range(1, c.layers):
            self._own(f"predictor_{layer}", 2 * width, window * c.hidden + 2 * width)
            self._own(f"bias_{layer}", 2 * width)
            for kind in KINDS:
                self._own(f"analysis_{kind}_{layer}", width, width)
                self._own(f"synthesis_{kind}_{layer}", width, width)
                self._own(f"codebooks_{kind}_{layer}", groups * ENTRIES, width // groups)

    def _own(self, name, *shape):
        self.register_buffer(name, torch.zeros(*shape))

    def part(self, name, layer):
        return getattr(self, f"{name}_{layer}")

    def bytes_per_token(self):
        """Of codes, and of the token's number in 16 bits."""
        return (self.layers - 1) * 2 * self.groups + 2

    def inputs(self, model, ids):
        """What predicts besides the layer before: normed embeddings of the last `window` tokens, float32 (N, T, window C);
        zeros before a segment's start."""
        x = rms_norm(model.embed(ids), model.blocks[0].attention_gain, model.config.eps, torch.float32)
        return torch.cat([F.pad(x, (0, 0, by, 0))[:, :x.shape[1]] for by in range(self.window)], -1)

    def first_rows(self, model, ids):
        """Keys (un-rotated) and values of the first layer, exact: float32 (N, T, 2 K D)."""
        block = model.blocks[0]
        h = rms_norm(model.embed(ids), block.attention_gain, model.config.eps, model.dtype)
        return torch.cat([project(h, block.k_proj), project(h, block.v_proj)], -1).float()

    def features(self, inputs, before):
        """What a prediction is linear in: `inputs` and the reconstructed rows of the layer before."""
        return torch.cat([inputs, before], -1)

    def predicted(self, layer, inputs, before):
        """float32 (N, T, 2 K D)."""
        return F.linear(self.features(inputs, before), self.part("predictor", layer), self.part("bias", layer))

    def nearest(self, layer, kind, residual):
        """Codes uint8 (N, T, m) of residuals float32 (N, T, K D)."""
        books = self.part(f"codebooks_{kind}", layer).view(self.groups, ENTRIES, -1)
        z = F.linear(residual, self.part(f"analysis_{kind}", layer)).unflatten(-1, (self.groups, -1))
        return torch.stack([nearest_words(z[..., g, :].flatten(0, 1), books[g]).view(z.shape[:2])
                            for g in range(self.groups)], -1).to(torch.uint8)

    def residual(self, layer, kind, codes):
        """What codes uint8 (N, T, m) stand for: float32 (N, T, K D)."""
        offsets = torch.arange(self.groups, device=codes.device) * ENTRIES
        z = self.part(f"codebooks_{kind}", layer)[codes.long() + offsets].flatten(-2)
        return F.linear(z, self.part(f"synthesis_{kind}", layer))

    def walk(self, model, ids, codes_of):
        """Rows of all layers, list of (N, T, 2 K D): each predicted from what is known of the layer before, then
        corrected by the codes that `codes_of(layer, kind, prediction)` gives; None: left as predicted."""
        inputs, rows = self.inputs(model, ids), [self.first_rows(model, ids)]
        for layer in range(1, self.layers):
            halves = self.predicted(layer, inputs, rows[-1]).split(self.width, -1)
            rows.append(torch.cat([self._corrected(layer, kind, half, codes_of(layer, kind, half))
                                   for kind, half in zip(KINDS, halves)], -1))
        return rows

    def _corrected(self, layer, kind, half, codes):
        return half if codes is None else half + self.residual(layer, kind, codes)

    @torch.no_grad()
    def codes(self, model, ids):
        """Codes uint8 (N, T, (L - 1) 2 m) of segments ids (N, T), each read on its own."""
        true, found = [dict(zip(KINDS, (flat(k), flat(v)))) for _, k, v in observe_segment(model, ids)], []

        def choose(layer, kind, prediction):
            found.append(self.nearest(layer, kind, true[layer][kind] - prediction))
            return found[-1]
        self.walk(model, ids, choose)
        return torch.cat(found, -1)

    @torch.no_grad()
    def rows(self, model, ids, codes=None):
        """Per layer (k, v) dtype (N, K, T, D), keys un-rotated, from the text and its codes; None: from the text alone."""
        parts = iter(codes.split(self.groups, -1)) if codes is not None else itertools.repeat(None)
        c, walked = model.config, self.walk(model, ids, lambda *_: next(parts))

        def by_heads(x):
            return x.unflatten(-1, (c.kv_heads, c.head_dim)).transpose(1, 2).to(model.dtype)
        return [tuple(by_heads(half) for half in x.split(self.width, -1)) for x in walked]

    def encode(self, model, ids, ratio=1):
        """The memory as it comes back from disk, of every `ratio`-th token: per layer (k, v) (N, K, ceil(T / ratio), D).

        The interface of memory.GistEncoder. Cost: a prefill of N T tokens; predictions and codes beside it.
        """
        return every(self.rows(model, ids, self.codes(model, ids)), ratio)


def every(layers, ratio):
    """Of memories per layer (k, v) (N, K, T, D) the last token of each span of `ratio`: (N, K, ceil(T / ratio), D)."""
    ends = span_ends(layers[0][0].shape[2], ratio) - 1
    return [tuple(x[:, :, ends.to(x.device)] for x in pair) for pair in layers]


def flat(x):
    """(N, K, T, D) to float32 (N, T, K D)."""
    return x.transpose(1, 2).flatten(2).float()


def nearest_words(z, words):
    """int64 (n): the nearest of `words` (E, d) to each of z (n, d)."""
    return ((words ** 2).sum(1) - 2 * z @ words.t()).argmin(1)


# Learning: regression layer by layer, then codebooks of what is left. No gradient is needed.

@torch.no_grad()
def fit_codes(model, samples, groups=8, window=3, rounds=12, seed=0, report=print, make=ResidualCodes):
    """`make`, ResidualCodes or a variant of it, learned from segments.

    Shapes   samples  list of int64 (N, T): training segments, about 100,000 tokens in all
    Units    rounds = passes of k-means
    """
    codes = make(model, groups, window).to(model.embedding.device)
    inputs = torch.cat([codes.inputs(model, ids).flatten(0, 1) for ids in samples])
    before = torch.cat([codes.first_rows(model, ids).flatten(0, 1) for ids in samples])
    true, meets = true_rows(model, samples)
    generator = torch.Generator().manual_seed(seed)
    for layer in range(1, codes.layers):
        x = torch.cat([codes.features(inputs, before), torch.ones_like(inputs[:, :1])], 1)
        solved = ridge(x, true[layer])
        codes.part("predictor", layer).copy_(rounded(solved[:-1].t()))
        codes.part("bias", layer).copy_(solved[-1])
        prediction = codes.predicted(layer, inputs, before)
        left = true[layer] - prediction
        for kind, half in zip(KINDS, left.split(codes.width, 1)):
            weigh = harm_of_keys(model, meets[layer]) if kind == "k" else harm_of_values(model, layer)
            fit_books(codes, layer, kind, half, weigh, rounds, generator)
        before = prediction + torch.cat([
            codes.residual(layer, kind, codes.nearest(layer, kind, half[None]))[0]
            for kind, half in zip(KINDS, left.split(codes.width, 1))], 1)
        spread = (true[layer] - true[layer].mean(0)).pow(2).sum()
        report(f"layer {layer}: {left.pow(2).sum() / spread:.3f} of the variance is not predicted, "
               f"{(true[layer] - before).pow(2).sum() / spread:.3f} is left with codes")
    return codes


def true_rows(model, samples):
    """Per layer: float32 (tokens, 2 K D) of segments, each read on its own; and the queries' mean squares (H D)."""
    found, squares = [[] for _ in model.blocks], [[] for _ in model.blocks]
    for ids in samples:
        for layer, (h, k, v) in enumerate(observe_segment(model, ids)):
            found[layer].append(torch.cat([flat(k), flat(v)], -1).flatten(0, 1))
            squares[layer].append(project(h, model.blocks[layer].q_proj).float().pow(2).mean((0, 1)))
    return [torch.cat(parts) for parts in found], [torch.stack(parts).mean(0) for parts in squares]


def ridge(x, y):
    gram = x.t() @ x
    gram.diagonal().add_(RIDGE * gram.diagonal().mean())
    return torch.linalg.solve(gram, x.t() @ y)


def rounded(matrix):
    """A matrix as the package keeps it, in 8-bit rows; twice, because then packing it again changes no bit."""
    array = matrix.float().cpu().numpy()
    for _ in range(2):
        values, scales = quantised(array)
        array = values.astype("float32") * scales[:, None]
    return torch.from_numpy(array).to(matrix.device)


def fit_books(codes, layer, kind, residual, weigh, rounds, generator):
    """Analysis, synthesis and codebooks for residuals e float32 (n, K D), which do harm by about |e weigh|²."""
    z = residual @ weigh
    values, vectors = torch.linalg.eigh(z.t() @ z / len(z))
    order = balanced(values.flip(0).clamp(min=1e-9), codes.groups)
    turn = vectors.flip(1)[:, order]
    codes.part(f"analysis_{kind}", layer).copy_(rounded((weigh @ turn).t()))
    codes.part(f"synthesis_{kind}", layer).copy_(rounded(torch.linalg.inv(weigh).t() @ turn))
    z = F.linear(residual, codes.part(f"analysis_{kind}", layer))
    books = [k_means(part, rounds, generator) for part in z.split(codes.width // codes.groups, 1)]
    codes.part(f"codebooks_{kind}", layer).copy_(rounded(torch.cat(books)))


def harm_of_keys(model, squares):
    """(K D, K D), diagonal: what an error of a key's number does to scores, by the mean squares (H D) of the queries that
    meet it; the same for both numbers of a rotary pair, since any angle may lie between."""
    c = model.config
    pairs = squares.view(c.kv_heads, c.heads // c.kv_heads, 2, c.head_dim // 2).mean((1, 2)).sqrt()
    return torch.diag(torch.cat([pairs, pairs], 1).flatten())


def harm_of_values(model, layer):
    """(K D, K D), block by head: what an error of a value does behind the output projection of its queries' heads."""
    c = model.config
    queries, blocks = c.heads // c.kv_heads, []
    out = model.blocks[layer].o_proj.float().view(c.hidden, c.kv_heads, queries, c.head_dim)
    for head in range(c.kv_heads):
        harm = sum(out[:, head, q].t() @ out[:, head, q] for q in range(queries))
        harm.diagonal().add_(1e-3 * harm.diagonal().mean())
        blocks.append(torch.linalg.cholesky(harm))
    return torch.block_diag(*blocks)


def balanced(values, groups):
    """Order of components, falling by variance, so that consecutive groups have about equal products of variances."""
    room, load, members = len(values) // groups, [0.0] * groups, [[] for _ in range(groups)]
    for i, value in enumerate((values / values[-1]).log().tolist()):
        free = [g for g in range(groups) if len(members[g]) < room]
        g = min(free, key=lambda g: load[g])
        members[g].append(i)
        load[g] += value + 1e-3
    return torch.tensor([i for group in members for i in group], device=values.device)


def k_means(z, rounds, generator, most=24_000):
    """float32 (ENTRIES, d): Lloyd's codewords of z (n, d); a word that nothing is near to begins anew."""
    z = z[torch.randperm(len(z), generator=generator)[:most].to(z.device)]
    words = z[torch.randint(len(z), (ENTRIES,), generator=generator).to(z.device)].clone()
    for _ in range(rounds):
        own = nearest_words(z, words)
        count = torch.bincount(own, minlength=ENTRIES).float()[:, None]
        sums = torch.zeros_like(words).index_add_(0, own, z)
        other = z[torch.randint(len(z), (ENTRIES,), generator=generator).to(z.device)]
        words = torch.where(count > 0, sums / count.clamp(min=1), other)
    return words
