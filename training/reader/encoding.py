"""A question and a passage as one row of token ids with marks.

Row      <|user|> question <|passage|> passage <|end|>
Marks    0 question and borders, 1 passage, 2 passage word of the question that is common, 3 passage word of the question
         that carries meaning, 4 question word that occurs in the passage
Does not know: answers, models.
"""
import regex

from ..tokenizer import PATTERN
from .words import is_common, stem, stems, words

USER, PASSAGE, END = 1, 5, 3
MARKS = 5
LONGEST_QUESTION = 48           # tokens; the rest of a question is cut off
SPLIT = regex.compile(PATTERN)


class RowEncoder:
    def __init__(self, tokenizer, longest=256):
        self.tokenizer = tokenizer
        self.longest = longest          # tokens of a row
        self.cache = {}

    def pieces(self, text):
        """[(start, end, ids, stem)] of the pieces that merges never cross."""
        found = []
        for match in SPLIT.finditer(text):
            piece = match.group()
            known = self.cache.get(piece)
            if known is None:
                word = words(piece)
                known = self.cache[piece] = (self.tokenizer._merge(piece), stem(word[0]) if word else "")
            found.append((match.start(), match.end(), known[0], known[1]))
        return found

    def encode(self, question, passage):
        """(ids, marks, [(start, end) of each passage token in the passage], index of the first passage token)."""
        inside = self.pieces(passage)
        asked, present = set(stems(question)), {p[3] for p in inside}
        ids, marks = [USER], [0]
        for _, _, tokens, stemmed in self.pieces(question.strip()):
            is_shared = stemmed and not is_common(stemmed) and stemmed in present
            ids += tokens
            marks += [4 if is_shared else 0] * len(tokens)
        ids, marks = ids[:LONGEST_QUESTION + 1] + [PASSAGE], marks[:LONGEST_QUESTION + 1] + [0]
        first, spans = len(ids), []
        for start, end, tokens, stemmed in inside:
            if len(ids) + len(tokens) >= self.longest:
                break
            mark = 1 if not stemmed or stemmed not in asked else 2 if is_common(stemmed) else 3
            ids += tokens
            marks += [mark] * len(tokens)
            spans += [(start, end)] * len(tokens)
        return ids + [END], marks + [0], spans, first
