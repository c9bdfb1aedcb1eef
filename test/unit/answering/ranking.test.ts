import { describe, expect, it } from "vitest";
import { logOddsOf, probabilityOf } from "../../../engine/answering/ranking/regression.ts";
import { fitRegression } from "../../../bench/evaluate/fusion/regress.ts";
import { seededRandom } from "../../../bench/evaluate/statistics.ts";
import { addPages, filler, openTestLibrary } from "./library.ts";
import { NOT_READ } from "../../../engine/answering/ranking/candidates.ts";
import { decide, supportFeatures } from "../../../engine/answering/decide.ts";
import { searchFor, weigh } from "../../../engine/answering/find.ts";

describe("a regression", () => {
  const regression = { names: ["a", "b"], mean: [1, 0], scale: [2, 1], weights: [3, -1], bias: 0.5 };

  it("weighs features by their distance from the mean", () => {
    expect(logOddsOf(regression, { a: 3, b: 2 })).toBeCloseTo(0.5 + 3 * 1 - 2);
  });
  it("takes a missing feature for its mean", () => {
    expect(logOddsOf(regression, { b: 2 })).toBeCloseTo(0.5 - 2);
    expect(probabilityOf(0)).toBe(0.5);
  });
  it("is found again from examples that it made", () => {
    const random = seededRandom(3);
    const examples = Array.from({ length: 3000 }, () => {
      const features = { x: random() * 4 - 2, noise: random() };
      return { features, isPositive: random() < probabilityOf(1.5 * features.x - 0.5), weight: 1 };
    });
    const fit = fitRegression(examples, 1);
    const slope = (fit.weights[fit.names.indexOf("x")] ?? 0) / (fit.scale[fit.names.indexOf("x")] ?? 1);
    expect(slope).toBeGreaterThan(1.3);
    expect(slope).toBeLessThan(1.7);
    expect(Math.abs(fit.weights[fit.names.indexOf("noise")] ?? 1)).toBeLessThan(0.15);
    expect(logOddsOf(fit, { x: 0, noise: 0.5 })).toBeCloseTo(-0.5, 0);
  });
});

describe("candidates", () => {
  it("stand for the sentence in which the reader sees the answer, and agree with each other", async () => {
    using library = openTestLibrary();
    const id = await addPages(library, "Keepers", [
      [...filler(8), "The keeper of the lighthouse was a quiet man. His name was Magnus Tveit. He came from Bergen."],
      [...filler(8), "Nobody knew the keeper of the lighthouse well. They called him Magnus Tveit in the village."],
    ]);
    const never = new AbortController().signal;
    const request = { question: "", scope: [id], composer: "extractive", memory: "off", seed: 0 } as const;
    const task = { request, sources: library.sources, signals: { cancel: never, stop: never } };
    const searched = searchFor("What was the name of the keeper of the lighthouse?", task, null);
    const answers = searched.looks.map(({ context }) => {
      const at = context.text.indexOf("Magnus Tveit");
      const start = context.start + Math.max(0, at);
      const isThere = at >= 0;
      return {
        start,
        end: start + (isThere ? "Magnus Tveit".length : 3),
        text: isThere ? "Magnus Tveit" : context.text.slice(0, 3),
        relevance: isThere ? 3 : -3,
        score: isThere ? 8 : -2,
        certainty: isThere ? 0.9 : 0.05,
      };
    });
    const read = weigh(searched, answers, library.sources.texts);
    const { question, rarity, way, candidates, quotations } = read;
    const [first] = candidates;
    expect(first?.look.units[first.core]?.text).toContain("Magnus Tveit");
    expect(first?.features["agreement"]).toBeGreaterThan(0);
    expect(quotations[0]?.text).toContain("Magnus Tveit");
    expect(quotations[0]?.answer?.text).toBe("Magnus Tveit");
    // Odds and the refusal that rests on them have weights of one way.
    const support = supportFeatures(question, candidates, quotations, rarity);
    expect(way).toBe("read");
    expect(decide(question, support, "read").support).not.toBe(decide(question, support, "searched").support);
    const without = weigh(searched, NOT_READ, library.sources.texts);
    expect(without.way).toBe("searched");
    expect(without.candidates.every(({ answer, features }) => answer === null && !("relevance" in features))).toBe(
      true,
    );
  });
});
