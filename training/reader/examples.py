"""Training groups in files, so that the training process only reads: one question with the passage that answers it,
passages that do not, and at times the question altered until its own passage does not answer it.

    python3 -m training.reader.examples --data DIR --corpus FOLDER... --out DIR --groups 130000

Writes shards groups-NNN.npz of 2,000 groups: ids uint16, marks uint8, rows (offset, tokens, first, begin, end, label),
groups (first row, rows, answered). Easy questions (made by rule) come first, people's questions last.
Does not know: models.
"""
import argparse
import bisect
import collections
import glob
import math
import os
import random

import numpy as np

from ..corpus import corpus_files, document_text, is_held_out, read_rows
from ..tokenizer import Tokenizer
from .cloze import alter, make_question, names_in, sentences
from .encoding import RowEncoder
from .questions import NOT_STATED, TASK_WEIGHT, Text, by_task, is_test, load_questions, source_document
from .words import STOP, stems

SHARD = 2000
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
    """`cloze`: share of groups made by rule, at the start and at the end. `near`: of the other passages of a group, how
    many are the best-matching ones of the same document, as search will show them to the reader."""

    def __init__(self, texts, questions, cloze_texts, seed, cloze=(0.5, 0.12), others=2, near=0):
        self.rng, self.texts = random.Random(seed), texts
        self.cloze_share, self.others, self.near = cloze, others, near
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
        return self.rng.randint(40, 70) if self.rng.random() < .6 else self.rng.randint(70, 120)

    def negatives(self, number, question, answer, is_own_text_free, count, length):
        """`count` passages without the answer: those that share most words, one of the same document, then any."""
        pool, rng = self.pools[kind_of(self.texts[number].group)], self.rng
        hard = [pool.windows[i] for i in pool.index.best(stems(question), 14)]
        rng.shuffle(hard)
        near = self.of_document[source_document(self.texts[number].group)]
        close = [(i, rng.randrange(max(1, len(self.texts[i].words)))) for i in (rng.choice(near) for _ in range(4))]
        others = [rng.choice(pool.windows) for _ in range(8)]
        own = self.best_of_document(number, question) if self.near else []
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
            self.own_pools[name] = Pool(self.texts, self.of_document[name], self.rng, most=400)
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
            passage = text.cut(self.rng.randrange(max(1, len(text.words) - length + 1)), length)[1]
            return [(q.question, p, None, 0) for p in [passage] + self.negatives(q.text, q.question, "", True, 1, length)], False
        if q.spans:
            passage, span = self.around(text, q.spans[0], length)
        else:
            passage, span = self.likely(text, q, length), None
        return self.group(q.text, q.question, q.answer, passage, span, bool(q.spans), length), True

    def likely(self, text, q, length):
        """For an answer in other words: the passage that shares most words with question and answer."""
        wanted = set(stems(q.question + " " + q.answer)) - STOP
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
        return self.cloze() if self.rng.random() < share else self.human()


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


def cloze_documents(folders, texts, rng, count):
    """Numbers of stretches of about 400 words of books and documentation, appended to `texts`."""
    numbers = []
    for kind, path in corpus_files(folders, ("books", "docs")):
        for row in read_rows(path):
            group = ("book/" if kind == "books" else "docs/") + row["id"]
            if is_held_out(kind, row["id"], 1 << 20) or is_test(group):
                continue
            parts = [p for p in document_text(row).split("\n\n") if len(p.split()) > 8 and not p.startswith(("#", "|", "```", "    "))]
            for _ in range(max(1, int(count * (3 if kind == "books" else 1)))):
                at = rng.randrange(max(1, len(parts)))
                stretch = "\n\n".join(parts[at:at + 6])[:2600]
                if len(stretch.split()) > 60:
                    numbers.append(len(texts))
                    texts.append(Text(group, stretch))
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with tokenizer.json")
    parser.add_argument("--corpus", nargs="+", required=True, help="folders with sup-*.jsonl.xz, books and docs")
    parser.add_argument("--out", required=True)
    parser.add_argument("--groups", type=int, default=130_000)
    parser.add_argument("--stretches", type=int, default=4, help="of each document, for questions made by rule")
    parser.add_argument("--cloze", type=float, nargs=2, default=(0.5, 0.12), help="share made by rule: first, last")
    parser.add_argument("--others", type=int, default=2, help="passages without the answer in a group")
    parser.add_argument("--near", type=int, default=0, help="of these, from the same document, sharing most words")
    parser.add_argument("--without_written", action="store_true", help="leave out written-questions.jsonl.xz")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    files = sorted(f for folder in args.corpus for f in glob.glob(os.path.join(folder, "sup-*.jsonl.xz")))
    written = os.path.join(os.path.dirname(os.path.abspath(__file__)), "written-questions.jsonl.xz")
    texts, questions = load_questions(files if args.without_written else files + [written])
    cloze_texts = cloze_documents(args.corpus, texts, random.Random(args.seed), args.stretches)
    print(f"{len(texts)} texts, {len(questions)} questions, {len(cloze_texts)} stretches", flush=True)
    sampler = Sampler(texts, questions, cloze_texts, args.seed, args.cloze, args.others, args.near)
    encoder = RowEncoder(Tokenizer(os.path.join(args.data, "tokenizer.json"), use_library=False))
    shards = math.ceil(args.groups / SHARD)
    for n in range(shards):
        groups = [sampler.draw(n / max(1, shards - 1)) for _ in range(SHARD)]
        write_shard(os.path.join(args.out, f"groups-{n:03d}.npz"), groups, encoder)
        print(f"shard {n + 1} of {shards}", flush=True)


if __name__ == "__main__":
    main()
