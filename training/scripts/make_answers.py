"""Held-out prompts with PyTorch's greedy answers, by which the application shows that it computes the same.

python3 -m training.scripts.make_answers --package assets/models/starter --data DIR \
    --out test/parity/golden/starter-answers.json
With --examples DIR (what `training.instruct examples` wrote) the prompts are questions about held-out passages in the
chat form, and where those do not suffice, as without, held-out text that is continued. Every second one is read after
the memory of earlier text. test/parity/answers.test.ts reads the file.

Fields   weightsSha256, adapterSha256 of the package's files; most: tokens of an answer; ratio: source tokens a slot
         prompts: kind ("question" or "text"), memory (ids of a segment, or none), ids, nats (of ids 1.. together),
                  answer (ids, without the end of a turn), last {ids, values} (the 8 largest logits after the prompt)
Everything is computed in fp32 from the exported weights. Does not know: ONNX.
"""
import hashlib
import json
import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..data import TokenSet
from ..evaluation.questions import load_questions, prompt_ids
from ..export import read_package
from ..memory import assemble, decode
from ..options import parse_options
from ..tokenizer import END

NUMBERS = 8                                                 # kept of the logits
LONGEST_CONTEXT = 240                                       # tokens, of a passage that is shown raw
MEMORY = 256                                                # tokens that a memory is made of
TEXT = 64                                                   # tokens of a text that is continued
LEAST_TOKENS = 2000                                         # of a document whose text is continued


@dataclass
class Options:
    package: str                        # folder of an exported package
    data: str                           # folder with the split's tokens, meta.json, tokenizer.json
    out: str                            # JSON file
    examples: str = ""                  # folder of `training.instruct examples`; empty: continue texts
    split: str = "test"                 # of the token files and of the examples
    prompts: int = 100
    most: int = 24                      # tokens of an answer
    ratio: int = 0                      # source tokens a memory slot; 0: the package's default


def question_prompts(o, tokenizer, segment):
    """(kind, memory ids, local ids): the passage before the question in every first one, its memory in every second."""
    found = load_questions(o.examples, o.split, segment, 40 * o.prompts)
    short = [q for q in found if len(q.context) <= LONGEST_CONTEXT]
    step = max(1, len(short) // o.prompts)
    return [("question", q.history[-MEMORY:].tolist() if n % 2 else [], prompt_ids(q, n % 2 == 0, True, tokenizer))
            for n, q in enumerate(short[::step][:o.prompts])]


def text_prompts(o, count):
    """(kind, memory ids, local ids) of as many documents as are asked for, or of several places of each."""
    token_set = TokenSet(o.data, o.split)
    documents = [d for d in token_set.documents if d["tokens"] >= LEAST_TOKENS]
    if not documents:
        raise SystemExit(f"{o.data}: no document of {LEAST_TOKENS} tokens in {o.split}")
    prompts = []
    for n in range(count):
        d, place = documents[n % len(documents)], n // len(documents)
        start = d["start"] + 1 + (d["tokens"] - 1 - MEMORY - TEXT) * (place + 1) // (place + 2)
        ids = token_set.slices([start], MEMORY + TEXT)[0].tolist()
        prompts.append(("text", ids[:MEMORY] if n % 2 else [], ids[MEMORY:]))
    return prompts


def _rounded(tensor):
    return [float(f"{x:.6g}") for x in tensor.tolist()]


def answered(model, encoder, memory, ids, o):
    """One entry of `prompts`."""
    past, has_slot = None, None
    if memory:
        kept = encoder.encode(model, torch.tensor([memory]), o.ratio)
        past, has_slot = assemble(model, kept, torch.tensor([[0]]))
    logits = model.logits(decode(model, torch.tensor([ids]), past, has_slot)[0])
    nats = F.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="sum").item()
    values, best = logits[-1].topk(NUMBERS)
    answer, new = [], int(best[0])
    while new != END and len(answer) < o.most:
        answer.append(new)
        new = int(model.logits(decode(model, torch.tensor([ids + answer]), past, has_slot)[0, -1]).argmax())
    return dict(memory=memory, ids=ids, nats=nats, answer=answer, last=dict(ids=best.tolist(), values=_rounded(values)))


def sha256_of(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


@torch.no_grad()
def make_answers(o):
    model, encoder, tokenizer, adapter = read_package(o.package)
    o.ratio = o.ratio or adapter["defaultRatio"]
    prompts = question_prompts(o, tokenizer, adapter["segmentLength"]) if o.examples else []
    prompts += text_prompts(o, o.prompts - len(prompts))
    return dict(about="PyTorch's greedy answers in fp32; see training/scripts/make_answers.py for the fields",
                weightsSha256=sha256_of(os.path.join(o.package, "model.safetensors")),
                adapterSha256=sha256_of(os.path.join(o.package, "memory", "adapter_model.safetensors")),
                most=o.most, ratio=o.ratio,
                prompts=[dict(kind=kind, **answered(model, encoder, memory, ids, o)) for kind, memory, ids in prompts])


def main():
    o = parse_options(Options, __doc__)
    torch.set_num_threads(1)
    answers = make_answers(o)
    with open(o.out, "w", encoding="utf-8") as f:
        json.dump(answers, f, separators=(",", ":"))
        f.write("\n")
    asked = sum(p["kind"] == "question" for p in answers["prompts"])
    print(f"{o.out}: {asked} questions, {len(answers['prompts']) - asked} texts, {os.path.getsize(o.out)/1e3:.0f} kB")


if __name__ == "__main__":
    main()
