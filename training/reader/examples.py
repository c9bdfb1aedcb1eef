"""Training groups in files, so that the training process only reads: one question with the passage that answers it,
passages that do not, and at times the question altered until its own passage does not answer it.

    python3 -m training.reader.examples --data DIR --sup FILE... --out DIR --groups 130000 --processes 14

Writes shards groups-NNN.npz of 2,000 groups: ids uint16, marks uint8, rows (offset, tokens, first, begin, end, label),
groups (first row, rows, answered). Easy questions (made by rule) come first, people's questions last.
Stretches for questions made by rule come from the token files of --data, so that the texts need not travel.
Does not know: models.
"""
import argparse
import bisect
import collections
import math
import os
import random
import time
from multiprocessing import get_context

import numpy as np

from ..corpus import is_held_out
from ..data import TokenSet
from ..tokenizer import Tokenizer
from .cloze import alter, make_question, make_recurring, names_in, sentences
from .encoding import RowEncoder
from .questions import NOT_STATED, TASK_WEIGHT, Text, by_task, is_test, load_questions, source_document
from .words import STOP, stems

SHARD = 2000
STRETCH = 560                   # tokens of a stretch
ALTERED_SHARE = 0.25            # of the groups with an altered question added


class Bm25:
    """Okapi BM25 (Robertson et al. 1994) over term lists, for negatives that share the question's words."""

    def __init__(self, rows, k1=1.2, b=0.75):
        self.ids, d, t, f = {}, [], [], []
        size = np.array([len(row) for row in rows], dtype=np.float32)
        for i, row in enumerate(rows):
            for term, n in collections.Counter(row).items():
                t.append(self.ids.setdefault(term, len(self.ids)))
                d.append(i)
                f.append(n)
        t, d, f = np.array(t), np.array(d), np.array(f, dtype=np.float32)
        order = np.argsort(t, kind="stable")
        t, self.rows_of, f = t[order], d[order], f[order]
        found = np.bincount(t, minlength=len(self.ids))
        self.at, self.count = np.concatenate([[0], found.cumsum()]), len(rows)
        idf = np.log(1 + (self.count - found + .5) / (found + .5))
        norm = k1 * (1 - b + b * size[self.rows_of] / size.mean())
        self.weight = (idf[t] * f * (k1 + 1) / (f + norm)).astype(np.float32)

    def best(self, terms, count):
        score = np.zeros(self.count, dtype=np.float32)
        for term in terms:
            i = self.ids.get(term)
            if i is not None:
                score[self.rows_of[self.at[i]:self.at[i + 1]]] += self.weight[self.at[i]:self.at[i + 1]]
        count = min(count, self.count)
        top = np.argpartition(-score, count - 1)[:count]
        return top[np.argsort(-score[top])]


class Pool:
    """Passages of one kind of text to draw negatives from."""

    def __init__(self, texts, numbers, rng, most=8000):
        self.windows = [(i, w) for i in numbers for w in range(0, max(1, len(texts[i].words) - 30), 60)]
        if len(self.windows) > most:
            self.windows = rng.sample(self.windows, most)
        self.index = Bm25([stems(texts[i].cut(w, 60)[1]) for i, w in self.windows])


def kind_of(group):
    first = group.split("/")[0].split(":")[0]
    return {"squad": "wiki", "squad-train": "wiki", "qed": "wiki"}.get(first, first)


class Sampler:
    """`cloze`: share of groups made by rule, first and last; `recurring`: of these, about names that recur.
    `near`: of the other passages of a group, how many are the best-matching ones of the same document, as search will
    show them to the reader."""

    def __init__(self, texts, questions, cloze_texts, seed, cloze=(0.5, 0.12), others=2, near=0, recurring=0.0):
        self.rng, self.texts = random.Random(seed), texts
        self.cloze_share, self.others, self.near, self.recurring_share = cloze, others, near, recurring
        self.own_pools = {}
        self.by = by_task(texts, questions, test=False)
        self.tasks = sorted(self.by)
        self.weights = [TASK_WEIGHT[t] * min(1, len(self.by[t]) / 1000) for t in self.tasks]
        self.cloze_texts = cloze_texts
        used = sorted({q.text for t in self.tasks for q in self.by[t]} | set(cloze_texts))
        self.of_document, kinds = collections.defaultdict(list), collections.defaultdict(list)
        for i in used:
            self.of_document[source_document(texts[i].group)].append(i)
            kinds[kind_of(texts[i].group)].append(i)
        self.pools = {kind: Pool(texts, numbers, self.rng) for kind, numbers in kinds.items()}

    def length(self):
        """Words of the passages: the product shows about 80."""
        chance = self.rng.random()
        low, high = (40, 60) if chance < .2 else (60, 100) if chance < .85 else (100, 140)
        return self.rng.randint(low, high)

    def negatives(self, number, question, answer, is_own_text_free, count, length):
        """`count` passages without the answer: those that share most words, one of the same document, then any."""
        pool, rng = self.pools[kind_of(self.texts[number].group)], self.rng
        hard = [pool.windows[i] for i in pool.index.best(stems(question), 14)]
        rng.shuffle(hard)
        near = self.of_document[source_document(self.texts[number].group)]
        close = [(i, rng.randrange(max(1, len(self.texts[i].words)))) for i in (rng.choice(near) for _ in range(4))]
        others = [rng.choice(pool.windows) for _ in range(8)]
        own = self.best_of_document(number, question) if self.near and is_own_text_free else []
        if self.near and not is_own_text_free:      # an answer in other words could stand there too
            close = []
        found, low = [], answer.lower()
        for i, word in own[:self.near] + hard[:1] + close[:1] + own[self.near:] + hard[1:3] + close[1:] + hard[3:] + others:
            text = self.texts[i]
            passage = text.cut(word - rng.randrange(max(1, length - 50)), length)[1]
            if low and low in passage.lower() or i == number and not is_own_text_free:
                continue
            found.append(passage)
            if len(found) == count:
                break
        return found

    def best_of_document(self, number, question):
        """Windows of the question's own document, the ten that share most words with it, in any order."""
        name = source_document(self.texts[number].group)
        if name not in self.own_pools:
            self.own_pools[name] = Pool(self.texts, self.of_document[name], self.rng, most=200)
        pool = self.own_pools[name]
        best = [pool.windows[i] for i in pool.index.best(stems(question), 10)]
        self.rng.shuffle(best)
        return best

    def around(self, text, span, length):
        """(passage of `length` words that holds the span at any place, span inside it)."""
        first = bisect.bisect_right(text.words, (span[0], 1 << 60)) - 1
        inside = len(text.text[span[0]:span[1]].split())
        offset, passage = text.cut(first - self.rng.randrange(max(1, length - inside - 2)), length)
        begin, end = span[0] - offset, span[1] - offset
        return (passage, (begin, end)) if 0 <= begin and end <= len(passage) else (passage, None)

    def human(self):
        q = self.rng.choice(self.by[self.rng.choices(self.tasks, self.weights)[0]])
        text, length = self.texts[q.text], self.length()
        if q.task in NOT_STATED:
            passage = self.likely(text, q, length)
            return [(q.question, p, None, 0) for p in
                    [passage] + self.negatives(q.text, q.question, "", True, max(1, self.others - 1), length)], False
        if q.spans:
            passage, span = self.around(text, q.spans[0], length)
        else:
            passage, span = self.likely(text, q, length), None
        return self.group(q.text, q.question, q.answer, passage, span, bool(q.spans), length), True

    def likely(self, text, q, length):
        """For an answer in other words: the passage that shares most words with question and answer; for none: the one
        that looks most like an answer."""
        wanted = set(stems(q.question + " " + q.answer if q.is_answered else q.question)) - STOP
        starts = range(0, max(1, len(text.words) - 40), 20)
        best = max(starts, key=lambda w: len(wanted & set(stems(text.cut(w, 60)[1]))))
        return text.cut(best - self.rng.randrange(max(1, length - 58)), length)[1]

    def cloze(self):
        while True:
            number = self.rng.choice(self.cloze_texts)
            text = self.texts[number]
            found = list(sentences(text.text))
            if not found:
                continue
            start, end = self.rng.choice(found)
            made = make_question(text.text[start:end], self.rng)
            if made is None:
                continue
            question, (begin, stop) = made
            length = self.length()
            passage, span = self.around(text, (start + begin, start + stop), length)
            if span is None:
                continue
            answer = passage[span[0]:span[1]]
            return self.group(number, question, answer, passage, span, True, length), True

    def recurring(self):
        """A group about a name that recurs, or None where 8 stretches have none."""
        for _ in range(8):
            number = self.rng.choice(self.cloze_texts)
            text = self.texts[number]
            made = make_recurring(text.text, self.rng)
            if made is None:
                continue
            question, span, asked = made
            length = min(self.length(), 90)
            for _ in range(4):
                passage, inside = self.around(text, span, length)
                start = span[0] - inside[0] if inside else asked[0]
                if start + len(passage) <= asked[0] or start >= asked[1]:
                    answer = text.text[span[0]:span[1]]
                    return self.group(number, question, answer, passage, inside, True, length), True
                length = max(25, length * 2 // 3)
        return None

    def group(self, number, question, answer, passage, span, is_own_text_free, length):
        rows = [(question, passage, span, 1)]
        rows += [(question, p, None, 0) for p in self.negatives(number, question, answer, is_own_text_free, self.others, length)]
        if self.rng.random() < ALTERED_SHARE:
            altered = alter(question, passage, names_in(self.texts[number].text[:6000]), self.rng)
            if altered:
                rows[-1] = (altered, passage, None, -1)         # -1: not of the same question
        return rows

    def draw(self, progress):
        share = self.cloze_share[0] + (self.cloze_share[1] - self.cloze_share[0]) * progress
        if self.rng.random() >= share:
            return self.human()
        return self.rng.random() < self.recurring_share and self.recurring() or self.cloze()


def write_shard(path, groups, encoder):
    ids, marks, rows, table = [], [], [], []
    for members, is_answered in groups:
        table.append((len(rows), len(members), int(is_answered)))
        for question, passage, span, label in members:
            tokens, marked, spans, first = encoder.encode(question, passage)
            begin = end = -1
            if span:
                hit = [k for k, (a, b) in enumerate(spans) if b > span[0] and a < span[1]]
                if hit and spans[hit[-1]][1] >= span[1]:
                    begin, end = first + hit[0], first + hit[-1]
            rows.append((len(ids), len(tokens), first, begin, end, label))
            ids += tokens
            marks += marked
    np.savez(path + ".tmp.npz", ids=np.array(ids, np.uint16), marks=np.array(marks, np.uint8),
             rows=np.array(rows, np.int32), groups=np.array(table, np.int32))
    os.replace(path + ".tmp.npz", path)


def stretches(folder, tokenizer, texts, rng, every):
    """Numbers of stretches of about 400 words of the training books and documentation, appended to `texts`: one in each
    `every` tokens of a book, in three times as many of other documents."""
    numbers, train = [], TokenSet(folder, "train")
    for document in train.documents:
        kind, name, count = document["kind"], document["id"], document["tokens"]
        group = {"books": "book/", "docs": "docs/"}.get(kind, "") + name
        if kind not in ("books", "docs") or is_held_out(kind, name, 1 << 20) or is_test(group) or count < 200:
            continue
        for _ in range(math.ceil(count / every / (1 if kind == "books" else 3))):
            at = document["start"] + rng.randrange(max(1, count - STRETCH))
            stretch = tokenizer.decode(train.ids[at:min(at + STRETCH, document["start"] + count)].tolist())
            border = min((i for i in (stretch.find(". "), stretch.find("\n")) if 0 <= i < 400), default=0)
            stretch = stretch[border + 1:].strip() if border else stretch.strip()
            if len(stretch.split()) > 60:
                numbers.append(len(texts))
                texts.append(Text(group, stretch))
    return numbers


def _write(job):
    """One shard by the sampler that the processes share since the fork, with random numbers of its own."""
    n, shards, path, seed = job
    sampler, encoder = _write.shared
    sampler.rng.seed(seed * 100_003 + n)
    write_shard(path, [sampler.draw(n / max(1, shards - 1)) for _ in range(SHARD)], encoder)
    return n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with tokenizer.json, train.bin and meta.json")
    parser.add_argument("--sup", nargs="+", required=True, help="sup-*.jsonl.xz")
    parser.add_argument("--out", required=True)
    parser.add_argument("--groups", type=int, default=130_000)
    parser.add_argument("--every", type=int, default=2500, help="tokens of a book with one stretch for made questions")
    parser.add_argument("--cloze", type=float, nargs=2, default=(0.8, 0.12), help="share made by rule: first, last")
    parser.add_argument("--recurring", type=float, default=0.3, help="of these, about names that recur")
    parser.add_argument("--others", type=int, default=5, help="passages without the answer in a group")
    parser.add_argument("--near", type=int, default=3, help="of these, from the same document, sharing most words")
    parser.add_argument("--without_written", action="store_true", help="leave out written-questions.jsonl.xz")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    begin, shards = time.time(), math.ceil(args.groups / SHARD)
    jobs = [(n, shards, os.path.join(args.out, f"groups-{n:03d}.npz"), args.seed) for n in range(shards)]
    jobs = [job for job in jobs if not os.path.exists(job[2])]
    if not jobs:
        return
    written = os.path.join(os.path.dirname(os.path.abspath(__file__)), "written-questions.jsonl.xz")
    texts, questions = load_questions(list(args.sup) if args.without_written else list(args.sup) + [written])
    tokenizer = Tokenizer(os.path.join(args.data, "tokenizer.json"), use_library=False)
    numbers = stretches(args.data, tokenizer, texts, random.Random(args.seed), args.every)
    sampler = Sampler(texts, questions, numbers, args.seed, args.cloze, args.others, args.near, args.recurring)
    _write.shared = sampler, RowEncoder(tokenizer)
    print(f"examples: {len(texts)} texts, {len(questions)} questions, {len(numbers)} stretches, "
          f"{time.time() - begin:.0f} s", flush=True)
    with get_context("fork").Pool(args.processes) as pool:
        for n in pool.imap(_write, jobs):
            if n % 10 == 9 or n == shards - 1:
                print(f"examples: shard {n + 1} of {shards}, {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
