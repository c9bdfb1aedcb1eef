/**
 * Is there an answer at all? One regression over the best quotations: how sure they are, how much of the question they
 * hold, what search and the reader think of the best passages, and names of the question that stand nowhere.
 * Owns: the rule for "The text does not say." and the words for how sure the evidence is.
 * Does not know: documents, events. The regression is fitted by bench/evaluate/fusion on documents kept for that.
 */
import type { Quotation } from "./evidence.ts";
import type { Question } from "./question.ts";
import type { Candidate } from "./ranking/candidates.ts";
import { FUSION } from "./ranking/fusion-weights.ts";
import { type Rarity, shareOf } from "./ranking/rarity.ts";
import { type Features, logOddsOf, probabilityOf } from "./ranking/regression.ts";

/** Longer questions are not clearer ones. */
const MOST_WORDS = 8;

export function supportFeatures(
  question: Question,
  candidates: readonly Candidate[],
  quotations: readonly Quotation[],
  rarity: Rarity,
): Features {
  const top = quotations.slice(0, 3);
  const scores = candidates.map(({ look }) => look.passage.score).sort((a, b) => b - a);
  const [best = 0] = scores;
  const logOdds = candidates.map((candidate) => candidate.logOdds);
  const answers = candidates.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  const relevances = answers.map(({ relevance }) => relevance).sort((a, b) => b - a);
  const read: Features =
    answers.length === 0
      ? {}
      : {
          relevance: relevances[0] ?? 0,
          relevance3: relevances[2] ?? relevances[0] ?? 0,
          answerScore: Math.max(...top.map(({ answer }) => answer?.score ?? -20), -20),
          certainty: Math.max(0, ...top.map(({ answer }) => answer?.certainty ?? 0)),
          topRelevance: candidates[0]?.answer?.relevance ?? 0,
        };
  return {
    ...read,
    first: logOdds[0] ?? -10,
    second: logOdds[1] ?? -10,
    fifth: logOdds[4] ?? -10,
    coverage: Math.max(0, ...top.map(({ coverage }) => coverage)),
    matched: Math.max(0, ...top.map(({ passage }) => passage.matched)),
    absentNames: question.words.filter(({ term, isName }) => isName && (rarity.chunksWith.get(term) ?? 0) === 0).length,
    absentShare: shareOf(
      question.words.filter(({ term }) => (rarity.chunksWith.get(term) ?? 0) === 0).map(({ term }) => term),
      rarity,
    ),
    absentWords: question.words.filter(({ term }) => (rarity.chunksWith.get(term) ?? 0) === 0).length,
    words: Math.min(MOST_WORDS, question.words.length) / MOST_WORDS,
    strength: rarity.total > 0 ? best / rarity.total : 0,
    best: Math.log1p(best),
    bestNear: Math.log1p(Math.max(0, ...candidates.map(({ look }) => look.passage.parts.near))),
    total: Math.log1p(rarity.total),
    flatness: best > 0 ? (scores[7] ?? 0) / best : 0,
  };
}

export interface Verdict {
  /** Probability (0..1) that the text holds an answer. */
  readonly support: number;
  readonly confidence: "stated" | "likely" | "not found";
}

/** A question most of whose weight stands nowhere in the text is about something else, whatever else fits. */
const MOST_ABSENT = 0.6;

/** "Who is X?": when X stands in the text, the text says something of X, however often it does. */
const NAMED_ONLY_WORDS = 2;

export function decide(question: Question, features: Features): Verdict {
  const isRead = features["relevance"] !== undefined;
  const regression = isRead ? FUSION.support.read : FUSION.support.searched;
  const support = probabilityOf(logOddsOf(regression, features));
  const { leastSupport, statedSupport } = isRead ? FUSION.thresholds.read : FUSION.thresholds.searched;
  const coverage = features["coverage"] ?? 0;
  if (question.words.length <= NAMED_ONLY_WORDS && coverage > 0.999)
    return { support: Math.max(support, leastSupport), confidence: support < statedSupport ? "likely" : "stated" };
  if ((features["absentShare"] ?? 0) > MOST_ABSENT)
    return { support: Math.min(support, leastSupport / 2), confidence: "not found" };
  if (coverage === 0 || support < leastSupport) return { support, confidence: "not found" };
  return { support, confidence: support < statedSupport ? "likely" : "stated" };
}
