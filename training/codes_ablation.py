"""What each part of the residual codes is worth: python3 -m training.codes_ablation --base base.pt --data DIR --out FILE.json

Every variant is fitted anew on the same text and judged on the same unseen windows: bits per byte of a segment behind
`past` segments, all tokens restored. A rerun goes on after the variants that the file already holds. The report shows it.
Does not know: packages.
"""
import json
import os
import time
from dataclasses import asdict, dataclass

import torch

from .codes import ResidualCodes, fit_codes
from .data import TokenSet, read_tokenizer
from .evaluation.bits import Bits, score
from .evaluation.readings import ID_BYTES, Codes, Raw, with_positions
from .evaluation.statistics import by_document, paired
from .evaluation.study import Study
from .evaluation.windows import bits_per_byte
from .fit_codes import as_packed, draw_samples
from .model import DEVICE, load_checkpoint
from .options import parse_options


@dataclass
class Options:
    base: str                           # checkpoint of the base model
    data: str                           # folder with the token files of train and of the split
    out: str                            # JSON file, added to
    split: str = "test"                 # of unseen documents
    tokens: int = 50_000                # of training text
    segment: int = 512                  # tokens
    trained: int = 2048                 # positions that the base was trained on
    past: int = 3                       # segments before the predicted one
    documents: int = 40                 # unseen documents
    per_document: int = 1               # windows a document
    seed: int = 0


class Unchained(ResidualCodes):
    """Not from the layer before."""

    def features(self, inputs, before):
        return super().features(inputs, torch.zeros_like(before))


class Textless(ResidualCodes):
    """Not from the text, except for the first layer, which the others follow from."""

    def features(self, inputs, before):
        return super().features(torch.zeros_like(inputs), before)


class Uncoded(ResidualCodes):
    """Predictions alone."""

    def bytes_per_token(self):
        return ID_BYTES

    def residual(self, layer, kind, codes):
        return torch.zeros(*codes.shape[:2], self.width, device=codes.device)


SHIPPED = "8 codes, 3 tokens"
VARIANTS = {SHIPPED: {}, "4 codes": dict(groups=4), "16 codes": dict(groups=16), "2 codes": dict(groups=2),
            "no codes": dict(make=Uncoded, rounds=0), "not from the layer before": dict(make=Unchained),
            "not from the text": dict(make=Textless), "1 token": dict(window=1), "2 tokens": dict(window=2)}


def by_documents(bits, reading, past):
    losses, _ = score(reading, bits.windows, past)
    return by_document(bits_per_byte(losses, bits.windows.target, bits.study.sizes), bits.windows.owner)


def measure(o, samples, study, dtype, found, save):
    """Scores in `dtype`, fits in float32. Fills `found["variants"]`, name to {bits, bytes, gain ± s.e. over nothing, over what ships}."""
    model = study.model
    model.dtype = dtype
    bits, room = Bits(study, o.past, o.per_document, 0), o.trained - o.segment
    scored = found.setdefault("scored", {})
    for name, reading in (("nothing", Raw(model, 0)), ("raw", Raw(model, min(room, o.past * o.segment)))):
        if name not in scored:
            scored[name] = by_documents(bits, reading, o.past).tolist()
    for name, options in VARIANTS.items():
        if name in scored:
            continue
        begin, lines = time.time(), []
        model.dtype = torch.float32
        codes = fit_codes(model, samples, seed=o.seed, report=lines.append, **options)
        model.dtype = dtype
        scored[name] = by_documents(bits, Codes(model, codes, 1, room), o.past).tolist()
        found["variants"][name] = dict(bytes_per_1000=1000 * codes.bytes_per_token(), fit=lines)
        summarise(found)
        row = found["variants"][name]
        print(f"{name}: gain {row['gain']['gain']:.4f} ± {row['gain']['se']:.4f}, {row['bytes_per_1000']:,} bytes per "
              f"1,000 tokens, {time.time() - begin:.0f} s", flush=True)
        save()


def summarise(found):
    """Paired statistics from the scores by document."""
    scored = {name: torch.tensor(values, dtype=torch.float64).numpy() for name, values in found["scored"].items()}
    found["raw"] = paired(scored["nothing"] - scored["raw"])
    for name, row in found["variants"].items():
        row.update(bits=float(scored[name].mean()), gain=paired(scored["nothing"] - scored[name]),
                   share=float((scored["nothing"] - scored[name]).mean() / found["raw"]["gain"]))
        if name != SHIPPED:
            row["over_shipped"] = paired(scored[SHIPPED] - scored[name])


def main(arguments=None):
    o = parse_options(Options, __doc__, arguments)
    torch.set_num_threads(1)
    model = load_checkpoint(o.base)[0]
    dtype = model.dtype
    model = with_positions(as_packed(model), o.trained + 64)
    study = Study.of(model, None, read_tokenizer(o.data), TokenSet(o.data, o.split), o.documents, o.segment, o.trained)
    samples = [ids.to(DEVICE) for ids in draw_samples(TokenSet(o.data, "train"), o.tokens, o.segment, o.seed)]
    found = dict(settings=asdict(o), documents=len(study.documents), variants={})
    if os.path.exists(o.out):
        with open(o.out, encoding="utf-8") as f:
            kept = json.load(f)
        if kept["settings"] != found["settings"]:
            raise SystemExit(f"{o.out}: was measured with other options: {kept['settings']}")
        found = kept

    def save():
        with open(o.out + ".tmp", "w", encoding="utf-8") as f:
            json.dump(found, f, indent=1)
        os.replace(o.out + ".tmp", o.out)
    measure(o, samples, study, dtype, found, save)


if __name__ == "__main__":
    main()
