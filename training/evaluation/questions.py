"""Answers to supervised questions with the passage, the memory of it, both, a wrong memory, or nothing.

Reads what `training.instruct examples` wrote (training/examples/build.py): contexts of one source lie one behind the
other, so the memory is of the context and what stands before it. Does not know: how answers are trained.

Source: exact match and F1 as in SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250).
"""
import collections
import os
import re
import string
from dataclasses import dataclass

import numpy as np
import torch

from ..chat import ASSISTANT, PASSAGE, USER, read_reply
from ..examples.tasks import NAMES, SCORED
from ..model import DEVICE
from ..tokenizer import END
from .readings import Raw
from .statistics import by_document, mean_error, paired
from .study import batches

MOST_NEW = 24                           # tokens of a generated answer
SEGMENTS = 2                            # that a memory is made of
CONDITIONS = ("passage", "memory", "both", "wrong memory", "nothing")


@dataclass
class Question:
    history: np.ndarray                 # int64 (SEGMENTS T): ends with the context
    context: list                       # ids
    question: list
    answer: list                        # ids, the end of the turn among them
    document: int


def normalised(text):
    """Lower case without punctuation and articles, one space between words."""
    text = "".join(ch for ch in text.lower() if ch not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match(found, answer):
    return float(normalised(found) == normalised(answer))


def f1(found, answer):
    """Harmonic mean of precision and recall over words; two empty texts agree."""
    a, b = normalised(found).split(), normalised(answer).split()
    if not a or not b:
        return float(a == b)
    common = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * common / (len(a) + len(b))


def load_questions(folder, split, segment, count, tasks=SCORED):
    """Up to `count` questions, one a context, evenly over the split. Errors: SystemExit where the files are missing."""
    paths = [os.path.join(folder, f"{split}.{end}") for end in ("npz", "stream.bin", "text.bin")]
    for path in paths:
        if not os.path.exists(path):
            raise SystemExit(f"{path} is missing: make it with python3 -m training.instruct examples")
    with np.load(paths[0]) as arrays:
        contexts, examples = arrays["contexts"], arrays["examples"]
    stream, text = (np.fromfile(path, dtype=np.uint16).astype(np.int64) for path in paths[1:])
    wanted, need, seen, usable = {NAMES.index(t) for t in tasks if t in NAMES}, SEGMENTS * segment, set(), []
    for context, task, at, asked, answered, _ in examples.tolist():
        start, tokens, _ = contexts[context]
        if task in wanted and context not in seen and tokens <= need and start + tokens >= need:
            seen.add(context)
            usable.append((context, at, asked, answered))
    step = max(1, len(usable) // count) if count else 1
    made = []
    for context, at, asked, answered in usable[::step][:count]:
        start, tokens, document = (int(n) for n in contexts[context])
        end = start + tokens
        made.append(Question(stream[end - need:end], stream[start:end].tolist(), text[at:at + asked].tolist(),
                             text[at + asked:at + asked + answered].tolist(), document))
    return made


def prompt_ids(question, has_passage, is_chat, tokenizer):
    """The form of training/chat.py, or for a model that has seen no questions: Question: ... Answer: ..."""
    if is_chat:
        return ([PASSAGE] + question.context if has_passage else []) + [USER] + question.question + [ASSISTANT]
    head = question.context + tokenizer.encode("\n\n") if has_passage else []
    return head + tokenizer.encode("Question: ") + question.question + tokenizer.encode("\nAnswer:")


def padded(rows):
    """int64 (B, longest) and lengths (B)."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, :len(row)] = torch.tensor(row)
    return ids, torch.tensor([len(r) for r in rows])


@torch.no_grad()
def generate(reading, memory, prompts, most=MOST_NEW):
    """Greedy answers, lists of ids; every step reads the local tokens again, so any memory will do."""
    ids, lengths = padded(prompts)
    ids = torch.cat([ids, torch.zeros(len(ids), most, dtype=torch.long)], 1).to(DEVICE)
    first, lengths, rows = lengths.to(DEVICE), lengths.to(DEVICE), torch.arange(len(ids), device=DEVICE)
    is_over = torch.zeros(len(ids), dtype=torch.bool, device=DEVICE)
    for step in range(most):
        hidden = reading.hidden(ids[:, :int(max(map(len, prompts))) + step].contiguous(), memory)
        best = reading.model.logits(hidden[rows, lengths - 1]).argmax(-1)
        ids[rows, lengths] = best
        lengths = lengths + 1
        is_over |= best == END
        if step % 8 == 7 and bool(is_over.all()):
            break
    ids, first, lengths = ids.cpu(), first.tolist(), lengths.tolist()
    return [ids[i, first[i]:lengths[i]].tolist() for i in range(len(ids))]


@torch.no_grad()
def answer_nats(reading, memory, prompts, answers):
    """Mean nats per token of the right answers; float64 (B)."""
    ids, _ = padded([p + a for p, a in zip(prompts, answers)])
    counts = torch.zeros(ids.shape, dtype=torch.bool)
    for i, (p, a) in enumerate(zip(prompts, answers)):
        counts[i, len(p):len(p) + len(a)] = True
    ids, counts = ids.to(DEVICE), counts[:, 1:].to(DEVICE)
    hidden = reading.hidden(ids[:, :-1].contiguous(), memory)
    target = ids[:, 1:].contiguous()
    _, losses = reading.model.loss(hidden, target, torch.ones(target.shape, device=DEVICE))
    return ((losses.view(target.shape) * counts).sum(1) / counts.sum(1)).double().cpu().numpy()


def run_condition(study, reading, questions, has_passage, is_wrong, is_chat, clock=None, writes=True):
    """Per-question columns: nats, or if `writes` exact, f1, copied (the answer is in the context); None: no time."""
    columns = collections.defaultdict(list)
    order = questions[1:] + questions[:1] if is_wrong else questions
    tokenizer = study.tokenizer
    for part in batches(len(questions), 64 if DEVICE == "cuda" else 8):
        if clock and clock.spent() > clock.seconds:
            return None
        mine = questions[part]
        history = torch.from_numpy(np.stack([q.history for q in order[part]])).view(len(mine), SEGMENTS, -1).to(DEVICE)
        memory = reading.read(history)
        prompts = [prompt_ids(q, has_passage, is_chat, tokenizer) for q in mine]
        if not writes:
            columns["nats"] += list(answer_nats(reading, memory, prompts, [q.answer for q in mine]))
            continue
        for q, ids in zip(mine, generate(reading, memory, prompts)):
            said = read_reply(tokenizer, ids)
            said = said if is_chat else said.split("\n")[0]
            right = read_reply(tokenizer, q.answer)
            columns["exact"].append(exact_match(said, right))
            columns["f1"].append(f1(said, right))
            columns["copied"].append(float(bool(normalised(said)) and
                                           normalised(said) in normalised(tokenizer.decode(q.context))))
    return {name: np.array(values) for name, values in columns.items()}


def summarise(columns, questions, against):
    """Rows with standard errors over documents, and paired differences of F1 and nats against some readings."""
    owner = np.array([q.document for q in questions])
    rows = {name: {c: mean_error(by_document(v, owner)) for c, v in found.items()} for name, found in columns.items()}
    pairs = {f"{a} better than {b}, {column}": difference(columns, owner, a, b, column)
             for b in against if b in columns for a in columns if a != b
             for column in ("f1", "nats") if column in columns[a] and column in columns[b]}
    return dict(readings=rows, pairs=pairs, questions=len(questions), documents=len(set(owner.tolist())))


def difference(columns, owner, a, b, column):
    """Paired over documents; positive: `a` is better."""
    sign = -1 if column == "nats" else 1
    return paired(sign * (by_document(columns[a][column], owner) - by_document(columns[b][column], owner)))


def measure(study, gist, questions, clock, is_chat=True):
    """Condition to {exact, f1, nats, copied}, and paired differences of F1 and nats, over documents."""
    nothing = Raw(study.model, 0)
    setting = {"passage": (nothing, True, False), "memory": (gist, False, False), "both": (gist, True, False),
               "wrong memory": (gist, False, True), "nothing": (nothing, False, False)}
    columns = {}
    for writes in (False, True):                    # the likelihoods first: they are cheap
        for name in CONDITIONS:
            if clock.has_time(f"{name}: {'written answers' if writes else 'likelihood'}"):
                reading, *rest = setting[name]
                found = run_condition(study, reading, questions, *rest, is_chat, clock, writes)
                columns.setdefault(name, {}).update(found or {})
    columns = {name: found for name, found in columns.items() if found}
    result, owner = summarise(columns, questions, ()), np.array([q.document for q in questions])
    for a, b in (("memory", "nothing"), ("memory", "wrong memory"), ("both", "passage"), ("passage", "memory")):
        for column in ("f1", "nats"):
            if column in columns.get(a, {}) and column in columns.get(b, {}):
                result["pairs"][f"{a} better than {b}, {column}"] = difference(columns, owner, a, b, column)
    return result
