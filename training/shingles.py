"""Overlap between texts, by runs of 13 words: what training may not see, and what it need not see twice.

`find_overlap` reads the whole corpus once and says which train documents share text with a held-out document or with
the evaluation, and which contexts of the supervised files are new. Does not know: token files, models.

Source: 13-gram overlap as GPT-3 used it against test sets (Brown et al. 2020, arXiv:2005.14165, appendix C).
"""
import glob
import json
import os
import re
import subprocess
import zlib
from multiprocessing import Pool

import numpy as np

from .corpus import CorpusError, corpus_files, document_text, is_held_out, read_rows, split_of
from .reader.questions import is_test

WORDS = 13
HELD_OUT_SHARE = 0.01       # of a document's shingles: chosen by looking above and below it (training-data.md)
HELD_OUT_SHINGLES = 5       # fewer are chance: a licence line, a proverb
NOTE_HELD_OUT_SHARE = 0.02  # a context is short: one shared sentence is much of it
REPEATED_SHARE = 0.5        # of a context's shingles seen before: it tells nothing new
DOCUMENTS = (".txt", ".md", ".html", ".pdf")
NO_DOCUMENTS = ("SOURCE.md", "SOURCES.md", "README.md")
_WORD = re.compile(r"\w+")
_known = {}                 # word -> 64-bit number, per process


def shingles(text):
    """One 64-bit number for every run of 13 words of `text`, without case and punctuation; in order, with repeats.

    Shapes   returns  uint64  (n,)    one number for all words together where there are fewer than 13; none for no word
    """
    known, numbers = _known, []
    for word in _WORD.findall(text.lower()):
        number = known.get(word)
        if number is None:
            data = word.encode("utf-8")
            number = known[word] = zlib.crc32(data) << 32 | zlib.crc32(data, 0x9e3779b9)
        numbers.append(number)
    numbers = np.array(numbers, dtype=np.uint64)
    if len(numbers) == 0:
        return numbers
    length = min(WORDS, len(numbers))
    total = np.zeros(len(numbers) - length + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):                                # arithmetic modulo 2^64 is meant
        for i in range(length):
            total = (total ^ numbers[i:i + len(total)]) * np.uint64(0x9E3779B97F4A7C15)
            total ^= total >> np.uint64(29)
    return total


def plain_text(path):
    """Text of an evaluation document, or None where this machine cannot read it (a PDF without pdftotext)."""
    if path.endswith(".pdf"):
        try:
            return subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode("utf-8")
        except FileNotFoundError:
            return None
        except subprocess.CalledProcessError as error:
            raise CorpusError(f"{path}: pdftotext cannot read it ({error.stderr.decode()[:200]})") from error
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return re.sub(r"<[^>]*>", " ", text) if path.endswith(".html") else text


def evaluation_texts(folders):
    """({name: text}, ids of corpus documents that questions are asked about, names not covered) of the evaluation."""
    texts, ids, missing = {}, set(), []
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "**", "*"), recursive=True)):
            if path.endswith(DOCUMENTS) and os.path.basename(path) not in NO_DOCUMENTS:
                text = plain_text(path)
                if text is None:
                    missing.append(path)
                else:
                    texts[path] = text
            elif path.endswith(".json"):
                with open(path, encoding="utf-8") as f:
                    content = json.load(f)
                if isinstance(content, dict) and "id" in content.get("document", {}):
                    ids.add(content["document"]["id"])
    return texts, ids, missing


def _document_shingles(job):
    kind, path, tokenizer = job
    out = []
    for row in read_rows(path):
        text, split = document_text(row), "train"
        if is_held_out(kind, row["id"], 1 << 30):           # only these need their number of tokens
            split = split_of(kind, row["id"], 1 + len(tokenizer.encode(text)))
        out.append((kind, row["id"], split, shingles(text)))
    return out


def _note_shingles(path):
    return [(row["group"], shingles(row["context"])) for row in read_rows(path)]


def _belongs_to(group, held_out_ids):
    """True where a supervised row's group names one of these documents: book/ID/12, dochead/ID/Heading, ID/3."""
    parts = group.split("/")
    return any("/".join(parts[i:j]) in held_out_ids for i in (0, 1) for j in range(i + 1, len(parts) + 1))


class Overlap:
    """Shingles of the held-out texts, and of which of them each is."""

    def __init__(self, texts):
        self.names = list(texts)
        lengths = [len(texts[name]) for name in self.names]
        hashes = np.concatenate([texts[name] for name in self.names] + [np.zeros(0, np.uint64)])
        self.hashes, first = np.unique(hashes, return_index=True)
        self.owner = np.repeat(np.arange(len(self.names)), lengths)[first]

    def of(self, hashes):
        """(shared share, shared shingles, name of the text that shares most)."""
        if len(hashes) == 0 or len(self.hashes) == 0:
            return 0.0, 0, ""
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        shared = self.hashes[at] == hashes
        count = int(shared.sum())
        name = self.names[np.bincount(self.owner[at[shared]]).argmax()] if count else ""
        return count / len(hashes), count, name


def first_seen_shares(lists):
    """For each array of shingles the share that already occurs in an earlier array."""
    owner = np.repeat(np.arange(len(lists)), [len(h) for h in lists])
    _, first, inverse = np.unique(np.concatenate(lists), return_index=True, return_inverse=True)
    seen = owner[first][inverse] < owner
    return np.bincount(owner, seen, len(lists)) / np.maximum(np.bincount(owner, minlength=len(lists)), 1)


def find_overlap(folders, sup_paths, evaluation, tokenizer, processes):
    """What to leave out of training.

    Returns  dropped:  train documents: kind, id, share, shingles, with
             near:     those below the threshold that share something, the largest shares first (to judge it by)
             notes:    file name -> numbers of the rows (from 0) whose context is trained on
             left_out: file name -> reason -> rows
             missing:  evaluation files that could not be read
    """
    texts, ids, missing = evaluation_texts(evaluation)
    held = {name: shingles(text) for name, text in texts.items()}
    with Pool(processes) as pool:
        jobs = [(kind, path, tokenizer) for kind, path in corpus_files(folders)]
        documents = [d for part in pool.imap(_document_shingles, jobs) for d in part]
        notes = list(pool.imap(_note_shingles, sup_paths))
    held.update({i: h for _, i, split, h in documents if split != "train" or i in ids})
    overlap, dropped, near, train = Overlap(held), [], [], []
    for kind, i, split, hashes in documents:
        if split != "train":
            continue
        share, count, name = (1.0, len(hashes), "questions are asked about it") if i in ids else overlap.of(hashes)
        entry = {"kind": kind, "id": i, "share": round(share, 4), "shingles": count, "with": name}
        if share >= HELD_OUT_SHARE and count >= HELD_OUT_SHINGLES:
            dropped.append(entry)
        else:
            train.append(hashes)
            near.append(entry)
    near = sorted((e for e in near if e["shingles"]), key=lambda e: -e["share"])
    kept, left_out = _new_notes(sup_paths, notes, train, overlap, frozenset(held))
    return {"dropped": dropped, "near": near[:60], "notes": kept, "left_out": left_out, "missing": missing}


def _new_notes(paths, notes, train, overlap, held_out_ids):
    rows = [(path, n, group, hashes) for path, part in zip(paths, notes) for n, (group, hashes) in enumerate(part)]
    repeated = first_seen_shares(train + [row[3] for row in rows])[len(train):] if rows else []
    kept = {os.path.basename(p): [] for p in paths}
    left_out = {os.path.basename(p): {} for p in paths}
    for (path, n, group, hashes), seen in zip(rows, repeated):
        if is_test(group) or _belongs_to(group, held_out_ids):
            reason = "its document is held out"
        elif overlap.of(hashes)[0] >= NOTE_HELD_OUT_SHARE:
            reason = "shares text with a held-out document"
        elif seen >= REPEATED_SHARE or len(hashes) == 0:
            reason = "repeats text that is there already"
        else:
            kept[os.path.basename(path)].append(n)
            continue
        counts = left_out[os.path.basename(path)]
        counts[reason] = counts.get(reason, 0) + 1
    return kept, left_out
