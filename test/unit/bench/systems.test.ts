/** Rows of the evaluation: an ablation is there only where what it takes away is there. */
import { expect, test } from "vitest";
import { chooseSystems, OWN, PEER } from "../../../bench/evaluate/systems.ts";

const namesOf = (has: Parameters<typeof chooseSystems>[0]): string[] => chooseSystems(has).map(({ name }) => name);
const ABLATIONS = [/, no reader$/u, /, memory (?:not )?asked$/u] as const;

test("what is taken away has a row of its own, told from the others", () => {
  const names = namesOf({ reader: true, memory: true });
  expect(new Set(names).size).toBe(names.length);
  for (const pattern of ABLATIONS) expect(names.some((name) => pattern.test(name))).toBe(true);
});

test("the memory is asked about the whole only", () => {
  const [row, ...others] = chooseSystems({ reader: true, memory: true }, "memory").filter(({ name }) => name !== PEER);
  expect(others).toEqual([]);
  expect(row?.name).toMatch(ABLATIONS[1]);
  expect(row?.kinds).toEqual(["whole"]);
});

test("without memories, or without a reader, the product stays", () => {
  const unread = namesOf({ reader: true, memory: false });
  expect(unread).toEqual(expect.arrayContaining([PEER, OWN]));
  expect(unread.some((name) => ABLATIONS[0].test(name))).toBe(true);
  expect(unread.some((name) => ABLATIONS[1].test(name))).toBe(false);
  const bare = namesOf({ reader: false, memory: false });
  expect(bare).toContain(OWN);
  for (const pattern of ABLATIONS) expect(bare.some((name) => pattern.test(name))).toBe(false);
});
