"""Fit the memory that ships, residual codes: python3 -m training.fit_codes --base base.pt --data DIR --out codes.pt

Linear regression and k-means over segments of training documents, in float32 and over the base's weights as a package
keeps them (8-bit rows). A minute on one thread; nothing to resume. The checkpoint holds the options of codes.py, the
learned parts, and what the package has to know of them.
Does not know: what the codes are (codes.py), packages.
"""
import os
import time
from dataclasses import asdict, dataclass

import numpy as np
import torch

from .codes import ResidualCodes, fit_codes, rounded
from .data import TokenSet
from .model import DEVICE, load_checkpoint, load_saved, load_weights
from .options import parse_options

RATIOS = (1, 8)                         # tokens per slot that a view may show: every token, or every 8th
ROWS = 8                                # segments that are read at once


@dataclass
class Options:
    base: str                           # checkpoint of the base model
    data: str                           # folder with train.bin, meta.json
    out: str                            # the checkpoint of the codes
    tokens: int = 100_000               # of training text, about
    groups: int = 8                     # codewords for the keys of a token and layer, and for its values
    window: int = 3                     # tokens whose embeddings predict, the token itself among them
    segment: int = 512                  # tokens that are read on their own
    rounds: int = 12                    # passes of k-means
    threads: int = 1                    # of PyTorch on a CPU
    seed: int = 0                       # of the texts and of k-means


@torch.no_grad()
def as_packed(model):
    """The model with its matrices as a package gives them back, computing in float32."""
    for p in model.parameters():
        if p.dim() == 2:
            p.copy_(rounded(p))
    model.dtype = torch.float32
    return model.requires_grad_(False)


def draw_samples(token_set, tokens, segment, seed):
    """list of int64 (ROWS, segment): training segments. Errors: SystemExit where no document is long enough."""
    documents = [d for d in token_set.documents if d["tokens"] >= segment]
    if not documents:
        raise SystemExit(f"no training document has {segment} tokens")
    rng = np.random.default_rng(seed)
    return [token_set.random_segments(documents, ROWS, 1, segment, rng)[:, 0]
            for _ in range(max(1, round(tokens / ROWS / segment)))]


def save_codes(path, codes, **state):
    torch.save(dict(kind=codes.kind, options=codes.options, codes=codes.state_dict(), **state), path + ".tmp")
    os.replace(path + ".tmp", path)


def load_codes(path, model):
    """(ResidualCodes on DEVICE, everything that was saved). Errors: SystemExit that names the file and what does not fit."""
    saved = load_saved(path)
    if saved.get("kind") != ResidualCodes.kind:
        raise SystemExit(f"{path}: holds {saved.get('kind')!r}, expected {ResidualCodes.kind!r}")
    codes = ResidualCodes(model, **saved["options"])
    load_weights(codes, saved["codes"], path)
    return codes.to(DEVICE), saved


def main():
    o, begin = parse_options(Options, __doc__), time.time()
    torch.set_num_threads(o.threads)
    model = as_packed(load_checkpoint(o.base)[0])
    samples = [ids.to(DEVICE) for ids in draw_samples(TokenSet(o.data, "train"), o.tokens, o.segment, o.seed)]
    codes = fit_codes(model, samples, o.groups, o.window, o.rounds, o.seed,
                      report=lambda line: print(f"{time.time() - begin:.0f} s: {line}", flush=True))
    save_codes(o.out, codes, ratios=list(RATIOS), segment=o.segment, settings=asdict(o), base=o.base,
               seconds=round(time.time() - begin))
    print(f"{o.out}: {codes.bytes_per_token()} bytes a token, from {sum(x.numel() for x in samples):,} tokens, "
          f"{time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
