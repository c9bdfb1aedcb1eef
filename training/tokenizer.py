"""Byte-level BPE: learning the merges, encoding, decoding, and the usual tokenizer.json.

The Python encoder keeps a cache per word and gives the same ids as the Rust and JavaScript libraries that read
tokenizer.json; when the `tokenizers` package is installed it is used instead, because it is many times faster.
Does not know: documents, splits, models.

Source: byte-pair encoding of words (Sennrich et al. 2016, arXiv:1508.07909) over bytes (Radford et al. 2019); the word
split follows the pattern that Llama 3 publishes, with one difference: digits stand alone instead of in threes.
"""
import collections
import heapq
import json
import re
import unicodedata

PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
           r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# What \s means to `regex`; to `re` it means four control characters more.
SPACES = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
SPECIAL = ["<|doc|>", "<|user|>", "<|assistant|>", "<|end|>", "<|memory|>", "<|passage|>", "<|pad|>", "<|reserved|>"]
DOC, END, PAD = 0, 3, 6                 # ids of the document border, the end of a turn, padding
CACHED_WORDS = 2_000_000                # about 400 MB of Python lists at most
NO_RANK = 1 << 30

_splitter = None


def split_words(text):
    """Pieces of `text` that merges never cross; joined they give `text` again."""
    global _splitter
    if _splitter is None:
        try:
            import regex                # the standard library's `re` does not know \p{L}
            _splitter = regex.compile(PATTERN).findall
        except ImportError:
            _splitter = re.compile(plain_pattern()).findall
    return _splitter(text)


def plain_pattern():
    """PATTERN for a machine without `regex`, its classes written out from Python's own Unicode tables.

    Letters newer than one of the two tables may be split differently.
    """
    letter, number, space = _ranges("L"), _ranges("N"), SPACES
    return (rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n{letter}{number}]?[{letter}]+|[{number}]"
            rf"| ?[^{space}{letter}{number}]+[\r\n]*|[{space}]*[\r\n]+|[{space}]+(?![^{space}])|[{space}]+")


def _ranges(category):
    """Code points of a general category as they stand inside a class: a-zA-Z..."""
    spans = []
    for code in range(0x110000):
        if unicodedata.category(chr(code))[0] == category:
            if spans and spans[-1][1] == code - 1:
                spans[-1][1] = code
            else:
                spans.append([code, code])
    return "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in spans)


def byte_symbols():
    """256 printable stand-ins, one per byte, as every byte-level BPE file uses them."""
    keep = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    others = (b for b in range(256) if b not in keep)
    shifted = {b: chr(256 + n) for n, b in enumerate(others)}
    return [chr(b) if b in keep else shifted[b] for b in range(256)]


class Tokenizer:
    """Text to ids and back. Document text never becomes a special token: `encode` does not look for them."""

    def __init__(self, path, use_library=True):
        with open(path, encoding="utf-8") as f:
            model = json.load(f)["model"]
        self.vocab = model["vocab"]
        pairs = (tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"])
        self.rank = {pair: i for i, pair in enumerate(pairs)}
        self.symbols = byte_symbols()
        self.byte_of = {s: b for b, s in enumerate(self.symbols)}
        self.text_of = {i: t for t, i in self.vocab.items()}
        self.cache = {}
        self.library = _load_library(path) if use_library else None

    def __len__(self):
        return len(self.vocab)

    def encode(self, text):
        """Ids of `text`, without a document border."""
        if self.library:
            return self.library.encode(text, add_special_tokens=False).ids
        ids, cache = [], self.cache
        for word in split_words(text):
            known = cache.get(word)
            if known is None:
                known = self._merge(word)
                if len(cache) < CACHED_WORDS:
                    cache[word] = known
            ids += known
        return ids

    def decode(self, ids):
        """Text of `ids`; special tokens are left out, broken UTF-8 becomes U+FFFD."""
        text = "".join(self.text_of[i] for i in ids if i >= len(SPECIAL))
        return bytes(self.byte_of[c] for c in text).decode("utf-8", "replace")

    def byte_lengths(self):
        """Bytes of text per id, special tokens 0; a list of V numbers."""
        return [0 if i < len(SPECIAL) else len(self.text_of[i]) for i in range(len(self.vocab))]

    def _merge(self, word):
        parts = [self.symbols[b] for b in word.encode("utf-8")]
        while len(parts) > 1:
            rank, i = min((self.rank.get(p, NO_RANK), i) for i, p in enumerate(zip(parts, parts[1:])))
            if rank == NO_RANK:
                break
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return [self.vocab[p] for p in parts]


def _load_library(path):
    try:
        from tokenizers import Tokenizer as Library
    except ImportError:
        return None
    return Library.from_file(path)


def learn_bpe(word_counts, vocab_size):
    """Greedy pair merging over word types; returns (tokens in id order, merges in rank order).

    An index from pair to words and a lazy heap make one merge cost only the words it touches. Words seen once are
    left out: they hold no pair worth a merge.
    """
    symbols = byte_symbols()
    tokens = list(SPECIAL) + symbols
    words = [([symbols[b] for b in w.encode("utf-8")], n) for w, n in word_counts.items() if n > 1]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (parts, n) in enumerate(words):
        for pair in zip(parts, parts[1:]):
            pairs[pair] += n
            where[pair].add(i)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    merges = []
    while len(tokens) < vocab_size and heap:
        negative, best = heapq.heappop(heap)
        if pairs.get(best, 0) != -negative:                 # an old count: put the true one back
            if pairs.get(best, 0) > 0:
                heapq.heappush(heap, (-pairs[best], best))
            continue
        merges.append(best)
        tokens.append(best[0] + best[1])
        changed = _apply_merge(best, words, pairs, where)
        for pair in changed:
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))
    return tokens, merges


def _apply_merge(best, words, pairs, where):
    """Replace the pair `best` in every word that holds it; returns the pairs whose count may have grown."""
    changed = set()
    for i in where.pop(best):
        parts, n = words[i]
        for pair in zip(parts, parts[1:]):
            pairs[pair] -= n
        merged, j = [], 0
        while j < len(parts):
            if tuple(parts[j:j + 2]) == best:
                merged.append(best[0] + best[1])
                j += 2
            else:
                merged.append(parts[j])
                j += 1
        words[i] = (merged, n)
        for pair in zip(merged, merged[1:]):
            pairs[pair] += n
            where[pair].add(i)
            changed.add(pair)
    pairs.pop(best, None)
    return changed


def write_tokenizer_json(path, tokens, merges):
    """The file that `tokenizers`, transformers and @huggingface/tokenizers read."""
    special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for i, t in enumerate(SPECIAL)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
             "vocab": {t: i for i, t in enumerate(tokens)}, "merges": [f"{a} {b}" for a, b in merges]}
    content = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
               "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]}, "post_processor": None,
               "decoder": byte_level, "model": model}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f, ensure_ascii=False)
