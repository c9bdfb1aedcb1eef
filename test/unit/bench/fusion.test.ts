/** The gate of the memory: it is used only when it lifts evidence or refusals beyond chance. */
import { expect, test } from "vitest";
import { type Checked, passesGate } from "../../../bench/evaluate/fusion/check.ts";
import { seededRandom } from "../../../bench/evaluate/statistics.ts";

/** 200 questions, a quarter without an answer; `first`: how often evidence comes first; `sure`: how well support tells. */
function made(seed: number, first: number, sure: number): Checked[] {
  const random = seededRandom(seed);
  return Array.from({ length: 200 }, (_, at) => {
    const answered = at % 4 !== 0;
    const draw = random();
    return {
      document: `d${at % 5}`,
      group: "book",
      answered,
      holds: [answered && draw < first, answered, false],
      probabilities: [0.5, 0.3, 0.1],
      support: random() + (answered ? sure : 0),
      length: 3 + (at % 3),
      refused: false,
    };
  });
}

test("what lifts evidence or refusals passes", () => {
  expect(passesGate(made(1, 0.4, 0.1), made(1, 0.6, 0.1))).toBe(true);
  expect(passesGate(made(1, 0.4, 0.1), made(1, 0.4, 0.9))).toBe(true);
});

test("what changes nothing does not pass", () => {
  expect(passesGate(made(1, 0.4, 0.1), made(1, 0.4, 0.1))).toBe(false);
});

test("chance does not pass", () => {
  const before = made(1, 0.4, 0.1);
  const passed = [2, 3, 4, 5, 6, 7, 8, 9].filter((seed) => passesGate(before, made(seed, 0.4, 0.1)));
  expect(passed.length).toBeLessThanOrEqual(2);
});

test("what lifts refusals but loses evidence does not pass", () => {
  expect(passesGate(made(1, 0.8, 0.1), made(1, 0.3, 0.9))).toBe(false);
});
