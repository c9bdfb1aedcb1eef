"""Haystacks for the retrieval evaluation: paragraphs with questions whose answers stand in them, hidden among others.

  python3 bench/retrieval/make-haystacks.py CORPUS OUT.json [--seed 1]

CORPUS holds sup-short-human.jsonl.xz and books.jsonl.xz (see the corpus MANIFEST). Four haystacks of encyclopedia
paragraphs (SQuAD, natural questions) and four of stories (FairytaleQA), filled with book text to about 70,000 words;
40 questions each, one per paragraph where possible. Nothing of it is committed.
"""
import argparse
import json
import lzma
import random

WORDS = 70_000
QUESTIONS = 40
KINDS = {"encyclopedia": ("squad", "natural_question"), "stories": ("fairytale_qa",)}


def rows(path):
    with lzma.open(path, "rt") as lines:
        for line in lines:
            yield json.loads(line)


def passages_of(kind, path):
    """Distinct contexts with the questions whose answers stand in them word for word."""
    seen = set()
    for row in rows(path):
        asked = [q for q in row["qa"] if q["task"] in KINDS[kind] and q["answer"].strip(" .").lower() in row["context"].lower()]
        head = row["context"][:80]
        if asked and head not in seen:
            seen.add(head)
            yield {"group": row["group"], "text": row["context"], "qa": asked}


def fillers(path):
    for row in rows(path):
        paragraphs = [p for p in row["text"].split("\n\n") if len(p.split()) > 30]
        for start in range(0, len(paragraphs) - 10, 10):
            yield "\n\n".join(paragraphs[start : start + 10])


def build(name, chosen, filler, rng):
    """Alternates passages and filler; `section` numbers say where each question belongs."""
    sections, questions, words = [], [], 0
    for passage in chosen:
        if words >= WORDS * 0.7:
            break
        question = rng.choice(passage["qa"])
        if len(questions) < QUESTIONS:
            questions.append({"question": question["question"], "answer": question["answer"].strip(" ."), "section": len(sections)})
        sections.append(passage["text"])
        words += len(passage["text"].split())
    while words < WORDS:
        sections.append(next(filler))
        words += len(sections[-1].split())
    order = list(range(len(sections)))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    for question in questions:
        question["section"] = place[question["section"]]
    return {"name": name, "sections": [sections[i] for i in order], "questions": questions}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    text = list(fillers(f"{options.corpus}/books.jsonl.xz"))
    rng.shuffle(text)
    filler = iter(text)
    haystacks = []
    for kind in KINDS:
        passages = list(passages_of(kind, f"{options.corpus}/sup-short-human.jsonl.xz"))
        rng.shuffle(passages)
        for number in range(4):
            haystacks.append(build(f"{kind} {number + 1}", passages[number::4], filler, rng))
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(haystacks, file)
    for hay in haystacks:
        print(hay["name"], sum(len(s.split()) for s in hay["sections"]), "words", len(hay["questions"]), "questions")


if __name__ == "__main__":
    main()
