/** The measures of `npm run evaluate -- summaries`, against cases computed by hand. */
import { describe, expect, it } from "vitest";
import { bootstrap } from "../../../bench/evaluate/summaries/intervals.ts";
import { fill, lead, lexRank, random, textRank } from "../../../bench/evaluate/summaries/peers.ts";
import { fitLinear, fitLogistic } from "../../../bench/evaluate/summaries/regression.ts";
import {
  cutToWords,
  longestCommonSubsequence,
  nameCoverage,
  namesOf,
  rouge,
} from "../../../bench/evaluate/summaries/rouge.ts";

describe("rouge", () => {
  it("of two sentences that differ in a word", () => {
    const scores = rouge("The cat sat on the mat.", ["the cat was on the mat"]);
    expect(scores.rouge1).toBeCloseTo((2 * 5) / 12, 10);
    expect(scores.rouge2).toBeCloseTo((2 * 3) / 10, 10);
    expect(scores.rougeL).toBeCloseTo((2 * 5) / 12, 10);
  });

  it("of Lin's example: the same words in another order", () => {
    const reference = ["police killed the gunman"];
    expect(rouge("police kill the gunman", reference).rougeL).toBeCloseTo(0.75, 10);
    expect(rouge("the gunman kill police", reference).rougeL).toBeCloseTo(0.5, 10);
    expect(rouge("the gunman kill police", reference).rouge1).toBeCloseTo(0.75, 10);
  });

  it("counts a word as often as it stands in both, and takes the best reference", () => {
    expect(rouge("the the the", ["the end"]).rouge1).toBeCloseTo(2 / 5, 10);
    expect(rouge("a b", ["x y", "a b"]).rouge2).toBe(1);
  });

  it("is 0 for empty texts", () => {
    expect(rouge("", ["a"])).toEqual({ rouge1: 0, rouge2: 0, rougeL: 0 });
    expect(rouge("a", [""])).toEqual({ rouge1: 0, rouge2: 0, rougeL: 0 });
  });

  it("finds the longest common subsequence", () => {
    expect(longestCommonSubsequence("ABCBDAB".split(""), "BDCABA".split(""))).toBe(4);
  });
});

describe("names", () => {
  it("are capitals inside sentences and words of capitals", () => {
    expect(namesOf("The farmer met Retief on Lovenbroy. NASA paid, said Mr. Magnan. I agreed.")).toEqual(
      new Set(["retief", "lovenbroy", "nasa", "mr"]),
    );
  });

  it("covered as a share", () => {
    expect(nameCoverage("retief went home", ["They say Retief and Magnan met."])).toBe(0.5);
    expect(nameCoverage("anything", ["they met."])).toBeNull();
  });
});

describe("systems", () => {
  const sentences = ["Cats eat mice.", "Dogs chase cats and mice.", "Mice fear cats and dogs.", "It rains."];

  it("fill a budget in the order of the text", () => {
    expect(fill(sentences, [2, 0, 1], 6)).toBe("Cats eat mice. Mice fear cats and dogs.");
    expect(lead(sentences, 4)).toBe("Cats eat mice. Dogs chase cats and mice.");
    expect(cutToWords("One, two; three four.", 3)).toBe("One, two; three");
  });

  it("rank what is linked before what is not", () => {
    for (const system of [textRank, lexRank]) expect(system(sentences, 8)).not.toContain("rains");
  });

  it("draw by seed", () => {
    expect(random(sentences, 3, 7)).toBe(random(sentences, 3, 7));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => random(sentences, 2, seed))).size).toBeGreaterThan(1);
  });
});

describe("regressions", () => {
  it("find the line that made the points", () => {
    const samples = [0, 1, 2, 3, 4].map((x) => ({ features: [1, x, 0], target: 2 + 3 * x, weight: 1 }));
    const [bias = 0, slope = 0, never = 1] = fitLinear(samples, 1e-9);
    expect(bias).toBeCloseTo(2, 4);
    expect(slope).toBeCloseTo(3, 4);
    expect(never).toBeCloseTo(0, 4);
  });

  it("find the odds of a share", () => {
    const samples = [1, 1, 1, 0].map((target) => ({ features: [1], target, weight: 1 }));
    expect(fitLogistic(samples, 0)[0]).toBeCloseTo(Math.log(3), 4);
  });
});

describe("bootstrap", () => {
  it("of equal differences has no width", () => {
    expect(bootstrap([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  });

  it("of a fair coin holds 0, and its width is about that of the normal law", () => {
    const { low, high } = bootstrap(Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : -1)));
    expect(low).toBeGreaterThan(-0.13);
    expect(low).toBeLessThan(-0.07);
    expect(high).toBeGreaterThan(0.07);
    expect(high).toBeLessThan(0.13);
  });
});
