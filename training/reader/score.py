"""What a packaged reader reads on documents that it was not trained on: python3 -m training.reader.score --package DIR ...

Answers   exact match and F1 inside the text that was shown to the person who asked (at most 1,400 characters)
Ranking   share of questions whose own passage comes first among itself and nine that share most words
Refusal   area under the curve: questions with an answer in their text against those without, by relevance
All with standard errors over questions. Does not know: search.
"""
import argparse
import json
import os
import random

import numpy as np
import torch

from ..tokenizer import Tokenizer
from .encoding import RowEncoder
from .examples import Bm25
from .export import read_reader
from .questions import by_task, load_questions
from .reading import auroc, exact_and_f1, read_pairs
from .words import stems

ANSWERED = ("squad", "natural_question", "fairytale_qa", "policy_qa", "name_term", "leaflet_qa", "doc_define")


def mean_and_error(values):
    values = np.asarray(values, float)
    return [round(float(values.mean()), 4), round(float(values.std() / max(1, len(values)) ** .5), 4)]


def answers(reader, encoder, texts, found):
    read = read_pairs(reader, encoder, [(q.question, texts[q.text].text[:1400]) for q in found])
    scores = np.array([exact_and_f1(r[1], q.answer) for r, q in zip(read, found)])
    return dict(questions=len(found), em=mean_and_error(scores[:, 0]), f1=mean_and_error(scores[:, 1]))


def ranking(reader, encoder, texts, found, others=9):
    """Passages of 60 words around the answer, and of the same length from other test texts by BM25."""
    windows = sorted({q.text for q in found})
    index = Bm25([stems(texts[i].text[:400]) for i in windows])
    pairs, counts = [], []
    for q in found:
        start = texts[q.text].text.rfind(" ", 0, max(0, q.spans[0][0] - 150)) + 1
        rivals = [windows[i] for i in index.best(stems(q.question), others + 1) if windows[i] != q.text][:others]
        passages = [texts[q.text].text[start:start + 400]] + [texts[i].text[:400] for i in rivals]
        pairs += [(q.question, p) for p in passages]
        counts.append(len(passages))
    relevance, at, firsts = [r[0] for r in read_pairs(reader, encoder, pairs)], 0, []
    for count in counts:
        firsts.append(float(np.argmax(relevance[at:at + count]) == 0))
        at += count
    return mean_and_error(firsts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", required=True)
    parser.add_argument("--sup", nargs="+", required=True, help="sup-*.jsonl.xz")
    parser.add_argument("--out", required=True)
    parser.add_argument("--questions", type=int, default=400, help="of each task")
    args = parser.parse_args()
    torch.set_num_threads(1)
    texts, questions = load_questions(args.sup, tasks=ANSWERED + ("squad_unanswerable",))
    found = by_task(texts, questions, test=True)
    rng = random.Random(11)
    sample = {task: rng.sample(found[task], min(args.questions, len(found[task]))) for task in sorted(found)}
    reader = read_reader(args.package)
    encoder = RowEncoder(Tokenizer(os.path.join(args.package, "tokenizer.json"), use_library=False))
    result = {task: answers(reader, encoder, texts, [q for q in sample[task] if q.spans])
              for task in ANSWERED if task in sample}
    for task in ("squad", "fairytale_qa"):
        result[task]["firstOfTen"] = ranking(reader, encoder, texts, [q for q in sample[task] if q.spans][:200])
    read = {task: [r[0] for r in read_pairs(reader, encoder, [(q.question, texts[q.text].text[:1400]) for q in sample[task]])]
            for task in ("squad", "squad_unanswerable")}
    result["notStatedAuroc"] = round(auroc(read["squad"], read["squad_unanswerable"]), 4)
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    for task, row in result.items():
        print(task, json.dumps(row))


if __name__ == "__main__":
    main()
