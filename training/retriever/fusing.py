"""The candidates of one question, and the orders that words, vectors and both together give them.

Words give their first fifty passages; vectors add windows of which none of these holds half. Together they are ordered
by reciprocal rank fusion (Cormack et al. 2009) or by lexical score + weight x cosine.
Does not know: vectors (only cosines), figures.
"""
import numpy as np

RRF = 60                        # the constant of Cormack et al.
LEXICAL = 50                    # passages of lexical search that are candidates
DENSE = 50                      # windows that dense search adds


def places_shown(order, evidence):
    """For each needed place the rank (from 1) of the first text in `order` that shows it; infinite when none does."""
    at = {number: rank for rank, number in enumerate(order, 1)}
    return [min((at[n] for n in place if n in at), default=np.inf) for place in evidence]


def rank_of(order, evidence):
    return max(places_shown(order, evidence), default=np.inf)


def fresh_windows(dense_order, lexical, spans, count):
    """The first `count` windows of which no lexical passage holds half."""
    found = spans[lexical]
    kept = []
    for number in dense_order:
        start, end = spans[number]
        shared = np.minimum(found[:, 1], end) - np.maximum(found[:, 0], start) if len(found) else np.zeros(0)
        if not (shared * 2 >= end - start).any():
            kept.append(number)
            if len(kept) == count:
                break
    return kept


class Asked:
    """One question with its candidates: text numbers, lexical scores, cosines; and the orders made of them."""

    def __init__(self, question, cosine, spans, windows):
        self.evidence = question["evidence"]
        self.words = [number for number, _ in question["lexical"]]
        self.lexical = self.words[:LEXICAL]
        scores = [score for _, score in question["lexical"]][:LEXICAL]
        self.dense = np.argsort(-cosine[:windows], kind="stable")
        self.fresh = fresh_windows(self.dense[:4 * DENSE], self.lexical, spans, DENSE)
        self.candidates = np.array(self.lexical + self.fresh, dtype=int)
        floor = min(scores, default=0.0)            # what words did not find is worth no more than their last
        self.scores = np.array(scores + [floor] * len(self.fresh))
        self.cosine = cosine[self.candidates]

    def weighted(self, weight):
        return self.candidates[np.argsort(-(self.scores + weight * self.cosine), kind="stable")]

    def again(self, weight):
        """The lexical passages alone, in another order."""
        own = len(self.lexical)
        return self.candidates[:own][np.argsort(-(self.scores[:own] + weight * self.cosine[:own]), kind="stable")]

    def fused(self):
        by_words = np.zeros(len(self.candidates))
        by_words[:len(self.lexical)] = 1 / (RRF + np.arange(1, len(self.lexical) + 1))
        place = np.empty(len(self.candidates))
        place[np.argsort(-self.cosine, kind="stable")] = np.arange(1, len(self.candidates) + 1)
        return self.candidates[np.argsort(-(by_words + 1 / (RRF + place)), kind="stable")]

    def union(self, of_each):
        return self.lexical[:of_each] + list(self.dense[:of_each])


def candidates_of(document):
    """Numbers of the texts that need a vector: windows, and passages that can become candidates."""
    passages = {number for question in document["questions"] for number, _ in question["lexical"][:LEXICAL]}
    return sorted(passages | set(range(document["windows"])))
