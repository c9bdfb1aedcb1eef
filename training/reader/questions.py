"""People's questions out of the supervised files, and the split by source document.

Does not know: tokens, negatives, models.
"""
import collections
import hashlib
import random
import re
from dataclasses import dataclass, field

from ..corpus import ALWAYS_HELD_OUT, is_held_out, read_rows
from .words import STOP, stems

NOT_STATED = ("squad_unanswerable", "record_unanswerable", "calendar_unanswerable", "dialogue_unanswerable",
              "written_unanswerable")

# How often a task is drawn, before it is known how many questions it has.
TASK_WEIGHT = {"written": 60, "written_unanswerable": 20, "squad": 14, "squad_unanswerable": 5, "natural_question": 3,
               "fairytale_qa": 7, "policy_qa": 2.5, "leaflet_qa": .7, "name_term": 1.5, "rule_qa": .4, "table_qa": .5,
               "dialogue_slot": .8, "record_lookup": .4, "calendar": .3, "book_speaker": .8, "book_complete": .5,
               "doc_says": .7, "doc_define": .7, "table_lookup": .2, "command_howto": .5, "error_meaning": .3,
               "param_purpose": .3, "record_unanswerable": .3, "calendar_unanswerable": .2, "dialogue_unanswerable": .2}

# The evaluation's textbook: its questions are never trained on. Its novels are among the held-out books.
HELD_OUT_GROUPS = ("openstax/anatomy-physiology/", "docs/openstax/anatomy-physiology/", "dochead/openstax/anatomy-physiology/")


def source_document(group):
    """The document that a row's `group` comes from: rows of one document are never split."""
    parts = group.split("/")
    if parts[0] in ("book", "docs"):
        return "/".join(parts[:4])
    return "/".join(parts[:3] if parts[0] == "openstax" else parts[:2])


def is_test(group):
    """One document in five is kept for the evaluation (bench/evaluate uses the same rule), and all that it holds out."""
    if group.startswith(HELD_OUT_GROUPS):
        return True
    if group.startswith("book/"):
        book = "/".join(group.split("/")[1:4])
        return book in ALWAYS_HELD_OUT or is_held_out("books", book, 1 << 20) or _bucket(group) == 0
    return _bucket(group) == 0


def _bucket(group):
    return int(hashlib.sha1(source_document(group).encode()).hexdigest()[:8], 16) % 5


@dataclass
class Text:
    group: str
    text: str
    words: list = field(default_factory=list)       # (start, end) of each stretch between white space

    def __post_init__(self):
        self.words = [m.span() for m in re.finditer(r"\S+", self.text)]

    def cut(self, first, count):
        """(offset, passage) of `count` words from word `first` on; moved to stay inside."""
        first = max(0, min(first, len(self.words) - count))
        last = min(len(self.words), first + count) - 1
        start = self.words[first][0]
        return start, self.text[start:self.words[last][1]]


@dataclass
class Question:
    text: int                   # number of its text
    question: str
    answer: str
    task: str
    spans: list                 # (start, end) of the answer in the text, most likely first; empty: in other words, or none

    @property
    def is_answered(self):
        return self.task not in NOT_STATED


def find_answer(text, answer):
    return [m.span() for m in re.finditer(r"(?<!\w)" + re.escape(answer) + r"(?!\w)", text)]


def load_questions(paths, tasks=None):
    """(texts, questions) of the jsonl.xz files; of several places of an answer the one nearest the question's words first."""
    texts, questions, numbers = [], [], {}
    for path in paths:
        for row in read_rows(path):
            context = row["context"]
            if len(context) < 40:
                continue
            for entry in row["qa"]:
                task, answer = entry["task"], entry["answer"].strip()
                if task not in (tasks or TASK_WEIGHT):
                    continue
                spans = [] if task in NOT_STATED else answer_spans(context, entry["question"], answer)
                if task not in NOT_STATED and (len(answer.split()) > 40 or not spans and task != "fairytale_qa"):
                    continue
                number = numbers.get(context)
                if number is None:
                    number = numbers[context] = len(texts)
                    texts.append(Text(row["group"], context))
                questions.append(Question(number, entry["question"], answer, task, spans))
    return texts, questions


def answer_spans(context, question, answer):
    spans = find_answer(context, answer) or find_answer(context, answer.rstrip("."))
    if len(spans) > 1:
        wanted = set(stems(question)) - STOP

        def shared(span):
            around = context[max(0, span[0] - 150):span[1] + 150]
            return -len(wanted & set(stems(around)))
        spans = sorted(spans[:20], key=shared)
    return spans


def by_task(texts, questions, test):
    """Questions per task of the test documents, or of all others."""
    found = collections.defaultdict(list)
    for q in questions:
        if is_test(texts[q.text].group) == test:
            found[q.task].append(q)
    return found


def shuffled(items, seed):
    items = list(items)
    random.Random(seed).shuffle(items)
    return items
