"""Questions made by rule: a sentence with one of its parts asked for, and questions altered until nothing answers them.

People's questions are few (about 20,000 with a verbatim answer); these teach the reader to bind a question's words to a
sentence and to pick the part of the right kind. After Lewis et al. 2019, arXiv:1906.04980 (cloze translation by rule).
Does not know: tokens, negatives.
"""
import re

from .words import STOP, stems, words

SENTENCE = re.compile(r"[^.!?\n]+[.!?]?[\"”’']?")
NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][a-zA-Z'’-]+)(?: (?:of |the |de |van )?[A-Z][a-zA-Z'’-]+){0,3}")
NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|"
                    r"forty|fifty|hundred|thousand)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine|hundred|thousand))?\b")
REASON = re.compile(r"\b(?:because(?: of)?|in order to|so that|due to)\b\s+([^,;.]{12,90})")
CHUNK = re.compile(r"[a-z][a-z-]+(?: [a-z][a-z-]+){0,3}")
PLACE_WORDS = frozenset("in at to from near into through towards toward across".split())
PERSON_WORDS = frozenset("mr mrs miss dr sir lady lord by said asked replied and".split())
OPPOSITE = {"first": "last", "last": "first", "before": "after", "after": "before", "largest": "smallest",
            "smallest": "largest", "most": "least", "least": "most", "highest": "lowest", "lowest": "highest",
            "more": "less", "less": "more", "best": "worst", "oldest": "youngest", "youngest": "oldest",
            "early": "late", "late": "early", "north": "south", "south": "north", "east": "west", "west": "east",
            "mother": "uncle", "father": "cousin", "brother": "aunt", "wife": "nephew", "husband": "niece",
            "minimum": "maximum", "maximum": "minimum", "increase": "decrease", "decrease": "increase",
            "win": "lose", "begin": "end", "start": "end", "open": "close", "always": "never", "never": "always"}


def sentences(text):
    """(start, end) of stretches that read like sentences of 8 to 45 words."""
    for match in SENTENCE.finditer(text):
        stretch = match.group().strip()
        if 8 <= len(stretch.split()) <= 45:
            start = match.start() + match.group().index(stretch[0])
            yield start, start + len(stretch)


def make_question(sentence, rng):
    """(question, start and end of the answer in the sentence), or None where no part is worth asking for."""
    candidates = []
    for match in NAME.finditer(sentence):
        before = words(sentence[:match.start()])[-1:]
        place = before and before[0] in PLACE_WORDS
        kind = "where" if place and rng.random() < .7 else "who" if before and before[0] in PERSON_WORDS else \
            rng.choice(("who", "who", "what", "which"))
        candidates.append((3, match.span(), kind))
    for match in NUMBER.finditer(sentence):
        is_year = re.fullmatch(r"1\d{3}|20\d\d", match.group())
        candidates.append((3, match.span(), rng.choice(("when", "in what year", "when")) if is_year else
                           rng.choice(("how many", "how many", "how much", "what"))))
    for match in REASON.finditer(sentence):
        candidates.append((6, match.span(1), "why"))
    for match in CHUNK.finditer(sentence):
        parts = match.group().split()
        while parts and parts[0] in STOP:
            parts.pop(0)
        while parts and parts[-1] in STOP:
            parts.pop()
        chunk = " ".join(parts)
        if len(chunk) > 4 and not any(p in STOP for p in parts):
            start = match.start() + match.group().index(chunk)
            candidates.append((.6, (start, start + len(chunk)), "what"))
    if not candidates:
        return None
    _, (start, end), kind = rng.choices(candidates, [c[0] for c in candidates])[0]
    question = _ask(sentence[:start], sentence[end:], kind, rng)
    return question and (question, (start, end))


def make_recurring(text, rng):
    """A name that stands in several sentences: (question out of one of them, span of the name in another, (start, end)
    of the sentence that became the question), or None. After Ram et al. 2021, arXiv:2101.00438 (recurring span selection).
    """
    found = {}
    for start, end in sentences(text):
        for match in NAME.finditer(text[start:end]):
            found.setdefault(match.group(), []).append((start, end, start + match.start()))
    often = [name for name, places in found.items() if len({p[0] for p in places}) > 1]
    if not often:
        return None
    name = rng.choice(often)
    start, end, at = rng.choice(found[name])
    wanted = set(stems(text[start:end])) - STOP
    others = [p for p in found[name] if p[0] != start]
    other = max(others, key=lambda p: len(wanted & set(stems(text[p[0]:p[1]]))))
    before = words(text[start:at])[-1:]
    kind = "where" if before and before[0] in PLACE_WORDS else "who" if before and before[0] in PERSON_WORDS else \
        rng.choice(("who", "who", "what", "which"))
    question = _ask(text[start:at], text[at + len(name):end], kind, rng)
    return question and name not in question and (question, (other[2], other[2] + len(name)), (start, end)) or None


def _ask(left, right, kind, rng):
    """The words around the answer, near ones first to stay, behind the question word."""
    left = re.split(r"[;:]", left)[-1].split()
    right = re.split(r"[;:]", right)[0].split()
    if kind in ("when", "in what year", "where", "why") and left and left[-1].lower() in PLACE_WORDS | {"on", "because", "of", "since"}:
        left.pop()
    room = rng.randint(5, 14)
    keep_left = left[-min(len(left), max(2, room - min(len(right), room // 2))):] if left else []
    keep_right = right[:max(0, room - len(keep_left))]
    kept = [w for w in (keep_left + keep_right if rng.random() < .7 else keep_right + keep_left) if _stays(w, rng)]
    content = [w for w in kept if w.lower().strip(".,!?\"'“”’") not in STOP]
    if len(content) < 2:
        return None
    text = " ".join(kept).strip(" ,.!?\"“”")
    auxiliary = rng.choice(("", "", "did ", "was ", "is ", "does ")) if kind != "how many" else ""
    return f"{kind.capitalize()} {auxiliary}{text}?"


def _stays(word, rng):
    plain = word.lower().strip(".,!?\"'“”’")
    return rng.random() > (.3 if plain in STOP else .18)


def alter(question, passage, names, rng):
    """`question` changed so that the passage does not answer it: another name, another number, an opposite; or None."""
    ways = []
    for match in re.finditer(r"(?<!^)(?<=\s)[A-Z][a-zA-Z'’-]+(?: [A-Z][a-zA-Z'’-]+)*", question):
        others = [n for n in names if n not in passage and n != match.group()]
        if others and match.group() in passage:
            ways.append((match.span(), rng.choice(others)))
    for match in re.finditer(r"\b\d+\b", question):
        ways.append((match.span(), str(int(match.group()[:9]) + rng.choice((1, 2, 3, 5, 7, 10, 20)))))
    for match in re.finditer(r"\b[a-z]+\b", question):
        if match.group() in OPPOSITE:
            ways.append((match.span(), OPPOSITE[match.group()]))
    if not ways:
        return None
    (start, end), instead = rng.choice(ways)
    return question[:start] + instead + question[end:]


def names_in(text):
    return sorted({m.group() for m in NAME.finditer(text)})
