/** The gate of the memory for parts of a whole: it is asked only where it covers more facts beyond chance. */
import { expect, test } from "vitest";
import { provenWorth } from "../../../bench/evaluate/fusion/parts.ts";
import { seededRandom } from "../../../bench/evaluate/statistics.ts";

/** Facts covered (0..1) by 60 questions: each as without the memory, moved by chance and by `lift`. */
function covered(seed: number, lifts: readonly number[]): Map<number, number[]> {
  const random = seededRandom(seed);
  const without = Array.from({ length: 60 }, () => 0.2 + random() * 0.4);
  const moved = lifts.map((lift) => without.map((value) => value + lift + (random() - 0.5) * 0.4));
  return new Map([[0, without], ...moved.map((facts, at): [number, number[]] => [(at + 1) / 10, facts])]);
}

test("what lifts the facts is worth what lifts them most", () => {
  expect(provenWorth(covered(1, [0.1, 0.3, 0.2]))).toBe(0.2);
});

test("what changes nothing, or covers less, is worth nothing", () => {
  const without = covered(1, []).get(0) ?? [];
  expect(without.length).toBeGreaterThan(0);
  expect(provenWorth(new Map([0, 0.1, 0.2].map((worth) => [worth, without])))).toBe(0);
  expect(provenWorth(covered(1, [-0.1, -0.2]))).toBe(0);
});

test("chance is worth nothing", () => {
  const passed = [2, 3, 4, 5, 6, 7, 8, 9].filter((seed) => provenWorth(covered(seed, [0])) > 0);
  expect(passed.length).toBeLessThanOrEqual(1);
});
