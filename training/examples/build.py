"""From the supervised files to token arrays, split by source document.

Files   SPLIT.stream.bin  uint16: all contexts, documents in order, each padded with line ends to a multiple of 32
        SPLIT.text.bin    uint16: question and answer ids of each example, one after the other
        SPLIT.npz         contexts (start, tokens, document), examples (context, task, text, question, answer, at)
        examples.json     counts
Split   test: what bench/evaluate keeps (reader.questions.is_test) and the corpus' own test documents; val: documents
        whose text is validation text, and one source in forty; train: the rest, less every context that shares 24
        tokens in a row with a held-out document.
Does not know: models, batches.
"""
import hashlib
import json
import os
import random
import re
import time
from dataclasses import dataclass
from multiprocessing import Pool

import numpy as np

from ..chat import reply
from ..corpus import CorpusError, read_rows, split_of as corpus_split
from ..data import read_tokenizer
from ..reader.questions import is_test, source_document
from .tasks import NAMES, examples_of

SPLITS = ("train", "val", "test")
ALIGNMENT = 32                      # tokens; a multiple of every ratio, so no gist span holds two contexts
MOST_CONTEXT, MOST_QUESTION, MOST_ANSWER = 2032, 120, 160       # tokens; longer ones are left out
GRAM, STRIDE = 24, 4                # tokens: a run as long as this is the same text
KIND_OF = {"book": "books", "chap": "books", "docs": "docs", "dochead": "docs", "docdesc": "docs", "ps": "docs",
           "man": "docs", "prop": "docs", "propw": "docs", "propt": "docs", "code": "code", "codefn": "code"}
CHUNK = 150                         # rows a job


def document_of(group, known):
    """(kind, id) of the corpus document that a row's group comes from; (None, group) where it is none.

    `known`: ids of documents; where none of them fits, the group without its last part.
    """
    head, *rest = group.split("/")
    if head not in KIND_OF:
        return None, group
    for end in range(len(rest), 0, -1):
        if "/".join(rest[:end]) in known:
            return KIND_OF[head], "/".join(rest[:end])
    return KIND_OF[head], "/".join(rest if head in ("docdesc", "ps", "man", "prop", "propw", "propt") else rest[:-1])


def split_of(group, split_of_document):
    """"train", "val" or "test" for a row. `split_of_document`: id to split, as data.py wrote it."""
    kind, document = document_of(group, split_of_document)
    known = split_of_document.get(document) or kind and corpus_split(kind, document, 1 << 20)
    if is_test(group) or known == "test":
        return "test"
    if known == "val":
        return "val"
    bucket = int(hashlib.sha1(("instruct" + source_document(group)).encode()).hexdigest(), 16)
    return "val" if bucket % 40 == 0 and not kind else "train"


def gram_hashes(ids, stride=1):
    """Hashes of all runs of GRAM ids, uint64; equal runs have equal hashes."""
    ids = np.asarray(ids).astype(np.uint64) + np.uint64(1)
    count = len(ids) - GRAM + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    places = np.arange(0, count, stride)
    hashes = np.zeros(len(places), dtype=np.uint64)
    for j in range(GRAM):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + ids[places + j]
    return hashes ^ (hashes >> np.uint64(29))


def held_out_grams(folder):
    """Sorted hashes of every run in the held-out token files of `folder`."""
    found = [gram_hashes(np.fromfile(os.path.join(folder, split + ".bin"), dtype=np.uint16))
             for split in ("val", "test") if os.path.exists(os.path.join(folder, split + ".bin"))]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


def overlaps(ids, grams):
    hashes = gram_hashes(ids, STRIDE)
    if not len(hashes) or not len(grams):
        return False
    return bool((grams[np.minimum(np.searchsorted(grams, hashes), len(grams) - 1)] == hashes).any())


@dataclass
class _Shared:
    """What every worker holds; forked, never pickled."""
    tokenizer: object = None
    grams: object = None
    splits: object = None


shared = _Shared()


def _tokenise(rows):
    """[(split, group, context ids, [(task, question ids, answer ids, answer's first token)])], count of dropped."""
    tokenizer, found, dropped = shared.tokenizer, [], 0
    for group, context, entries in rows:
        rng = random.Random(group + context[:60])
        split = split_of(group, shared.splits)
        context = context.strip()
        ids = np.array(tokenizer.encode(context), dtype=np.uint16)
        if not 16 <= len(ids) <= MOST_CONTEXT:
            continue
        if split == "train" and overlaps(ids, shared.grams):
            dropped += 1
            continue
        examples = []
        for entry in entries:
            for task, question, answer, at in examples_of(context, entry, rng):
                asked, answered = tokenizer.encode(question), reply(tokenizer, answer)
                if len(asked) <= MOST_QUESTION and len(answered) <= MOST_ANSWER:
                    first = len(tokenizer.encode(context[:at].rstrip(" "))) if at >= 0 else -1  # its space is its own
                    examples.append((NAMES.index(task), asked, answered, first))
        if examples:
            found.append((split, group, ids, examples))
    return found, dropped


def _jobs(paths):
    """Rows of all files, CHUNK at a time. Errors: CorpusError names a damaged file; a pool would hang on SystemExit."""
    rows = []
    for path in paths:
        for row in read_rows(path):
            rows.append((row["group"], row["context"], row["qa"]))
            if len(rows) == CHUNK:
                yield rows
                rows = []
    yield rows


def natural(group):
    """Sort key by which part 10 of a document follows part 9."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", group)]


def build(data, paths, out, processes):
    """Writes all files; returns the counts."""
    begin = time.time()
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(data, "meta.json"), encoding="utf-8") as f:
        meta = json.load(f)
    shared.splits = {d["id"]: split for split in SPLITS for d in meta.get(split, [])}
    shared.tokenizer = read_tokenizer(data, use_library=False)
    shared.grams = held_out_grams(data)
    contexts, dropped = {split: {} for split in SPLITS}, 0
    try:
        with Pool(processes) as pool:
            for found, count in pool.imap(_tokenise, _jobs(paths)):
                dropped += count
                for split, group, ids, examples in found:
                    contexts[split].setdefault((group, ids.tobytes()), (group, ids, []))[2].extend(examples)
    except CorpusError as error:
        raise SystemExit(str(error)) from error
    newline = shared.tokenizer.encode("\n")
    counts = {split: write_split(out, split, contexts[split].values(), newline) for split in SPLITS}
    counts.update(dropped_for_overlap=dropped, files=[os.path.basename(p) for p in paths],
                  seconds=round(time.time() - begin, 1))
    with open(os.path.join(out, "examples.json"), "w", encoding="utf-8") as f:
        json.dump(counts, f, indent=1)
    return counts


def write_split(out, split, contexts, newline):
    """The three files of one split from (group, ids, examples); returns what they hold."""
    stream, text, rows, examples, number = [], [], [], [], {}
    at, text_at = 0, 0
    for group, ids, found in sorted(contexts, key=lambda c: natural(c[0])):
        padding = -len(ids) % ALIGNMENT
        stream += [ids, np.array(newline * padding, dtype=np.uint16)]
        for task, question, answer, first in found:
            examples.append((len(rows), task, text_at, len(question), len(answer), first))
            text.append(np.array(question + answer, dtype=np.uint16))
            text_at += len(question) + len(answer)
        rows.append((at, len(ids), number.setdefault(source_document(group), len(number))))
        at += len(ids) + padding
    for name, parts in (("stream", stream), ("text", text)):
        ids = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16)
        ids.tofile(os.path.join(out, f"{split}.{name}.bin"))
    rows = np.array(rows, dtype=np.int64).reshape(-1, 3)
    examples = np.array(examples, dtype=np.int64).reshape(-1, 6)
    np.savez(os.path.join(out, f"{split}.npz"), contexts=rows, examples=examples)
    tasks = np.bincount(examples[:, 1], minlength=len(NAMES))
    return dict(contexts=len(rows), tokens=at, documents=len(number), examples=len(examples),
                tasks={name: int(n) for name, n in zip(NAMES, tasks) if n})
