import { describe, expect, it } from "vitest";
import { argmax, logLikelihood, Sampler } from "../../../engine/model/sampler.ts";

const logits = Float32Array.from([1, 3, 2, -4, 2.5]);

function shares(options: ConstructorParameters<typeof Sampler>[0], draws = 4000): number[] {
  const sampler = new Sampler(options);
  const counts = Array.from({ length: logits.length }, () => 0);
  for (let i = 0; i < draws; i++) {
    const id = sampler.pick(logits);
    counts[id] = (counts[id] ?? 0) + 1 / draws;
  }
  return counts;
}

describe("choosing the next id", () => {
  it("is greedy at temperature 0", () => {
    expect(new Sampler({}).pick(logits)).toBe(1);
    expect(argmax(Float32Array.from([2, 5, 5]))).toBe(1);
  });

  it("draws in proportion to the softmax", () => {
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    shares({ temperature: 1, seed: 1 }).forEach((share, id) =>
      expect(Math.abs(share - Math.exp(logits[id] ?? 0) / total)).toBeLessThan(0.03),
    );
  });

  it("keeps the k likeliest", () => {
    const counts = shares({ temperature: 2, topK: 2, seed: 2 });
    expect(counts.map((share) => share > 0)).toEqual([false, true, false, false, true]);
  });

  it("keeps the likeliest up to a mass, and always one", () => {
    // Softmax: id 1 .46, id 4 .28, id 2 .17, id 0 .06.
    expect(shares({ temperature: 1, topP: 0.7, seed: 3 }).map((share) => share > 0)).toEqual([
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(shares({ temperature: 1, topP: 0.0001, seed: 3 }).map((share) => share > 0)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  it("repeats itself for a seed", () => {
    const draw = (seed: number): number[] => {
      const sampler = new Sampler({ temperature: 1, seed });
      return Array.from({ length: 30 }, () => sampler.pick(logits));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it("scores an id by its natural-log likelihood", () => {
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    expect(logLikelihood(logits, 2)).toBeCloseTo(Math.log(Math.exp(2) / total), 6);
  });
});
