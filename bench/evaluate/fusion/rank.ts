/**
 * Fits weights so that a candidate that holds evidence comes before the others of its question: a conditional logit over
 * each question's candidates (McFadden 1974), by gradient steps (Adam, Kingma & Ba 2015, arXiv:1412.6980) with a ridge.
 * Owns: the arithmetic. Does not know: what is ranked. Pure.
 */
import type { Features, Regression } from "../../../engine/answering/ranking/regression.ts";

/** The candidates of one question. */
export interface RankedExample {
  readonly candidates: readonly Features[];
  readonly isPositive: readonly boolean[];
  readonly weight: number;
}

const STEPS = 400;
const RATE = 0.03;
const [BETA_1, BETA_2] = [0.9, 0.99];

/** `ridge`: how strongly weights are drawn to zero, in questions. The bias is zero: only differences count. */
export function fitRanking(examples: readonly RankedExample[], ridge = 40): Regression {
  const all = examples.flatMap(({ candidates }) => candidates);
  const names = [...new Set(all.flatMap((features) => Object.keys(features)))];
  const mean = names.map((name) => meanOf(all.flatMap((features) => features[name] ?? [])));
  const scale = names.map(
    (name, i) =>
      Math.sqrt(meanOf(all.flatMap((f) => (f[name] === undefined ? [] : (f[name] - (mean[i] ?? 0)) ** 2)))) + 1e-6,
  );
  const row = (features: Features): number[] =>
    names.map((name, i) => ((features[name] ?? mean[i] ?? 0) - (mean[i] ?? 0)) / (scale[i] ?? 1));
  const lists = examples
    .filter(({ isPositive }) => isPositive.includes(true))
    .map(({ candidates, isPositive, weight }) => ({ rows: candidates.map(row), isPositive, weight }));
  const total = lists.reduce((sum, { weight }) => sum + weight, 0);
  const weights = names.map(() => 0);
  const [first, second] = [names.map(() => 0), names.map(() => 0)];
  for (let step = 1; step <= STEPS; step += 1) {
    const gradient = weights.map((weight) => (ridge * weight) / total);
    for (const list of lists) addGradient(gradient, weights, list, total);
    gradient.forEach((slope, i) => {
      first[i] = BETA_1 * (first[i] ?? 0) + (1 - BETA_1) * slope;
      second[i] = BETA_2 * (second[i] ?? 0) + (1 - BETA_2) * slope * slope;
      const pace = RATE * Math.min(1, (2 * (STEPS - step)) / STEPS);
      const change =
        (first[i] ?? 0) / (1 - BETA_1 ** step) / (Math.sqrt((second[i] ?? 0) / (1 - BETA_2 ** step)) + 1e-8);
      weights[i] = (weights[i] ?? 0) - pace * change;
    });
  }
  return { names, mean, scale, weights, bias: 0 };
}

interface List {
  readonly rows: readonly (readonly number[])[];
  readonly isPositive: readonly boolean[];
  readonly weight: number;
}

/** Of minus the logarithm of the probability that a positive one is drawn first. */
function addGradient(
  gradient: number[],
  weights: readonly number[],
  { rows, isPositive, weight }: List,
  total: number,
): void {
  const odds = rows.map((row) => row.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0));
  const largest = Math.max(...odds);
  const exponents = odds.map((value) => Math.exp(value - largest));
  const sum = exponents.reduce((a, b) => a + b, 0);
  const positive = exponents.reduce((a, b, at) => a + (isPositive[at] === true ? b : 0), 0);
  rows.forEach((row, at) => {
    const p = (exponents[at] ?? 0) / sum;
    const q = isPositive[at] === true ? (exponents[at] ?? 0) / Math.max(positive, 1e-12) : 0;
    const slope = ((p - q) * weight) / total;
    if (slope === 0) return;
    row.forEach((value, i) => (gradient[i] = (gradient[i] ?? 0) + slope * value));
  });
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
