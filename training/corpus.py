"""Where documents come from and which of them no training may see.

Reads the jsonl.xz files that MANIFEST.md of the corpus describes: books, docs, code, and the contexts of the supervised
files ("notes"). Held-out documents are of two splits: `val` for decisions, `test` for final figures.
Does not know: tokens, models, overlap (shingles.py).
"""
import collections
import glob
import hashlib
import json
import lzma
import os

KINDS = ("books", "docs", "code")
NOTES = "notes"                         # the fourth kind: contexts of the supervised files, only ever trained on
SPLITS = ("train", "val", "test")
SAMPLE_SHARES = (("books", 0.45), ("docs", 0.35), ("code", 0.20))      # of the text that merges are learned from

# The book that is bundled with the application; every figure about it must be a figure about an unseen text.
ALWAYS_HELD_OUT = frozenset({"classic/Arthur Conan Doyle/The Lost World"})

# Held out by their hash, and the evaluation asks about them (bench/evaluate/documents): nothing is decided on them.
EVALUATED = ALWAYS_HELD_OUT | frozenset({
    "classic/Kenneth Grahame/The Wind in the Willows", "classic/Edward Bellamy/Looking Backward",
    "classic/Wilkie Collins/The Haunted Hotel", "classic/John Stuart Mill/The Subjection of Women",
    "openstax/anatomy-physiology/31", "openstax/anatomy-physiology/39", "openstax/anatomy-physiology/41",
    "openstax/anatomy-physiology/44"})

# Held out by their hash, and settings were tuned on them (bench/evaluate/development): no final figure comes from them.
TUNED_ON = frozenset({
    "debian/golang-1.19-doc/go_spec.html", "classic/Talbot Mundy/King of the Khyber Rifles",
    "classic/Frank Norris/The Pit", "classic/Joseph Conrad/Typhoon", "classic/H.G. Wells/The Sleeper Awakes",
    "classic/W.B. Yeats/The Celtic Twilight", "eltec/ENG18411_Tupper", "openstax/world-history/319",
    "debian/nodejs-doc/api/stream.html"})
TEST_PERMILLE = 450                     # of the held-out documents; leaves 37 long ones to test and 27 to val


class CorpusError(ValueError):
    """A corpus file that cannot be read to its end; the message names the file and the line."""


def read_rows(path):
    """Rows of one jsonl.xz file, one at a time.

    Errors   CorpusError  the file is cut off, damaged, or holds a line that is no JSON object
    """
    number = 0
    try:
        with lzma.open(path, "rt", encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise CorpusError(f"{path}, line {number}: not a JSON object")
                yield row
    except (EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}, after line {number}: cut off or damaged ({error})") from error
    except json.JSONDecodeError as error:
        raise CorpusError(f"{path}, line {number}: no JSON ({error})") from error


def corpus_files(folders, kinds=KINDS):
    """(kind, path) of every text file, in a fixed order."""
    return [(kind, path) for kind in kinds for folder in folders
            for path in sorted(glob.glob(os.path.join(folder, kind + "*.jsonl.xz")))]


def supervised_files(folders, names=("all",)):
    """Paths of sup-NAME.jsonl.xz in `folders`; the longest contexts first, so that a part repeats its whole.

    Errors   CorpusError  a name that no folder has
    """
    found = {os.path.basename(path)[4:-9]: path for folder in folders
             for path in glob.glob(os.path.join(folder, "sup-*.jsonl.xz"))}
    wanted = sorted(found) if "all" in names else sorted(names)
    for name in wanted:
        if name not in found:
            raise CorpusError(f"no sup-{name}.jsonl.xz in {', '.join(folders)}")
    return [found[name] for name in sorted(wanted, key=lambda n: (n != "long", n))]


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


def split_of(kind, document_id, token_count):
    """"train", "val" or "test". Another hash than `is_held_out`'s, so both parts are alike."""
    if not is_held_out(kind, document_id, token_count):
        return "train"
    if document_id in EVALUATED:
        return "test"
    bucket = int(hashlib.sha1(("test" + document_id).encode()).hexdigest(), 16) % 1000
    return "test" if bucket < TEST_PERMILLE and document_id not in TUNED_ON else "val"


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
