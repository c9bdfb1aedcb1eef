"""Pairs of texts that belong together, in files, so that the training process only reads.

    python3 -m training.retriever.pairs --data DIR --sup FILE... --out DIR [--made 500 --asked 700]     (batches)

Writes made-NNN.npz (two crops of one stretch, a sentence and its neighbours, a heading and its section, a question made
by rule) and asked-NNN.npz (people's questions, each with a passage of the same document, or of one like it, that shares
the question's words and does not answer). A batch holds pairs of one kind: its other passages are the negatives.
Left out: what reader/questions.py keeps for tests, and documents of the haystacks' `--part check`, which are measured.
Does not know: models.
"""
import argparse
import os
import random
import re
import time
import zlib

import numpy as np

from ..reader.cloze import sentences
from ..reader.examples import Sampler, stretches
from ..reader.questions import NOT_STATED, TASK_WEIGHT, load_questions
from ..tokenizer import Tokenizer
from .model import TextEncoder

PAIRS = 96                      # of a batch
BATCHES = 20                    # of a file
MADE = {"crop": 0.3, "neighbour": 0.3, "heading": 0.15, "cloze": 0.25}
IN_HAYSTACKS = ("squad", "qed", "fairy")        # groups that bench/retrieval/make-haystacks.py asks about
HEADING = re.compile(r"^#{1,4} (\S[^\n]{2,80})\n+(?!#)", re.M)
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WRITTEN = os.path.join(FOLDER, "reader", "written-questions.jsonl.xz")


def is_checked(group):
    """The haystacks' `--part check`: rule of `side_of(document_of(group))` in bench/retrieval/make-haystacks.py."""
    return group.startswith(IN_HAYSTACKS) and zlib.crc32("/".join(group.split("/")[:2]).encode()) % 2 == 1


class PairSampler(Sampler):
    """(question, passage that belongs to it, passage that does not or None, number of the text) of each kind."""

    def __init__(self, texts, questions, stretch_numbers, seed):
        kept = [q for q in questions if q.task not in NOT_STATED and not is_checked(texts[q.text].group)]
        super().__init__(texts, kept, stretch_numbers, seed, others=2, near=1)
        self.headings = [(n, m.group(1), len(texts[n].text[:m.end()].split()))
                         for n in stretch_numbers for m in HEADING.finditer(texts[n].text)
                         if len(texts[n].text[m.end():].split()) > 30]

    def length(self):
        """Words of a passage: search shows at most 60."""
        return self.rng.randint(36, 62)

    def some_text(self):
        number = self.rng.choice(self.cloze_texts)
        return number, self.texts[number]

    def crop(self):
        """A short and a long stretch of one text that may overlap (Izacard et al. 2022, arXiv:2112.09118)."""
        number, text = self.some_text()
        length, asked, rng = self.length(), self.rng.randint(6, 24), self.rng
        first = rng.randrange(max(1, len(text.words) - length))
        near = first + rng.randint(-asked, length)
        words = text.cut(near, asked)[1].split()
        kept = [w for w in words if rng.random() > .15] or words        # words deleted, as there
        return " ".join(kept), text.cut(first, length)[1], None, number

    def neighbour(self):
        """A sentence and what stands around it; in one of ten it stays there (Lee et al. 2019, arXiv:1906.00300)."""
        while True:
            number, text = self.some_text()
            found = list(sentences(text.text))
            if not found:
                continue
            start, end = self.rng.choice(found)
            first = len(text.text[:start].split())
            inside = len(text.text[start:end].split())
            length = self.length()
            offset, around = text.cut(first - self.rng.randrange(max(1, length - inside)), length + inside)
            if self.rng.random() >= .1:
                around = around[:max(0, start - offset)] + around[max(0, end - offset):]
            if len(around.split()) > 20:
                return " ".join(text.text[start:end].split()[:30]), around, None, number

    def heading(self):
        number, title, word = self.rng.choice(self.headings)
        return title, self.texts[number].cut(word, self.length())[1], None, number

    def of_group(self, rows):
        others = [row[1] for row in rows[1:] if row[3] == 0]
        return rows[0][0], rows[0][1], self.rng.choice(others) if others else None, self.last_text

    def cloze_pair(self):
        return self.of_group(self.cloze()[0])

    def group(self, number, question, answer, passage, span, is_own_text_free, length):
        self.last_text = number
        return super().group(number, question, answer, passage, span, is_own_text_free, length)

    def asked(self, task):
        self.tasks, self.weights = [task], [1]
        return self.of_group(self.human()[0])


def made_batch(sampler, kinds):
    kind = sampler.rng.choices(list(kinds), list(kinds.values()))[0]
    draws = {"crop": sampler.crop, "neighbour": sampler.neighbour, "heading": sampler.heading,
             "cloze": sampler.cloze_pair}
    return [draws[kind]() for _ in range(PAIRS)]


def asked_batch(sampler, tasks):
    task = sampler.rng.choices(list(tasks), list(tasks.values()))[0]
    return [sampler.asked(task) for _ in range(PAIRS)]


def write_batches(path, batches, encoder):
    """pairs int32 (batches, PAIRS, 4): rows of question, passage, other passage or -1; number of the text."""
    ids, rows, pairs = [], [], []

    def add(tokens):
        rows.append((len(ids), len(tokens)))
        ids.extend(tokens)
        return len(rows) - 1

    for batch in batches:
        pairs.append([(add(encoder.question(question)), add(encoder.passage(passage)),
                       -1 if other is None else add(encoder.passage(other)), number)
                      for question, passage, other, number in batch])
    arrays = dict(ids=np.array(ids, np.uint16), rows=np.array(rows, np.int32), pairs=np.array(pairs, np.int32))
    np.savez(path + ".tmp.npz", **arrays)
    os.replace(path + ".tmp.npz", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with tokenizer.json, train.bin and meta.json")
    parser.add_argument("--sup", nargs="+", required=True, help="sup-*.jsonl.xz")
    parser.add_argument("--out", required=True)
    parser.add_argument("--made", type=int, default=500, help="batches of pairs made by rule")
    parser.add_argument("--asked", type=int, default=700, help="batches of people's questions")
    parser.add_argument("--every", type=int, default=2500, help="tokens of a book with one stretch")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    begin = time.time()
    texts, questions = load_questions(list(args.sup) + [WRITTEN])
    tokenizer = Tokenizer(os.path.join(args.data, "tokenizer.json"), use_library=False)
    numbers = stretches(args.data, tokenizer, texts, random.Random(args.seed), args.every)
    sampler, encoder = PairSampler(texts, questions, numbers, args.seed), TextEncoder(tokenizer)
    tasks = {task: TASK_WEIGHT[task] * min(1, len(found) / 1000) for task, found in sampler.by.items()}
    print(f"pairs: {len(numbers)} stretches, {len(sampler.headings)} headings, questions "
          f"{ {task: len(found) for task, found in sampler.by.items()} }, {time.time() - begin:.0f} s", flush=True)
    files = [(n, kind) for n in range(max(args.made, args.asked) // BATCHES + 1) for kind in ("made", "asked")]
    for n, kind in files:
        path = os.path.join(args.out, f"{kind}-{n:03d}.npz")
        if n * BATCHES >= getattr(args, kind) or os.path.exists(path):
            continue
        sampler.rng.seed(args.seed * 100_003 + n * 2 + (kind == "asked"))
        draw = (lambda: made_batch(sampler, MADE)) if kind == "made" else (lambda: asked_batch(sampler, tasks))
        write_batches(path, [draw() for _ in range(BATCHES)], encoder)
        print(f"pairs: {kind} {n}, {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
