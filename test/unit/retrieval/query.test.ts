import { expect, test } from "vitest";
import { readQuery } from "../../../engine/retrieval/query.ts";

const termsOf = (query: string): string[] => readQuery(query).terms.map(({ term }) => term);

test("question and function words are dropped", () => {
  expect(termsOf("What did the captain do with his lamps?")).toEqual(["captain", "lamp"]);
});

test("a query of nothing but such words keeps them", () => {
  expect(termsOf("to be or not to be")).toEqual(["to", "be", "or", "not"]);
});

test("pairs of characters stand for their word, a lone character for itself", () => {
  expect(termsOf("北京大学")).toEqual(["北京", "京大", "大学"]);
  expect(termsOf("水")).toEqual(["水"]);
  expect(termsOf("什么 北京")).toEqual(["北京"]);
});

test("quoted words are a phrase and terms", () => {
  const query = readQuery('who said "the white rabbit"');
  expect(query.phrases).toEqual([["the", "white", "rabbit"]]);
  expect(query.terms.map(({ term }) => term)).toContain("rabbit");
});

test("endless questions keep a bounded number of terms; empty ones have none", () => {
  expect(termsOf(Array.from({ length: 500 }, (_, at) => `word${at}`).join(" ")).length).toBeLessThanOrEqual(32);
  expect(termsOf("?! …")).toEqual([]);
});
