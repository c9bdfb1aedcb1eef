"""Words of questions and passages: stems, stop words, and the marks that tell the reader which words both sides share.

The engine has the same rules in engine/reading/words.ts; test/parity/reader holds both to one golden file.
Does not know: tokens, models.
"""
import re

STOP = frozenset((
    "a an the of to in on at by for from with and or but if is are was were be been being am do does did has have had not "
    "no it its he she they them his her their him i you we us our your my me this that these those there what which who "
    "whom whose when where why how as than then so such can could will would should may might must shall about into over "
    "after before out up down s t").split())

# Suffix, replacement, letters that have to stay: the first that fits is taken.
SUFFIXES = (("sses", "ss", 3), ("ies", "y", 2), ("edly", "", 3), ("ingly", "", 3), ("ing", "", 3), ("ed", "", 3),
            ("es", "e", 3), ("s", "", 3), ("ly", "", 3))
WORD = re.compile(r"[^\W_]+")
_stems = {}


def stem(word):
    """A short suffix stripper in the manner of Porter (1980); `word` in lower case."""
    known = _stems.get(word)
    if known is None:
        known = _stems[word] = _strip(word)
    return known


def _strip(word):
    if len(word) <= 3:
        return word
    for ending, instead, least in SUFFIXES:
        if not word.endswith(ending) or len(word) - len(ending) < least:
            continue
        if ending == "s" and word.endswith(("ss", "us", "is")):
            continue
        word = word[:-len(ending)] + instead
        if ending in ("ing", "ed") and len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
            word = word[:-1]
        break
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "y":
        word = word[:-1] + "i"
    return word


def words(text):
    return WORD.findall(text.lower())


def stems(text):
    return [stem(w) for w in words(text)]


def is_common(stemmed):
    """A stop word, or a single letter that is not a digit."""
    return stemmed in STOP or (len(stemmed) < 2 and not stemmed.isdigit())
