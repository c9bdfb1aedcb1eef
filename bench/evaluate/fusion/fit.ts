/**
 * From collected questions to the regressions that answering uses: which passage first, how likely it is, whether the
 * text answers at all, and the thresholds of that.
 * Owns: which features each way of looking may see, weights of questions, thresholds. Does not know: documents, tables.
 */
import { supportFeatures, supportOdds } from "../../../engine/answering/decide.ts";
import type { Quotation } from "../../../engine/answering/evidence.ts";
import { rivalFeatures } from "../../../engine/answering/ranking/candidates.ts";
import {
  logOddsOf,
  probabilityOf,
  type Features,
  type Regression,
  type Way,
} from "../../../engine/answering/ranking/regression.ts";
import type { Collected, Quoted } from "./collect.ts";
import { fitRanking, type RankedExample } from "./rank.ts";
import { fitRegression, type Example } from "./regress.ts";

const ORDER_FEATURES = new Set(["rank", "share"]);
const READ_FEATURES = new Set(["relevance", "behind", "relevanceRank", "answerScore", "certainty", "agreement"]);

/** Weight of a development question beside one of a haystack: they are whole documents, as the product meets them. */
const DEVELOPMENT_WEIGHT = 3;
/** Share of questions without an answer that thresholds and probabilities are made for. */
const WITHOUT_ANSWER = 0.2;
/** Share of answerable questions that may be refused, of books and of other documents each. */
const MOST_WRONGLY_REFUSED = 0.08;
/** "Stated" is said when at most this share of such answers is wrong about there being one. */
const STATED_PRECISION = 0.95;
/** Strength of the ridges, in examples. */
const CALIBRATION_RIDGE = 1;
const SUPPORT_RIDGE = 20;
const LENGTHS = { least: 3, most: 10 } as const;

/** What is looked at: search's own order; its parts and the sentences; the reader. Each with the ones before. */
export type SeenWay = "ordered" | Way;

export interface Fit {
  readonly candidate: Regression;
  /** From a candidate's rank score, alone and beside its rivals', to the probability that it holds evidence. */
  readonly calibration: Regression;
  readonly support: Regression;
}

export const isAnswered = (one: Collected): boolean => one.isAnswered;
/** Whole documents, as the product meets them. */
export const isDevelopment = ({ group }: Pick<Collected, "group">): boolean => group !== "haystack";
const weightOf = (one: Collected): number => (isDevelopment(one) ? DEVELOPMENT_WEIGHT : 1);

/** `balanced`: questions without an answer count as if they were as long as the others. Off only to show what that changes. */
export function fitAll(all: readonly Collected[], way: SeenWay, balanced = true): Fit {
  const candidate = fitRanking(all.filter(isAnswered).map((one) => rankedExample(one, way)));
  const calibration = fitRegression(
    all.filter(isAnswered).flatMap((one) => calibrationExamples(one, candidate, way)),
    CALIBRATION_RIDGE,
  );
  const support = fitRegression(supportExamples(all, { candidate, calibration }, way, balanced), SUPPORT_RIDGE);
  return { candidate, calibration, support };
}

function rankedExample(one: Collected, way: SeenWay): RankedExample {
  return {
    candidates: one.weighed.candidates.map(({ features }) => seen(features, way)),
    isPositive: one.weighed.candidates.map((_, at) => one.quoted[at]?.holds === true),
    weight: weightOf(one),
  };
}

/** The ten likeliest of a question: the rest is never shown. */
function calibrationExamples(one: Collected, candidate: Regression, way: SeenWay): Example[] {
  const odds = one.weighed.candidates.map(({ features }) => logOddsOf(candidate, seen(features, way)));
  return rivalFeatures(odds)
    .map((features, at) => ({
      features,
      isPositive: one.quoted[at]?.holds === true,
      weight: weightOf(one),
      odds: odds[at] ?? 0,
    }))
    .sort((a, b) => b.odds - a.odds)
    .slice(0, 10);
}

function seen(features: Features, way: SeenWay): Features {
  const isSeen = (name: string): boolean => {
    if (way === "ordered") return ORDER_FEATURES.has(name);
    return way === "read" || !READ_FEATURES.has(name);
  };
  return Object.fromEntries(Object.entries(features).filter(([name]) => isSeen(name)));
}

export interface Ordered {
  readonly holds: readonly boolean[];
  /** Of each of `holds`: the probability that is shown. */
  readonly probabilities: readonly number[];
  readonly support: Features;
}

/** The question's candidates as these weights order them. */
export function order(
  one: Collected,
  { candidate, calibration }: Pick<Fit, "candidate" | "calibration">,
  way: SeenWay,
): Ordered {
  const { question, rarity, candidates, quotations } = one.weighed;
  const ranked = rivalFeatures(candidates.map((old) => logOddsOf(candidate, seen(old.features, way))));
  const weighed = candidates
    .map((old, at) => {
      const logOdds = logOddsOf(calibration, ranked[at] ?? {});
      const answer = way === "read" ? old.answer : null;
      return { old, at, again: { ...old, answer, logOdds, probability: probabilityOf(logOdds) } };
    })
    .sort((a, b) => b.again.logOdds - a.again.logOdds);
  const again = weighed.map((entry) => entry.again);
  const kept = apart(
    weighed.flatMap((entry) => {
      const quoted = one.quoted[entry.at];
      return quoted === undefined ? [] : [{ ...quoted, probability: entry.again.probability }];
    }),
  );
  // Quotations are chosen in this order too; the coverage of those that were chosen before is known.
  const known = new Map(quotations.map((quotation) => [quotation.passage, quotation]));
  const top: Quotation[] = again.slice(0, 8).flatMap((entry) => {
    const quotation = known.get(entry.look.passage);
    return quotation === undefined ? [] : [{ ...quotation, answer: entry.answer }];
  });
  return {
    holds: kept.map(({ holds }) => holds),
    probabilities: kept.map(({ probability }) => probability),
    support: supportFeatures(question, again, top, rarity),
  };
}

/** Without those whose sentence stands in a better one's quotation, as answering leaves them out. */
function apart<T extends Quoted>(quoted: readonly T[]): T[] {
  const chosen: T[] = [];
  for (const one of quoted) {
    if (chosen.length >= 8) break;
    if (!chosen.some((other) => one.core.start < other.end && other.start < one.core.end)) chosen.push(one);
  }
  return chosen;
}

/**
 * Questions without an answer are weighed so that they are as long as the others: people who write them write shorter ones,
 * and a decision that is told from the question alone is not about the document (docs/answers.md, Refusals).
 */
function supportExamples(
  all: readonly Collected[],
  fit: Pick<Fit, "candidate" | "calibration">,
  way: SeenWay,
  balanced: boolean,
): Example[] {
  const [answered, others] = [all.filter(isAnswered), all.filter((one) => !isAnswered(one))];
  const likeliness = (one: Collected): number =>
    !balanced ? 1 : shareOfLength(answered, lengthOf(one)) / shareOfLength(others, lengthOf(one));
  const raw = new Map(others.map((one) => [one, weightOf(one) * likeliness(one)]));
  const total = (WITHOUT_ANSWER / (1 - WITHOUT_ANSWER)) * answered.reduce((sum, one) => sum + weightOf(one), 0);
  const scale =
    total /
    Math.max(
      Number.MIN_VALUE,
      [...raw.values()].reduce((sum, weight) => sum + weight, 0),
    );
  return all.map((one) => ({
    features: order(one, fit, way).support,
    isPositive: isAnswered(one),
    weight: isAnswered(one) ? weightOf(one) : scale * (raw.get(one) ?? 0),
  }));
}

/** Words of substance; very short and very long questions each count as one length. */
export const lengthOf = ({ weighed }: Pick<Collected, "weighed">): number =>
  Math.min(LENGTHS.most, Math.max(LENGTHS.least, weighed.question.words.length));

/** Weighted, with one question of every length more, so that none is without. */
function shareOfLength(all: readonly Collected[], length: number): number {
  const own = all.reduce((sum, one) => sum + (lengthOf(one) === length ? weightOf(one) : 0), 0);
  const every = all.reduce((sum, one) => sum + weightOf(one), 0);
  return (own + 1) / (every + LENGTHS.most - LENGTHS.least + 1);
}

export interface Thresholds {
  readonly leastSupport: number;
  readonly statedSupport: number;
}

/**
 * Below the first, an answer is refused: as high as it can be while few answerable questions about books, and few about
 * other whole documents, are refused, because a wrong refusal hides an answer. Above the second, answers are sure.
 */
export function thresholdsOf(all: readonly Collected[], fit: Fit, way: SeenWay, balanced = true): Thresholds {
  const supports = (chosen: readonly Collected[]) =>
    supportExamples(chosen, fit, way, balanced).map((example) => ({
      p: probabilityOf(supportOdds(fit.support, example.features)),
      ...example,
    }));
  const whole = all.filter((one) => isDevelopment(one) && isAnswered(one));
  const each = balanced ? [...Map.groupBy(whole, ({ group }) => group).values()] : [whole];
  const groups = whole.length > 0 ? each : [all.filter(isAnswered)];
  const least = groups.map((group) => {
    const answerable = supports(group)
      .map(({ p }) => p)
      .sort((x, y) => x - y);
    return answerable[Math.floor(MOST_WRONGLY_REFUSED * answerable.length)] ?? 0.01;
  });
  const leastSupport = Number(Math.min(...least).toFixed(3));
  const examples = supports(all);
  const sum = (chosen: typeof examples): number => chosen.reduce((total, { weight }) => total + weight, 0);
  const cuts = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const stated = cuts.find((cut) => {
    const above = examples.filter(({ p }) => p >= cut);
    return cut > leastSupport && sum(above.filter(({ isPositive }) => isPositive)) >= STATED_PRECISION * sum(above);
  });
  return { leastSupport, statedSupport: stated ?? 0.99 };
}
