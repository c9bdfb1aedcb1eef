"""Numbers by which the application checks its engine without PyTorch.

python3 -m training.scripts.make_golden assets/models/starter

Writes golden.json into the package: everything is computed in fp32 from the exported weights. Input texts are the
docstrings of this package, stored as ids, so the file stands alone.

Fields   tokenizer      text, ids: encode(text), no border token added
         specialText    the same for a text that looks like a special token and must not become one; libraries that read
                        tokenizer.json look for special tokens in every text, so the caller has to prevent that
         logits         ids, top1 (argmax after every token), last {ids, values} (8 largest at the last position),
                        firstValues (logits of ids 0 to 7 there)
         memories       ids, ratio, slots, rows, layers {"0", last}: k and v of those memory rows, keys before rotary,
                        the first 8 numbers each (head 0). Residual codes: ratio 1, all layers, and `codes`, the bytes
                        of all tokens, row-major (tokens, (layers - 1) 2 groups)
         continuations  memories (numbers in that list, in document order, one position per slot from 0), ids (local
                        tokens after them), last {ids, values}; residual codes: also `ratio`, of the view
Does not know: ONNX.
"""
import hashlib
import json
import os
import sys

import torch

from .. import gradients, memory, model as model_module
from ..codes import ResidualCodes, every
from ..export import read_package
from ..memory import assemble, decode
from ..tokenizer import DOC, Tokenizer

NUMBERS = 8                                                 # kept of every vector
TOKENIZER_TEXTS = ("Longleaf reads 1,024 pages.\n\n  Then it answers.",
                   "naïve café – “quotes” №7 你好 🙂\t\tx_1 += 0x1F;\r\n",
                   "", "don't DON'T we'll", "    return [x for x in range(10)]\n")
SPECIAL_TEXT = "<|doc|> is only text here"


def _rounded(tensor):
    return [float(f"{x:.6g}") for x in tensor.flatten().tolist()]


def _last(model, hidden):
    """The 8 largest logits of the last position of (1, T, C)."""
    values, ids = model.logits(hidden[0, -1]).topk(NUMBERS)
    return dict(ids=ids.tolist(), values=_rounded(values))


def logits_entry(model, ids):
    hidden = decode(model, torch.tensor([ids]))
    logits = model.logits(hidden[0])
    return dict(ids=ids, top1=logits.argmax(-1).tolist(), last=_last(model, hidden),
                firstValues=_rounded(logits[-1, :NUMBERS]))


def memory_entry(model, encoder, ids, ratio):
    """(entry, memory per layer) of one segment."""
    kept = encoder.encode(model, torch.tensor([ids]), ratio)
    slots = kept[0][0].shape[2]
    rows, layers = [0, slots // 2, slots - 1], {}
    for layer in (0, model.config.layers - 1):
        layers[str(layer)] = {name: [_rounded(t[0, 0, row, :NUMBERS]) for row in rows]
                              for name, t in zip("kv", kept[layer])}
    return dict(ids=ids, ratio=ratio, slots=slots, rows=rows, layers=layers), kept


def codes_entry(model, codes, ids):
    """(entry, memory per layer of every token) of one segment."""
    bytes_ = codes.codes(model, torch.tensor([ids]))
    kept = codes.rows(model, torch.tensor([ids]), bytes_)
    rows = sorted({0, 1, 2, len(ids) // 2, len(ids) - 1})
    layers = {str(i): {name: [_rounded(t[0, 0, row, :NUMBERS]) for row in rows] for name, t in zip("kv", kept[i])}
              for i in range(len(kept))}
    return dict(ids=ids, ratio=1, slots=len(ids), rows=rows, layers=layers, codes=bytes_.flatten().tolist()), kept


def continuation_entry(model, memories, numbers, ids):
    """Local tokens read after some memories, which may differ in ratio and length."""
    layers = range(model.config.layers)
    joined = [tuple(torch.cat([memories[n][i][part] for n in numbers], 2) for part in (0, 1)) for i in layers]
    past, has_slot = assemble(model, joined, torch.tensor([[0]]))
    return dict(memories=numbers, ids=ids, last=_last(model, decode(model, torch.tensor([ids]), past, has_slot)))


def gist_entries(model, encoder, ids, segment, tail):
    """(memories, continuations): a full segment at 8x, a partial one at 16x, each and both."""
    first, first_memory = memory_entry(model, encoder, ids[:segment], 8)
    second, second_memory = memory_entry(model, encoder, ids[60:360], 16)
    memories = [first_memory, second_memory]
    return [first, second], [continuation_entry(model, memories, numbers, tail) for numbers in ([0], [1], [0, 1])]


def codes_entries(model, codes, ids, segment, tail):
    """The same for residual codes: a full and a partial segment, each and both, at every ratio of a view."""
    found = [codes_entry(model, codes, part) for part in (ids[:segment], ids[60:105])]
    continuations = []
    for ratio in (1, 8):
        memories = [every(kept, ratio) for _, kept in found]
        continuations += [dict(ratio=ratio, **continuation_entry(model, memories, numbers, tail))
                          for numbers in ([0], [1], [0, 1])]
    return [entry for entry, _ in found], continuations


@torch.no_grad()
def make_golden(folder):
    model, encoder, tokenizer, adapter = read_package(folder)
    without_library = Tokenizer(os.path.join(folder, "tokenizer.json"), use_library=False)
    text = "\n\n".join(m.__doc__ for m in (memory, gradients, model_module)) + memory.GistEncoder.encode.__doc__ * 3
    ids = [DOC] + tokenizer.encode(text)
    segment = adapter["segmentLength"]
    assert len(ids) >= segment + 60, "the docstrings are too short for a golden file"
    entries = codes_entries if isinstance(encoder, ResidualCodes) else gist_entries
    memories, continuations = entries(model, encoder, ids, segment, ids[segment:segment + 24])
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    return dict(
        about="fp32 results of the exported weights; see training/scripts/make_golden.py for the fields",
        weightsSha256=digest, tolerance=dict(absolute=2e-3, relative=2e-3),
        tokenizer=[dict(text=t, ids=tokenizer.encode(t)) for t in TOKENIZER_TEXTS],
        specialText=dict(text=SPECIAL_TEXT, ids=without_library.encode(SPECIAL_TEXT)),
        logits=[logits_entry(model, ids[:length]) for length in (5, 300, segment)],
        memories=memories, continuations=continuations)


def main():
    folder = sys.argv[1]
    torch.set_num_threads(1)
    path = os.path.join(folder, "golden.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(make_golden(folder), f, ensure_ascii=False, separators=(",", ":"))
    print(f"{path}: {os.path.getsize(path)/1e3:.1f} kB")


if __name__ == "__main__":
    main()
