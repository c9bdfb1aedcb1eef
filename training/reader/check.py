"""Held-out questions, encoded once: how well a reader answers, orders the windows of one document, and refuses.

Answers    SQuAD's and FairytaleQA's test documents, as the text was shown to the person who asked (1,400 characters)
Ranking    the window with the answer first among the 8 and 50 windows of its own document that share most words
Refusal    questions written to look answerable (SQuAD); and, as the product meets it, the best relevance of the 50
           windows of a document with the answering one against without it
Does not know: training.
"""
import random

import numpy as np

from .examples import Bm25
from .questions import by_task, load_questions, source_document
from .reading import auroc, exact_and_f1, read_rows
from .words import stems

WINDOW, STEP = 80, 60           # words of a window, words between two
BATCH = 256                     # rows read at once
TASKS = ("squad", "squad_unanswerable", "fairytale_qa", "book_speaker", "book_complete")
RANKED = ("squad", "fairytale_qa", "book_speaker", "book_complete")


class Check:
    def __init__(self, paths, encoder, count=150):
        self.rng = random.Random(5)
        texts, questions = load_questions(paths, tasks=TASKS)
        found = by_task(texts, questions, test=True)
        self.whole, self.ranked = {}, {}
        for task in ("squad", "squad_unanswerable", "fairytale_qa"):
            sample = self.sample([q for q in found[task] if q.spans or not q.is_answered], count)
            self.whole[task] = self.encode(encoder, [(q.question, texts[q.text].text[:1400]) for q in sample]), \
                [q.answer for q in sample]
        by_document = {}
        for number in sorted({q.text for part in found.values() for q in part}):
            by_document.setdefault(source_document(texts[number].group), []).append(number)
        for task in RANKED:
            sample = self.sample([q for q in found[task] if q.spans], max(8, count // 2))
            made = [self.windows(texts, by_document[source_document(texts[q.text].group)], q) for q in sample]
            made = [one for one in made if len(one[1]) >= 8]
            if made:
                pairs = [(question, p) for question, passages in made for p in passages]
                self.ranked[task] = self.encode(encoder, pairs), [len(passages) for _, passages in made]

    def sample(self, items, count):
        return self.rng.sample(items, min(count, len(items)))

    def encode(self, encoder, pairs):
        return [encoder.encode(*pair) for pair in pairs], [passage for _, passage in pairs]

    def windows(self, texts, numbers, q, most=49):
        """(question, [window with the answer, then others of the document without it, likest first])."""
        text, (start, end) = texts[q.text], q.spans[0]
        at = sum(1 for word in text.words if word[1] <= start)
        passage = text.cut(at - self.rng.randrange(5, WINDOW - 30), WINDOW)[1]
        others = {texts[i].cut(w, WINDOW)[1] for i in numbers for w in range(0, max(1, len(texts[i].words) - 20), STEP)}
        others = sorted(p for p in others if q.answer.lower() not in p.lower())
        if not others:
            return q.question, [passage]
        index = Bm25([stems(p) for p in others])
        return q.question, [passage] + [others[i] for i in index.best(stems(q.question), most)]

    def counts(self):
        return {**{task: len(answers) for task, (_, answers) in self.whole.items()},
                **{"ranked " + task: len(counts) for task, (_, counts) in self.ranked.items()}}

    def __call__(self, reader):
        was_training = reader.training
        reader.eval()
        read = {task: read_rows(reader, *encoded, batch=BATCH) for task, (encoded, _) in self.whole.items()}
        result = {}
        for task in ("squad", "fairytale_qa"):
            if read.get(task):
                em, f1 = np.mean([exact_and_f1(r[1], answer) for r, answer in zip(read[task], self.whole[task][1])], 0)
                result[task] = dict(questions=len(read[task]), em=round(float(em), 4), f1=round(float(f1), 4))
        if read.get("squad") and read.get("squad_unanswerable"):
            result["not_stated_auroc"] = round(auroc([r[0] for r in read["squad"]],
                                                     [r[0] for r in read["squad_unanswerable"]]), 4)
        for task, (encoded, counts) in self.ranked.items():
            result["ranked " + task] = ranked([r[0] for r in read_rows(reader, *encoded, batch=BATCH)], counts)
        reader.train(was_training)
        return result


def ranked(relevance, counts):
    """Of rows in groups, the first of each with the answer: how often it is first of 8 and of all, refusals' AUROC."""
    at, of_eight, of_all, with_answer, without = 0, [], [], [], []
    for count in counts:
        own, others = relevance[at], relevance[at + 1:at + count]
        of_eight.append(own > max(others[:7]))
        of_all.append(own > max(others))
        with_answer.append(max(own, max(others)))
        without.append(max(others))
        at += count
    return dict(questions=len(counts), first_of_8=round(float(np.mean(of_eight)), 4),
                first_of_50=round(float(np.mean(of_all)), 4), refusal_auroc=round(auroc(with_answer, without), 4))
