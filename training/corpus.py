"""Where documents come from and which of them no training may see.

Reads the jsonl.xz files that MANIFEST.md of the corpus describes: books, docs, code. Does not know: tokens, models.
"""
import collections
import glob
import hashlib
import json
import lzma
import os

KINDS = ("books", "docs", "code")
SAMPLE_SHARES = (("books", 0.45), ("docs", 0.35), ("code", 0.20))      # of the text that merges are learned from

# The book that is bundled with the application; every figure about it must be a figure about an unseen text.
ALWAYS_HELD_OUT = frozenset({"classic/Arthur Conan Doyle/The Lost World"})


def read_rows(path):
    """Rows of one jsonl.xz file, one at a time."""
    with lzma.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            yield json.loads(line)


def corpus_files(folders, kinds=KINDS):
    """(kind, path) of every text file, in a fixed order."""
    return [(kind, path) for kind in kinds for folder in folders
            for path in sorted(glob.glob(os.path.join(folder, kind + "*.jsonl.xz")))]


def document_text(row):
    """Text under its title line: so the first tokens tell what a document is about."""
    title, text = row.get("title"), row["text"]
    return f"# {title}\n\n{text}" if title and not text.lstrip().startswith("# ") else text


def is_held_out(kind, document_id, token_count):
    """True for validation documents: a hash of the id decides, among documents long enough to need a memory."""
    if document_id in ALWAYS_HELD_OUT:
        return True
    bucket = int(hashlib.sha1(("val" + document_id).encode()).hexdigest(), 16) % 1000
    if kind == "books":
        return token_count >= 40_000 and bucket < 80
    if kind == "docs":
        return token_count >= 20_000 and bucket < 130
    return token_count >= 2_000 and bucket < 25


def count_words(folders, megabytes, split_words):
    """Word counts over an even sample of about `megabytes` of text, at most 200,000 characters a document."""
    counts = collections.Counter()
    for kind, share in SAMPLE_SHARES:
        left = megabytes * 1e6 * share
        for _, path in corpus_files(folders, (kind,)):
            for row in read_rows(path):
                skipped = int(hashlib.sha1(row["id"].encode()).hexdigest(), 16) % 4
                if skipped or row["id"] in ALWAYS_HELD_OUT:
                    continue
                text = document_text(row)[:200_000]
                counts.update(split_words(text))
                left -= len(text)
                if left < 0:
                    break
            if left < 0:
                break
    return counts
