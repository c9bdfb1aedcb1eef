"""Validation: held-out questions asked of the passages of held-out texts, beside BM25 over the same passages.

A passage is evidence when it is of the question's own text and holds the answer word for word.
Does not know: training, the engine's search (bench/retrieval/dense-windows.ts is measured against that).
"""
import random

import numpy as np

from ..reader.examples import Bm25
from ..reader.questions import by_task, load_questions
from ..reader.words import STOP, stems
from .model import encode_all
from .pairs import is_checked

TASKS = ("squad", "fairytale_qa", "written", "natural_question")
WINDOW, STEP = 60, 30               # words


def ranks_of(scores, evidence):
    """Rank from 1 of the best passage of `evidence` (list of lists) in each row of `scores`."""
    return np.array([1 + int((row > row[right].max()).sum()) for row, right in zip(scores, evidence)])


def share_within(ranks, k):
    return round(float((ranks <= k).mean()), 4)


class Check:
    """`count` questions of each task over the windows of their own texts, all together one collection."""

    def __init__(self, paths, encoder, count=80, most_windows=300, seed=5):
        texts, questions = load_questions(paths)
        rng, windows, window_number = random.Random(seed), [], {}
        self.questions, self.evidence, self.task_of = [], [], []
        for task in TASKS:
            found = [q for q in by_task(texts, questions, test=True)[task]
                     if q.spans and not is_checked(texts[q.text].group)]
            rng.shuffle(found)
            room = len(windows) + most_windows
            for q in found:
                if self.task_of.count(task) == count:
                    break
                if q.text not in window_number:
                    text = texts[q.text]
                    cuts = [text.cut(w, WINDOW) for w in range(0, max(1, len(text.words) - STEP), STEP)]
                    if len(windows) + len(cuts) > room:
                        continue
                    window_number[q.text] = range(len(windows), len(windows) + len(cuts))
                    windows += [cut[1] for cut in cuts]
                right = [i for i in window_number[q.text] if q.answer.lower() in windows[i].lower()]
                if right:
                    self.questions.append(q.question)
                    self.evidence.append(right)
                    self.task_of.append(task)
        self.rows = [encoder.passage(w) for w in windows]
        self.asked = [encoder.question(q) for q in self.questions]
        self.of_task = {task: np.array([t == task for t in self.task_of]) for task in TASKS if task in self.task_of}
        self.bm25 = self.lexical(windows)

    def lexical(self, windows):
        """BM25 over stems without stop words: the bar."""
        index, scores = Bm25([stems(w) for w in windows]), []
        for question in self.questions:
            row = np.zeros(len(windows), np.float32)
            best = index.best([s for s in set(stems(question)) if s not in STOP], len(windows))
            row[best] = -np.arange(len(best))               # ranks are enough
            scores.append(row)
        return self.figures(np.array(scores))

    def figures(self, scores):
        ranks = ranks_of(scores, self.evidence)
        found = {"all": np.ones(len(ranks), bool), **self.of_task}
        return {name: [share_within(ranks[rows], k) for k in (1, 8, 50)] for name, rows in found.items()}

    def __call__(self, retriever):
        """{task: [@1, @8, @50]} of dense search alone."""
        retriever.eval()
        scores = encode_all(retriever, self.asked) @ encode_all(retriever, self.rows).T
        retriever.train()
        return self.figures(scores)
