"""Token files as small checked pieces, for a machine that can be sent only so much at a time.

`python3 -m training.shards pack` writes folders A, B, C ... of at most --most_mb each: the manifest, xz pieces of whole
documents, and the supervised files as they are. `... unpack` makes token files of the folders that have arrived; the
contexts of supervised files ("notes") are tokenised there, because these files travel anyway.
Does not know: how documents were chosen (data.py), models.
"""
import argparse
import hashlib
import json
import lzma
import os
import shutil
import time
from contextlib import ExitStack
from multiprocessing import Pool

import numpy as np

from .corpus import NOTES, SPLITS, CorpusError, read_rows, supervised_files
from .data import note_id
from .tokenizer import DOC, Tokenizer

PIECE_TOKENS = 2_500_000            # 5 MB of ids, about 2 MB packed: a core unpacks one in half a second
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lp": 1, "lc": 3, "pb": 1}]    # ids of 2 bytes
MANIFEST = "manifest.json.xz"
TEXTS_A_JOB = 400
_tokenizer = None


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _pack_piece(job):
    path, start, tokens = job
    ids = np.fromfile(path, np.uint16, tokens, offset=2 * start)
    return lzma.compress(ids.tobytes(), format=lzma.FORMAT_XZ, filters=FILTERS)


def plan_pieces(documents, split):
    """Runs of neighbouring documents of about PIECE_TOKENS; notes are left out."""
    pieces = []
    for d in documents:
        if d["kind"] == NOTES:
            continue
        if not pieces or pieces[-1]["tokens"] >= PIECE_TOKENS:
            pieces.append({"name": f"{split}-{len(pieces):03d}.xz", "split": split, "start": d["start"], "tokens": 0,
                           "documents": []})
        pieces[-1]["tokens"] += d["tokens"]
        pieces[-1]["documents"].append([d["kind"], d["id"], d["tokens"], d["bytes"]])
    return pieces


def plan_notes(meta, ids, paths):
    """For each supervised file its sum, and of its notes the rows, tokens, bytes and the sum of their ids."""
    notes = []
    for path in paths:
        name = os.path.basename(path)
        documents = [d for d in meta["train"] if d["kind"] == NOTES and d["id"].startswith(name + ":")]
        sums = hashlib.sha256()
        for d in documents:
            sums.update(ids[d["start"]:d["start"] + d["tokens"]].tobytes())
        with open(path, "rb") as f:
            notes.append({"name": name, "sha256": _sha256(f.read()), "ids_sha256": sums.hexdigest(),
                          "rows": [int(d["id"].rsplit(":", 1)[1]) for d in documents]})
    return notes


def pack(data, out, corpus, most_mb, processes):
    """Folders A, B, ... under `out`; every one carries the manifest. Returns [(folder, bytes)].

    Errors   CorpusError  one item alone is larger than a folder may be
    """
    with open(os.path.join(data, "meta.json"), encoding="utf-8") as f:
        meta = json.load(f)
    with open(os.path.join(data, "tokenizer.json"), encoding="utf-8") as f:
        tokenizer = f.read()
    pieces = [p for split in ("val", "test", "train") for p in plan_pieces(meta[split], split)]
    jobs = [(os.path.join(data, p["split"] + ".bin"), p["start"], p["tokens"]) for p in pieces]
    with Pool(processes) as pool:
        packed = pool.map(_pack_piece, jobs, chunksize=1)
    for piece, content in zip(pieces, packed):
        piece.update(size=len(content), sha256=_sha256(content))
    paths = supervised_files(corpus)
    ids = np.memmap(os.path.join(data, "train.bin"), dtype=np.uint16, mode="r")
    manifest = {"tokenizer": tokenizer, "pieces": pieces, "notes": plan_notes(meta, ids, paths)}
    manifest = lzma.compress(json.dumps(manifest).encode("utf-8"))

    items = [(p["name"], content) for p, content in zip(pieces, packed)]
    supervised = []
    for path in paths:
        with open(path, "rb") as f:
            supervised.append((os.path.basename(path), f.read()))
    evaluation = sum(p["split"] != "train" for p in pieces)
    items[evaluation:evaluation] = supervised[:1]           # the long contexts are needed first
    folders = []                                            # [size, items]: the first that has room takes an item
    for name, content in items + supervised[1:]:
        if len(content) + len(manifest) > most_mb * 1e6:
            raise CorpusError(f"{name} has {len(content)/1e6:.1f} MB, a folder may have {most_mb} MB")
        for folder in folders:
            if folder[0] + len(content) <= most_mb * 1e6:
                break
        else:
            folder = [len(manifest), [(MANIFEST, manifest)]]
            folders.append(folder)
        folder[0] += len(content)
        folder[1].append((name, content))
    for letter, (_, contents) in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", folders):
        place = os.path.join(out, letter)
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        for name, content in contents:
            with open(os.path.join(place, name), "wb") as f:
                f.write(content)
    return [(letter, size, [name for name, _ in contents])
            for letter, (size, contents) in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", folders)]


def read_manifest(folders):
    for folder in folders:
        path = os.path.join(folder, MANIFEST)
        if os.path.exists(path):
            try:
                with lzma.open(path, "rt", encoding="utf-8") as f:
                    return json.load(f)
            except (EOFError, lzma.LZMAError, ValueError) as error:
                raise CorpusError(f"{path}: cut off or damaged ({error})") from error
    raise CorpusError(f"no {MANIFEST} in {', '.join(folders)}")


def _find(folders, name):
    return next((p for p in (os.path.join(folder, name) for folder in folders) if os.path.exists(p)), None)


def _unpack_piece(job):
    path, size, sha256, tokens = job
    with open(path, "rb") as f:
        content = f.read()
    if len(content) != size:
        raise CorpusError(f"{path}: cut off, {len(content)} of {size} bytes")
    if _sha256(content) != sha256:
        raise CorpusError(f"{path}: damaged, another checksum than the manifest's")
    ids = lzma.decompress(content)
    if len(ids) != 2 * tokens:
        raise CorpusError(f"{path}: {len(ids) // 2} tokens, the manifest says {tokens}")
    return ids


def _start_tokenising(path):
    global _tokenizer
    _tokenizer = Tokenizer(path)


def _encode(texts):
    return [(np.array([DOC] + _tokenizer.encode(text), dtype=np.uint16), len(text.encode("utf-8"))) for text in texts]


def read_notes(entry, path, pool):
    """[(id, bytes, ids)] of the contexts of one supervised file; checked against the sums in the manifest."""
    with open(path, "rb") as f:
        if _sha256(f.read()) != entry["sha256"]:
            raise CorpusError(f"{path}: cut off or damaged, another checksum than the manifest's")
    wanted = frozenset(entry["rows"])
    texts = [row["context"] for n, row in enumerate(read_rows(path)) if n in wanted]
    jobs = [texts[i:i + TEXTS_A_JOB] for i in range(0, len(texts), TEXTS_A_JOB)]
    encoded = [pair for part in pool.imap(_encode, jobs) for pair in part]
    sums = hashlib.sha256()
    for ids, _ in encoded:
        sums.update(ids.tobytes())
    if sums.hexdigest() != entry["ids_sha256"]:     # another Unicode version knows other letters: no harm to training
        print(f"{path}: tokenised to other ids than where it was packed; is `regex` another version?", flush=True)
    return [(note_id(path, n), size, ids) for n, (ids, size) in zip(entry["rows"], encoded)]


def unpack(folders, out, processes, with_notes=True):
    """train.bin, val.bin, test.bin, meta.json, tokenizer.json from what has arrived. Returns (meta, missing names).

    Errors   CorpusError  names the piece that is cut off or damaged; nothing in `out` has changed then
    """
    manifest = read_manifest(folders)
    os.makedirs(out, exist_ok=True)
    tokenizer = os.path.join(out, "tokenizer.json")
    with open(tokenizer + ".part", "w", encoding="utf-8") as f:
        f.write(manifest["tokenizer"])
    os.replace(tokenizer + ".part", tokenizer)
    found = [(p, _find(folders, p["name"])) for p in manifest["pieces"]]
    notes = [(n, _find(folders, n["name"])) for n in manifest["notes"]]
    missing = [entry["name"] for entry, path in found + notes if path is None]
    meta, position = {s: [] for s in SPLITS}, dict.fromkeys(SPLITS, 0)

    def add(split, kind, document_id, tokens, size):
        meta[split].append({"kind": kind, "id": document_id, "start": position[split], "tokens": tokens, "bytes": size})
        position[split] += tokens

    with ExitStack() as stack:
        files = {s: stack.enter_context(open(os.path.join(out, s + ".bin.part"), "wb")) for s in SPLITS}
        pool = stack.enter_context(Pool(processes, _start_tokenising, (tokenizer,)))
        here = [(p, path) for p, path in found if path]
        jobs = [(path, p["size"], p["sha256"], p["tokens"]) for p, path in here]
        for (piece, _), ids in zip(here, pool.imap(_unpack_piece, jobs)):
            files[piece["split"]].write(ids)
            for document in piece["documents"]:
                add(piece["split"], *document)
        for entry, path in notes:
            if path and with_notes:
                for document_id, size, ids in read_notes(entry, path, pool):
                    ids.tofile(files["train"])
                    add("train", NOTES, document_id, len(ids), size)
    with open(os.path.join(out, "meta.json.part"), "w", encoding="utf-8") as f:
        json.dump(meta, f)
    for name in [split + ".bin" for split in SPLITS] + ["meta.json"]:
        os.replace(os.path.join(out, name + ".part"), os.path.join(out, name))
    return meta, missing


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["pack", "unpack"])
    parser.add_argument("--data", help="pack: folder of the token files")
    parser.add_argument("--corpus", nargs="+", default=[], help="pack: folders with the sup-*.jsonl.xz that travel too")
    parser.add_argument("--shards", nargs="+", help="unpack: the folders that have arrived")
    parser.add_argument("--out", required=True)
    parser.add_argument("--most_mb", type=float, default=33, help="pack: of one folder, in 10^6 bytes")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    args = parser.parse_args()
    begin = time.time()
    try:
        if args.stage == "pack":
            for letter, size, names in pack(args.data, args.out, args.corpus, args.most_mb, args.processes):
                print(f"{letter}: {size/1e6:.1f} MB, {len(names)} files: {' '.join(names)}")
        else:
            meta, missing = unpack(args.shards, args.out, args.processes)
            for split in SPLITS:
                tokens = sum(d["tokens"] for d in meta[split])
                print(f"{split}: {len(meta[split])} documents, {tokens/1e6:.2f} M tokens")
            print("missing: " + (" ".join(missing) or "nothing"))
    except CorpusError as error:
        raise SystemExit(f"stopped: {error}") from None
    print(f"{args.stage}: {time.time() - begin:.1f} s")


if __name__ == "__main__":
    main()
