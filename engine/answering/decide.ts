/**
 * Is there an answer at all? From how much of the question's weight the best quotations hold, and how clearly the best
 * passage stands out from the eighth.
 * Owns: the rule for "The text does not say." and the words for how sure the evidence is.
 * Does not know: documents, events.
 *
 * A logistic regression, fitted on questions of people about stories and articles of shared/corpus put together into
 * books of 65,000 words, and on 55 of our own about five novels there, all also asked of the wrong book. On other such
 * books: area under the curve .95; at the threshold below 95 % of the questions whose evidence was found are answered,
 * and 74 % of those asked of the wrong book refused (bench/evaluate/README.md).
 */
import type { Quotation, Rarity } from "./evidence.ts";
import type { Question } from "./question.ts";
import type { RankedPassage } from "../retrieval/types.ts";

export interface Support {
  /** Best share (0..1) of the question's weight in one quotation of the first three. */
  readonly coverage: number;
  /** The same as search saw it, in its passages. */
  readonly passages: number;
  /** Names of the question that stand nowhere in the scope. */
  readonly absentNames: number;
  /** Words of substance in the question. */
  readonly words: number;
  /** Score of the best passage over the weight of the question. */
  readonly strength: number;
  /** Score of the eighth passage over that of the best: near 1 when nothing stands out. */
  readonly flatness: number;
}

export function measureSupport(
  question: Question,
  passages: readonly RankedPassage[],
  quotations: readonly Quotation[],
  rarity: Rarity,
): Support {
  const top = quotations.slice(0, 3);
  const best = passages[0]?.score ?? 0;
  return {
    coverage: Math.max(0, ...top.map(({ coverage }) => coverage)),
    passages: Math.max(0, ...top.map(({ passage }) => passage.matched)),
    absentNames: question.words.filter(({ term, isName }) => isName && (rarity.chunksWith.get(term) ?? 0) === 0).length,
    words: question.words.length,
    strength: rarity.total > 0 ? best / rarity.total : 0,
    flatness: best > 0 ? (passages[7]?.score ?? 0) / best : 0,
  };
}

const WEIGHTS = {
  constant: -4.09,
  coverage: 0.83,
  passages: 1.71,
  absentNames: -2.65,
  words: 3.93,
  strength: 1.45,
  flatness: -1.92,
};

/** Longer questions are not clearer ones. */
const MOST_WORDS = 8;

/** Log odds that the text holds an answer; 0 without any evidence is never reached. */
export function supportOf(support: Support): number {
  return (
    WEIGHTS.constant +
    WEIGHTS.coverage * support.coverage +
    WEIGHTS.passages * support.passages +
    WEIGHTS.absentNames * support.absentNames +
    (WEIGHTS.words * Math.min(MOST_WORDS, support.words)) / MOST_WORDS +
    WEIGHTS.strength * support.strength +
    WEIGHTS.flatness * support.flatness
  );
}

/** Below this, nothing in the text supports an answer; above the other, half of all answered questions lie. */
const LEAST_SUPPORT = -0.4;
const STATED_SUPPORT = 2;

/** "Who is X?": when X stands in the text, the text says something of X, however often it does. */
const NAMED_ONLY_WORDS = 2;

export function confidenceOf(support: Support): "stated" | "likely" | "not found" {
  const value = supportOf(support);
  if (support.words <= NAMED_ONLY_WORDS && support.coverage > 0.999)
    return value < STATED_SUPPORT ? "likely" : "stated";
  if (support.coverage === 0 || value < LEAST_SUPPORT) return "not found";
  return value < STATED_SUPPORT ? "likely" : "stated";
}
