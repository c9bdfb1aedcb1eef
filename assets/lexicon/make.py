"""Makes wordnet.txt.gz, the lexicon of words that mean nearly the same or name a kind of thing, out of WordNet 3.0.

    apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb wn
    python3 assets/lexicon/make.py wn/usr/share/wordnet <corpus folder>... > assets/lexicon/wordnet.txt.gz

One line a synset: number, numbers of what it is a kind of (hypernyms; for adjectives the head of its cluster), and its
words with the rank of this meaning among the word's meanings (1: the commonest): `n12 3,7 ring/2 hoop/1`, where n is a noun, v
a verb, a an adjective. Only single words
that occur at least four times in the corpus are kept, with meanings up to the fourth. Source: Fellbaum (ed.) 1998, WordNet.
"""
import collections
import gzip
import lzma
import json
import re
import sys

FILES = ("books", "books-more", "docs", "docs-more")
LEAST, DEEPEST_RANK = 4, 4


def corpus_words(folders):
    counts = collections.Counter()
    for folder in folders:
        for name in FILES:
            try:
                with lzma.open(f"{folder}/{name}.jsonl.xz", "rt", encoding="utf-8") as f:
                    for line in f:
                        counts.update(re.findall(r"[a-z]+(?:-[a-z]+)*", json.loads(line)["text"].lower()))
            except FileNotFoundError:
                continue
    return {w for w, n in counts.items() if n >= LEAST}


def ranks(folder, pos):
    """(lemma, synset offset) to the rank of the meaning."""
    found = {}
    with open(f"{folder}/index.{pos}", encoding="ascii") as f:
        for line in f:
            if line.startswith(" "):
                continue
            parts = line.split()
            offsets = parts[6 + int(parts[3]):]
            for rank, offset in enumerate(offsets, 1):
                found[parts[0], offset] = rank
    return found


def read(folder, known):
    synsets = {}
    for pos in ("noun", "verb", "adj"):
        rank = ranks(folder, pos)
        with open(f"{folder}/data.{pos}", encoding="ascii") as f:
            for line in f:
                if line.startswith(" "):
                    continue
                parts = line.split("|")[0].split()
                offset, count = parts[0], int(parts[3], 16)
                words = [re.sub(r"\(.*\)", "", parts[4 + 2 * i]).lower() for i in range(count)]
                at = 4 + 2 * count
                pointers = [parts[at + 1 + 4 * i:at + 5 + 4 * i] for i in range(int(parts[at]))]
                up = [target for kind, target, p, _ in pointers
                      if kind in ("@", "@i") or kind == "&" and parts[2] == "s"]
                own = [(w, rank.get((w, offset), 9)) for w in words if "_" not in w and w in known]
                synsets[pos, offset] = (up, [(w, r) for w, r in own if r <= DEEPEST_RANK])
    return synsets


def main():
    synsets = read(sys.argv[1], corpus_words(sys.argv[2:]))
    children = collections.defaultdict(list)
    for (pos, offset), (up, _) in synsets.items():
        for parent in up:
            children[pos, parent].append((pos, offset))
    kept, waiting = set(), [key for key, (_, words) in synsets.items() if words]
    while waiting:                                                  # with all that they are kinds of
        key = waiting.pop()
        if key in kept or key not in synsets:
            continue
        kept.add(key)
        waiting += [(key[0], parent) for parent in synsets[key][0]]
    order = sorted(kept)
    number = {key: i for i, key in enumerate(order)}
    lines = []
    for key in order:
        up, words = synsets[key]
        parents = ",".join(str(number[key[0], p]) for p in up if (key[0], p) in number)
        lines.append(f"{key[0][0]}{number[key]} {parents or '-'} " + " ".join(f"{w}/{r}" for w, r in words))
    text = "".join(line.rstrip() + "\n" for line in lines)
    sys.stdout.buffer.write(gzip.compress(text.encode("ascii"), 9, mtime=0))
    print(f"{len(lines)} synsets, {len(text)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
