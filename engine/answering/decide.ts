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
import { type Features, logOddsOf, probabilityOf, type Regression, type Way } from "./ranking/regression.ts";

/** Places that an answer begins with. */
const TOP = 3;
/**
 * How much of a question stands in a text depends on its length, so the regression sees it; the fit makes sure that it
 * says nothing by itself (bench/evaluate/fusion/fit.ts). Longer questions are not clearer ones.
 */
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
    ...heldFeatures(candidates),
    ...standings(logOdds, scores),
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
  };
}

/** How the best places stand beside each other. A short text has too few for some of it: that says nothing either way. */
function standings(logOdds: readonly number[], scores: readonly number[]): Features {
  const [first, second, , , fifth] = logOdds;
  const [best = 0] = scores;
  const eighth = scores[7];
  return {
    ...(first === undefined ? {} : { first }),
    ...(second === undefined ? {} : { second }),
    ...(fifth === undefined ? {} : { fifth }),
    ...(eighth === undefined || best <= 0 ? {} : { flatness: eighth / best }),
  };
}

/** How much of the question stands in one sentence and beside it, where that is most, and in the likeliest places. */
function heldFeatures(candidates: readonly Candidate[]): Features {
  const most = (name: string, few = candidates.length): number =>
    Math.max(0, ...candidates.slice(0, few).map(({ features }) => features[name] ?? 0));
  const answers = candidates.flatMap(({ answer }) => answer ?? []);
  const read: Features =
    answers.length === 0
      ? {}
      : {
          relevant: Math.log1p(answers.filter(({ relevance }) => relevance > 0).length),
          answerBest: Math.max(...answers.map(({ score }) => score)),
          sure: Math.max(...answers.map(({ relevance, certainty }) => certainty * probabilityOf(relevance))),
          agreement: most("agreement", TOP),
        };
  return {
    ...read,
    holdsMost: most("holds"),
    holdsTop: most("holds", TOP),
    aroundMost: most("around"),
    aroundTop: most("around", TOP),
    fitsTop: most("fits", TOP),
    companyTop: most("company", 1),
  };
}

/** Scales beyond which a feature counts as its border: a text of one page is unlike all that the fit has seen. */
const BORDER = 2.5;

export function supportOdds(regression: Regression, features: Features): number {
  return logOddsOf(regression, features, BORDER);
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

/** `way`: how the candidates were weighed; the weights of refusals belong to the odds of that way. */
export function decide(question: Question, features: Features, way: Way): Verdict {
  const support = probabilityOf(supportOdds(FUSION.support[way], features));
  const { leastSupport, statedSupport } = FUSION.thresholds[way];
  const coverage = features["coverage"] ?? 0;
  // Without a reader, words are all there is to judge by: a quotation that holds all of them is shown.
  if ((question.words.length <= NAMED_ONLY_WORDS || way === "searched") && coverage > 0.999)
    return { support: Math.max(support, leastSupport), confidence: support < statedSupport ? "likely" : "stated" };
  if ((features["absentShare"] ?? 0) > MOST_ABSENT)
    return { support: Math.min(support, leastSupport / 2), confidence: "not found" };
  if (coverage === 0 || support < leastSupport) return { support, confidence: "not found" };
  return { support, confidence: support < statedSupport ? "likely" : "stated" };
}
