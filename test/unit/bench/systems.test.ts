/** Rows of the evaluation: an ablation is there only where what it takes away is there. */
import { expect, test } from "vitest";
import { chooseSystems, OWN, PEER } from "../../../bench/evaluate/systems.ts";
import { FUSION } from "../../../engine/answering/ranking/fusion-weights.ts";

const namesOf = (has: Parameters<typeof chooseSystems>[0]): string[] => chooseSystems(has).map(({ name }) => name);
const ABLATIONS = {
  reader: /, no reader$/u,
  passages: /, passages (?:not )?asked$/u,
  memory: /, memory (?:not )?asked$/u,
};

test("what is taken away has a row of its own, told from the others", () => {
  const names = namesOf({ reader: true, model: true, memory: true });
  expect(new Set(names).size).toBe(names.length);
  for (const pattern of [ABLATIONS.reader, ABLATIONS.memory])
    expect(names.some((name) => pattern.test(name))).toBe(true);
  expect(names.some((name) => ABLATIONS.passages.test(name))).toBe(FUSION.recall.form === "text");
});

test("without memories the product stays, and passages are asked; without a model there is neither row", () => {
  const unread = namesOf({ reader: true, model: true, memory: false });
  expect(unread).toEqual(expect.arrayContaining([PEER, OWN]));
  expect(unread.some((name) => ABLATIONS.memory.test(name))).toBe(false);
  expect(unread.some((name) => ABLATIONS.passages.test(name))).toBe(FUSION.recall.form === "text");
  const bare = namesOf({ reader: false, model: false, memory: false });
  expect(bare).toContain(OWN);
  for (const pattern of Object.values(ABLATIONS)) expect(bare.some((name) => pattern.test(name))).toBe(false);
});
