/** Intervals, areas under curves and SQuAD's scores, on cases that were worked out by hand. */
import { describe, expect, it } from "vitest";
import { spanScore } from "../../../bench/evaluate/span-score.ts";
import { auroc, bootstrap, mean, quantile, seededRandom } from "../../../bench/evaluate/statistics.ts";

const scored = (positives: readonly number[], negatives: readonly number[]) => [
  ...positives.map((score) => ({ score, isPositive: true })),
  ...negatives.map((score) => ({ score, isPositive: false })),
];

describe("auroc", () => {
  it("is the share of pairs in the right order, ties half", () => {
    expect(auroc(scored([3, 4], [1, 2]))).toBe(1);
    expect(auroc(scored([1, 2], [3, 4]))).toBe(0);
    expect(auroc(scored([2, 2], [2, 2]))).toBe(0.5);
    // Pairs: 1<2, 1<3 wrong; 3>2 right, 3=3 half; 5 right twice: 3.5 of 6.
    expect(auroc(scored([1, 3, 5], [2, 3]))).toBeCloseTo(3.5 / 6, 12);
  });

  it("is not defined with one kind only", () => {
    expect(auroc(scored([1, 2], []))).toBeNaN();
    expect(auroc(scored([], [1]))).toBeNaN();
  });
});

describe("bootstrap", () => {
  it("of equal items has no width; the same seed gives the same interval", () => {
    expect(bootstrap([0.5, 0.5, 0.5], mean)).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    const items = Array.from({ length: 40 }, (_, i) => Math.sqrt(i));
    expect(bootstrap(items, mean)).toEqual(bootstrap(items, mean));
    expect(bootstrap(items, mean, { seed: 2 })).not.toEqual(bootstrap(items, mean, { seed: 3 }));
  });

  it("of 100 throws of a coin is about as wide as the normal interval", () => {
    const items = Array.from({ length: 100 }, (_, i) => i % 2);
    const { value, low, high } = bootstrap(items, mean);
    expect(value).toBe(0.5);
    // 1.96 * sqrt(.25 / 100) = .098
    expect(low).toBeGreaterThan(0.5 - 0.115);
    expect(low).toBeLessThan(0.5 - 0.08);
    expect(high).toBeGreaterThan(0.5 + 0.08);
    expect(high).toBeLessThan(0.5 + 0.115);
  });

  it("draws items, not positions: what is always there is always counted", () => {
    const lows = bootstrap([1, 2, 3], (drawn) => Math.min(...drawn));
    expect(lows).toMatchObject({ value: 1, low: 1, high: 3 });
  });

  it("pairs differences: a system that is always one better is one better in every draw", () => {
    const pairs = [3, 9, 27, 81].map((peer) => ({ peer, own: peer + 1 }));
    const { low, high } = bootstrap(pairs, (drawn) => mean(drawn.map((p) => p.own)) - mean(drawn.map((p) => p.peer)));
    expect(low).toBeCloseTo(1, 9);
    expect(high).toBeCloseTo(1, 9);
  });

  it("leaves out draws without a figure, and says NaN when there is none at all", () => {
    const { low } = bootstrap([0, 1], (drawn) => (drawn.every((x) => x === 0) ? NaN : mean(drawn)));
    expect(low).toBe(0.5);
    expect(bootstrap([], mean).value).toBeNaN();
  });
});

describe("numbers", () => {
  it("quantiles lie between neighbours", () => {
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([], 0.5)).toBeNaN();
    expect(mean([])).toBeNaN();
  });

  it("of a seed lie in [0, 1) and differ", () => {
    const random = seededRandom(7);
    const drawn = Array.from({ length: 1000 }, random);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(new Set(drawn).size).toBeGreaterThan(990);
    expect(mean(drawn)).toBeCloseTo(0.5, 1);
  });
});

describe("spanScore", () => {
  it("leaves out articles and signs", () => {
    expect(spanScore("The Eiffel Tower.", ["eiffel tower"])).toEqual({ exact: 1, f1: 1 });
    expect(spanScore("well-known", ["wellknown"])).toEqual({ exact: 1, f1: 1 });
  });

  it("counts common words once each and takes the best wording", () => {
    // 2 of 3 given words are right, 2 of 4 expected are there: F1 = 2 * (2/3 * 1/2) / (2/3 + 1/2) = 4/7.
    expect(spanScore("red red fox", ["red fox hunts hares"]).f1).toBeCloseTo(4 / 7, 12);
    expect(spanScore("red fox", ["cat", "a fox"]).f1).toBeCloseTo(2 / 3, 12);
    expect(spanScore("dog", ["cat"])).toEqual({ exact: 0, f1: 0 });
    expect(spanScore("", ["cat"])).toEqual({ exact: 0, f1: 0 });
  });

  it("compares Chinese by characters", () => {
    // 3 of 4 given, 3 of 3 expected.
    expect(spanScore("红色的花", ["红色花"]).f1).toBeCloseTo(6 / 7, 12);
  });
});
