"""What a reading of the past gives back from far away: synthetic facts by distance, and text continued word for word.

Facts replace as many tokens of a stretch of real unseen text that ends `distance` tokens before the question. An answer
is scored as exact (what greedy decoding writes) and as a choice among eight by log-probability, which small models can
make.
Does not know: bits per byte, training.
"""
from dataclasses import dataclass

import numpy as np
import torch

from ..chat import prompt, reply
from ..codes import ResidualCodes
from ..model import DEVICE
from .facts import CHOICES, MAKERS
from .readings import Codes, Found, FoundCodes, Gist, Raw, at_bytes, cost, repeated, untrained
from .statistics import by_document, mean_error, paired
from .study import batches

STRETCH = 512                           # tokens that facts are spread over, at least
CUE, QUOTE = 16, 16                     # tokens given and tokens scored of a quotation
GROUPS = (("passkey",), ("keys", "one fact", "two facts"))        # that share a text; quotations come from the first


@dataclass
class Rows:
    """Questions about texts: `history` int64 (B, S, T), `asked` task to Questions, `quote` int64 (B, CUE + QUOTE)."""

    history: torch.Tensor
    asked: dict
    quote: torch.Tensor
    owner: np.ndarray


@dataclass
class Questions:
    """Local ids of every candidate, right-padded: ids int64 (B, C, L); `counts` bool (B, C, L): the answer's tokens."""

    ids: torch.Tensor
    counts: torch.Tensor


def questions_of(tokenizer, facts, is_chat):
    """All candidates of all rows as one padded block."""
    rows = []
    for fact in facts:
        for candidate in fact.candidates:
            before = prompt(tokenizer, fact.question) if is_chat else tokenizer.encode(fact.cue)
            answer = reply(tokenizer, candidate)[:-1]                    # without the end of the turn
            rows.append((before, answer))
    longest = max(len(a) + len(b) for a, b in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    counts = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, (before, answer) in enumerate(rows):
        ids[i, :len(before) + len(answer)] = torch.tensor(before + answer)
        counts[i, len(before):len(before) + len(answer)] = True
    return Questions(ids.view(len(facts), CHOICES, -1), counts.view(len(facts), CHOICES, -1))


def write_facts(history, tokenizer, facts, begin, stretch):
    """Puts each row's sentences, in order and evenly spread, over tokens [begin, begin + stretch) of flat `history`."""
    for row, sentences in enumerate(facts):
        parts = [tokenizer.encode(s) for s in sentences]
        free = stretch - sum(map(len, parts))
        assert free >= 0, f"facts of {stretch - free} tokens in a stretch of {stretch}"
        at = begin + free // (len(parts) + 1)
        for part in parts:
            history[row, at:at + len(part)] = torch.tensor(part)
            at += len(part) + free // (len(parts) + 1)
    return history


def make_rows(study, tasks, distance, count, is_chat=False):
    """`count` texts, in turn from each document, with facts of `tasks` that end `distance` tokens before the end."""
    rng = np.random.default_rng([study.seed, distance, len(tasks)])
    made = [[MAKERS[task](rng) for task in tasks] for _ in range(count)]
    sentences = [[s for fact in row for s in fact.sentences] for row in made]
    longest = max(sum(len(study.tokenizer.encode(s)) for s in row) for row in sentences)
    segment, stretch = study.segment, max(STRETCH, longest * 5 // 4)
    segments = -(-(distance + stretch) // segment)
    long_enough = [(i, d) for i, d in enumerate(study.documents) if d["tokens"] > segments * segment + 1]
    if not long_enough:
        return None
    picked = [long_enough[i % len(long_enough)] for i in range(count)]
    starts = [d["start"] + 1 + rng.integers(0, d["tokens"] - 1 - segments * segment) for _, d in picked]
    begin = segments * segment - distance - stretch
    history = study.token_set.slices(starts, segments * segment)
    history = write_facts(history, study.tokenizer, sentences, begin, stretch)
    asked = {task: questions_of(study.tokenizer, [row[n] for row in made], is_chat) for n, task in enumerate(tasks)}
    # Behind the only fact of the first group, in the middle of the stretch, the text is as it was.
    at = begin + stretch * 3 // 4 - (CUE + QUOTE) // 2
    return Rows(history.view(count, segments, segment), asked, history[:, at:at + CUE + QUOTE].clone(),
                np.array([i for i, _ in picked]))


@torch.no_grad()
def answer_scores(reading, memory, questions):
    """Nats of each candidate (B, C), and bool (B): greedy decoding writes the first one word for word; on the CPU."""
    rows, choices, _ = questions.ids.shape
    ids, counts = (t.flatten(0, 1).to(DEVICE) for t in (questions.ids, questions.counts))
    hidden = reading.hidden(ids[:, :-1].contiguous(), repeated(memory, rows, choices))
    logits = reading.model.logits(hidden)                                        # (B C, L - 1, V)
    target, counts = ids[:, 1:], counts[:, 1:]
    lost = torch.logsumexp(logits, -1) - logits.gather(2, target[..., None])[..., 0]
    exact = ((logits.argmax(-1) == target) | ~counts).all(1).view(rows, choices)[:, 0]
    return (lost * counts).sum(1).view(rows, choices).double().cpu().numpy(), exact.cpu().numpy()


@torch.no_grad()
def quote_scores(reading, memory, quote):
    """Nats per token (B), share of tokens right (B), all right (B) of the last QUOTE tokens.

    Shapes   quote  int64  (B, CUE + QUOTE)
    """
    ids = quote.to(DEVICE)
    logits = reading.model.logits(reading.hidden(ids[:, :-1].contiguous(), memory)[:, CUE - 1:].contiguous())
    target = ids[:, CUE:]
    lost = torch.logsumexp(logits, -1) - logits.gather(2, target[..., None])[..., 0]
    right = logits.argmax(-1) == target
    return lost.mean(1).double().cpu().numpy(), right.double().mean(1).cpu().numpy(), right.all(1).cpu().numpy()


def run_reading(reading, rows, source=None):
    """Task to per-row scores of one reading, "quote" among them, and what the reading costs."""
    found, spent = {task: [] for task in [*rows.asked, "quote"]}, None
    history = rows.history if source is None else source
    for part in batches(len(history)):
        memory = reading.read(history[part].to(DEVICE))
        spent = spent or cost(reading, memory, history.shape[2], history.shape[1])
        for task, q in rows.asked.items():
            found[task].append(answer_scores(reading, memory, Questions(q.ids[part], q.counts[part])))
        found["quote"].append(quote_scores(reading, memory, rows.quote[part]))
    return {task: [np.concatenate(column) for column in zip(*parts)] for task, parts in found.items()}, spent


def summary(task, scores, owner):
    """Means and standard errors over documents of one task."""
    over = lambda values: mean_error(by_document(np.asarray(values, dtype=np.float64), owner))   # noqa: E731
    if task == "quote":
        nats, tokens, exact = scores
        return dict(nats=over(nats), tokens=over(tokens), exact=over(exact))
    nats, exact = scores
    return dict(choice=over(chosen(nats)), exact=over(exact), margin=over(margin(nats)))


def chosen(nats):
    """1 where the right candidate, which is the first, is the likeliest."""
    return (nats[:, 1:].min(1) > nats[:, 0]).astype(np.float64)


def margin(nats):
    """Nats by which the right candidate is likelier than the wrong ones on average."""
    return nats[:, 1:].mean(1) - nats[:, 0]


def readings_for(study, o, distance, slots_ratio):
    """Name to (reading, is wrong): what is asked at this distance; the far ones leave out the higher ratios."""
    model, encoder = study.model, study.encoder
    first = Gist(model, encoder, slots_ratio)
    made = {"memory": (first, False), "untrained stride": (untrained(model, slots_ratio), False),
            "wrong memory": (first, True), "nothing": (Raw(model, 0), False)}
    segments = -(-(distance + STRETCH) // study.segment)
    made["raw recent"] = (Raw(model, min(segments * -(-study.segment // slots_ratio), study.trained - 64)), False)
    if distance + STRETCH + 64 <= study.trained:
        made["raw"] = (Raw(model, distance + STRETCH), False)
    if distance <= o.near:
        made["memory int8"] = (Gist(model, encoder, slots_ratio, 8), False)
        made["memory int4"] = (Gist(model, encoder, slots_ratio, 4), False)
        for ratio in o.ratios[1:]:
            made[f"memory {ratio}x"] = (Gist(model, encoder, ratio), False)
    return made


FACT_SEGMENTS = 2                       # oldest segments, which the facts lie in where distances are whole segments
QUESTION = 128                          # positions that are left for a question and its answer
PAIRED_WITH = ("untrained stride", "wrong memory", "nothing", "raw", "raw recent", "raw, found", "recall 3 bits", "gists")


def coded_readings(study, o, distance, slots_ratio):
    """`readings_for` where the memory under test is residual codes: those beside gists, recall at equal bytes, raw text."""
    model, room = study.model, study.trained - QUESTION
    memory = Codes(model, study.encoder, 1, room, kept=study.kept)
    segments = -(-(distance + STRETCH) // study.segment)
    slots = segments * -(-study.segment // Codes.FAR)
    made = {"memory": (memory, False), "wrong memory": (memory, True), "nothing": (Raw(model, 0), False)}
    if distance + STRETCH <= room:
        made["raw"] = (Raw(model, distance + STRETCH), False)
    if study.gists is not None:
        made["gists"] = (Gist(model, study.gists, slots_ratio), False)
    made["recall 3 bits"] = (at_bytes(model, 3, study.encoder.bytes_per_token(), room), False)
    if distance + STRETCH > room:       # too far to be shown whole with all that is nearer
        found = (model, study.encoder, FACT_SEGMENTS, room)
        made["memory, found"] = (FoundCodes(*found, kept=study.kept), False)
        made["memory, found last"] = (FoundCodes(*found, is_last=True, kept=study.kept), False)
        made["memory, found first"] = (Codes(model, study.encoder, 1, room, oldest=FACT_SEGMENTS, kept=study.kept), False)
        made["raw, found"] = (Found(model, FACT_SEGMENTS * study.segment), False)
    made["memory, every 8th"] = (Codes(model, study.encoder, Codes.FAR, kept=study.kept), False)
    made["raw recent"] = (Raw(model, min(slots, room)), False)
    made["untrained stride"] = (untrained(model, slots_ratio), False)
    return made


def measure(study, o, clock, make_readings=None, distances=None, is_chat=False, paired_with=PAIRED_WITH):
    """{distance: {task: {reading: scores, ...}, "pairs": ...}}; tasks: those of facts.py and "quote"."""
    usual = coded_readings if isinstance(study.encoder, ResidualCodes) else readings_for
    found = {}
    for distance in distances or o.distances:
        made = (make_readings or usual)(study, o, distance, o.ratios[0])
        entry = {}
        for tasks in GROUPS:
            rows = make_rows(study, tasks, distance, o.rows, is_chat)
            if rows is None or not clock.has_time(f"distance {distance}: {', '.join(tasks)}"):
                continue
            scores, costs = {}, {}
            for name, (reading, is_wrong) in made.items():
                if clock.has_time(f"distance {distance}, {', '.join(tasks)}: {name}"):
                    source = rows.history.roll(1, 0) if is_wrong else None
                    scores[name], costs[name] = run_reading(reading, rows, source)
            for task in [*tasks, "quote"] if tasks == GROUPS[0] else tasks:
                entry[task] = table_of(task, scores, costs, rows.owner, paired_with)
        if entry:
            found[str(distance)] = entry
    return found


def table_of(task, scores, costs, owner, paired_with):
    """Reading to scores, and paired differences against the readings of `paired_with`: of the choice (of a quotation:
    of the nats per token), and of the margin."""
    rows = {name: dict(summary(task, s[task], owner), slots=costs[name]["slots"]) for name, s in scores.items()}
    compared = [(name, other) for name in rows if not name.startswith("raw") for other in paired_with
                if name != other and other in rows and (name == "memory" or other != "nothing")]

    def pairs(value):
        of = {name: by_document(value(s[task][0]), owner) for name, s in scores.items()}
        return {f"{name} better than {other}": paired(of[name] - of[other]) for name, other in compared}

    if task == "quote":
        return dict(readings=rows, pairs=pairs(np.negative))
    return dict(readings=rows, pairs=pairs(chosen), margins=pairs(margin))
