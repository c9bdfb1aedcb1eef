"""Haystacks for the retrieval evaluation: paragraphs with questions whose answers stand in them, hidden among others.

  python3 bench/retrieval/make-haystacks.py CORPUS OUT.json [--seed 1] [--part all|tune|check] [--questions 40] [--whole]

CORPUS holds sup-short-human, sup-extra, sup-long and books, each .jsonl.xz (see the corpus MANIFEST). Four haystacks of
encyclopedia paragraphs (SQuAD, natural questions) and four of stories (FairytaleQA), filled with book text to about
70,000 words; 40 questions each, one per paragraph where possible. `tune` and `check` share no article, story, page or
book: whatever is fitted on one is measured on the other. With --whole, articles and stories stand in one piece, as the
chapters of a book do; without it their paragraphs are shuffled. Nothing of it is committed.
"""
import argparse
import json
import lzma
import random
import zlib

WORDS = 70_000
KINDS = {"encyclopedia": ("squad", "natural_question"), "stories": ("fairytale_qa",)}
PARTS = {"all": (0, 1), "tune": (0,), "check": (1,)}


def rows(path):
    with lzma.open(path, "rt") as lines:
        for line in lines:
            yield json.loads(line)


def side_of(document):
    """0 or 1 by the document's name: the same in every run."""
    return zlib.crc32(document.encode()) % 2


def document_of(group):
    """squad/1973_oil_crisis/0 > squad/1973_oil_crisis; fairy/Snow-man/0-1 > fairy/Snow-man; qed/-12 stays."""
    return "/".join(group.split("/")[:2])


def passages_of(kind, corpus, sides):
    """Distinct contexts with the questions whose answers stand in them word for word."""
    seen = set()
    files = ["sup-short-human.jsonl.xz"] if len(sides) == 2 else ["sup-short-human.jsonl.xz", "sup-extra.jsonl.xz"]
    for row in (row for file in files for row in rows(f"{corpus}/{file}")):
        asked = [q for q in row["qa"] if q["task"] in KINDS[kind] and q["answer"].strip(" .").lower() in row["context"].lower()]
        head = row["context"][:80]
        if asked and head not in seen and side_of(document_of(row["group"])) in sides:
            seen.add(head)
            yield {"group": row["group"], "text": row["context"], "qa": asked}


def fillers(path, sides):
    for row in rows(path):
        if side_of(row["id"]) not in sides:
            continue
        paragraphs = [p for p in row["text"].split("\n\n") if len(p.split()) > 30]
        for start in range(0, len(paragraphs) - 10, 10):
            yield "\n\n".join(paragraphs[start : start + 10])


def whole_articles(corpus, sides):
    """SQuAD articles, paragraphs in order: [(text, questions)] each."""
    articles = {}
    for file in ("sup-short-human.jsonl.xz", "sup-extra.jsonl.xz"):
        for row in rows(f"{corpus}/{file}"):
            document = document_of(row["group"])
            if row["group"].startswith("squad") and side_of(document) in sides:
                asked = [q for q in row["qa"] if q["task"] == "squad"]
                number = int(row["group"].split("/")[2]) if row["group"].count("/") == 2 else len(articles.get(document, ()))
                articles.setdefault(document, []).append((number, row["context"], asked))
    for article in articles.values():
        yield [{"text": text, "qa": asked, "span": 1} for _, text, asked in sorted(article, key=lambda part: part[0])]


def whole_stories(corpus, sides):
    """FairytaleQA stories, cut wherever one of their questions' stretches begins or ends."""
    asked = {}
    for row in rows(f"{corpus}/sup-short-human.jsonl.xz"):
        if row["group"].startswith("fairy/"):
            own = [q for q in row["qa"] if q["task"] == "fairytale_qa" and q["answer"].strip(" .").lower() in row["context"].lower()]
            asked.setdefault(document_of(row["group"]), []).append((" ".join(row["context"].split()), own))
    for row in rows(f"{corpus}/sup-long.jsonl.xz"):
        story = row["group"]
        if story not in asked or side_of(story) not in sides:
            continue
        text = " ".join(row["context"].split())
        places = [(text.find(part), text.find(part) + len(part), own) for part, own in asked[story] if part in text]
        borders = sorted({0, len(text), *(p[0] for p in places), *(p[1] for p in places)})
        parts = [{"text": text[a:b], "qa": [], "span": 1} for a, b in zip(borders, borders[1:])]
        for start, end, own in places:
            first, last = borders.index(start), borders.index(end)
            for question in own:
                parts[first]["qa"].append({**question, "span": last - first})
        yield parts


def build_whole(name, documents, filler, rng, most):
    """Whole documents with book text between them; a question's evidence lies in `span` sections from `section` on."""
    sections, asked, words = [], [], 0
    while words < WORDS:
        document = next(documents, None) if words < WORDS * 0.7 else None
        if document is None:
            sections.append(next(filler))
        else:
            for part in document:
                asked.extend({"question": q["question"], "answer": q["answer"].strip(" ."), "section": len(sections), "span": q.get("span", 1)} for q in part["qa"])
                sections.append(part["text"])
                words += len(part["text"].split())
            sections.append(next(filler))
        words += len(sections[-1].split())
    rng.shuffle(asked)
    return {"name": name, "sections": sections, "questions": asked[:most]}


def build(name, chosen, filler, rng, most):
    """Alternates passages and filler; `section` numbers say where each question belongs."""
    sections, questions, words = [], [], 0
    for passage in chosen:
        if words >= WORDS * 0.7:
            break
        question = rng.choice(passage["qa"])
        if len(questions) < most:
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
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    sides = PARTS[options.part]
    rng = random.Random(options.seed)
    text = list(fillers(f"{options.corpus}/books.jsonl.xz", sides))
    rng.shuffle(text)
    filler = iter(text)
    haystacks = []
    for kind, whole in (("articles", whole_articles), ("stories", whole_stories)) if options.whole else ():
        documents = list(whole(options.corpus, sides))
        rng.shuffle(documents)
        for number in range(4):
            haystacks.append(build_whole(f"{kind} {number + 1}", iter(documents[number::4]), filler, rng, options.questions))
    for kind in () if options.whole else KINDS:
        passages = list(passages_of(kind, options.corpus, sides))
        rng.shuffle(passages)
        for number in range(4):
            haystacks.append(build(f"{kind} {number + 1}", passages[number::4], filler, rng, options.questions))
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(haystacks, file)
    for hay in haystacks:
        print(hay["name"], sum(len(s.split()) for s in hay["sections"]), "words", len(hay["questions"]), "questions")


if __name__ == "__main__":
    main()
