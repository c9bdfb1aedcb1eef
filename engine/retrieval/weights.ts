/**
 * What each measure of a passage counts for. Fitted by bench/retrieval/fit.ts on haystacks of the corpus (its tuning
 * part), checked on the other part by bench/retrieval/ablation.ts.
 * Owns: the numbers and the sum. Does not know: how the measures are taken (features.ts).
 */
import { FEATURES, type Feature, type PassageFeatures } from "./features.ts";
import type { ScoreParts } from "./types.ts";

export type ScoreWeights = Readonly<Record<Feature, number>>;

/**
 * All divided by 2.1, so that a score is what it was before the fit: about the idf of the words that were found, doubled.
 * Heading and definition never vary in the haystacks; they were chosen by hand on repositories (bench/evaluate/code).
 */
export const WEIGHTS: ScoreWeights = {
  near: 0.48,
  sentence: 0.17,
  coverage: 0.095,
  middle: 0.33,
  middleCoverage: 0.38,
  wide: 0.41,
  adjacent: 0.31,
  close: 0.095,
  heading: 0.3,
  exact: 0.14,
  definition: 1.0,
  kind: 0.2,
  asks: -0.065,
  feedback: 0.2,
  feedbackMiddle: 0.2,
};

export const NO_WEIGHTS: ScoreWeights = {
  near: 0,
  sentence: 0,
  coverage: 0,
  middle: 0,
  middleCoverage: 0,
  wide: 0,
  adjacent: 0,
  close: 0,
  heading: 0,
  exact: 0,
  definition: 0,
  kind: 0,
  asks: 0,
  feedback: 0,
  feedbackMiddle: 0,
};

/** Weighted, and summed up for people; their sum is the score. */
export function partsOf(found: PassageFeatures, weights: ScoreWeights): ScoreParts {
  const worth = (...names: readonly Feature[]): number =>
    names.reduce((sum, name) => sum + weights[name] * found[name], 0);
  return {
    near: worth("near"),
    sentence: worth("sentence"),
    coverage: worth("coverage", "middleCoverage"),
    middle: worth("middle"),
    wide: worth("wide"),
    phrase: worth("adjacent", "close"),
    heading: worth("heading"),
    exact: worth("exact", "definition"),
    kind: worth("kind"),
    asks: worth("asks"),
    feedback: worth("feedback", "feedbackMiddle"),
  };
}

export function scoreOf(found: PassageFeatures, weights: ScoreWeights): number {
  let sum = 0;
  for (const name of FEATURES) sum += weights[name] * found[name];
  return sum;
}
