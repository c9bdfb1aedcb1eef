import { expect, test } from "vitest";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { countWords } from "../../../engine/retrieval/search-tokenizer.ts";
import type { ChunkIndex, RankedPassage } from "../../../engine/retrieval/types.ts";
import { importRows, paragraphs, prose, rowsOf, temporaryStore } from "../store/temporary-store.ts";

async function searchIn(...texts: readonly string[]) {
  const store = temporaryStore();
  const { documentId } = await importRows(store, rowsOf("document", paragraphs(...texts)));
  const search = (query: string, limit = 8): RankedPassage[] =>
    createRetriever(store.chunks).search(query, [documentId], { limit });
  return { store, documentId, search };
}

const overlapping = (found: readonly RankedPassage[]): number =>
  found.filter((a, at) => found.slice(at + 1).some((b) => a.start < b.end && b.start < a.end)).length;

test("a document of one sentence", async () => {
  const { search } = await searchIn("The heron sleeps.");
  expect(search("Who sleeps?")).toMatchObject([{ text: "The heron sleeps.", matched: 1 }]);
  expect(search("Who wakes?")).toEqual([]);
});

test("a document of one repeated sentence", async () => {
  const { search } = await searchIn(
    ...Array.from({ length: 300 }, () => "The silver heron sleeps by the water. ".repeat(30)),
  );
  const found = search("Where does the silver heron sleep?", 50);
  expect(found).toHaveLength(50);
  expect(overlapping(found)).toBe(0);
  for (const { text } of found) expect(countWords(text)).toBeLessThanOrEqual(60);
});

test("a document of numbers only, and one without any letter or digit", async () => {
  const numbers = await searchIn(Array.from({ length: 5_000 }, (_, at) => `${at * 7}`).join(" "));
  expect(numbers.search("Which row says 4207?")[0]?.text).toContain("4207");
  expect(numbers.search("Who is the king?")).toEqual([]);
  const signs = await searchIn("--- *** --- !!! ... ??? ".repeat(500));
  expect(signs.search("What does it say? ---")).toEqual([]);
});

test("a question without words", async () => {
  const { search } = await searchIn(prose(300));
  for (const query of ["", " ", "?", "…", "\n\n", "---", "''"])
    expect(search(query), JSON.stringify(query)).toEqual([]);
});

test("a question in another language", async () => {
  const { search } = await searchIn(prose(2_000));
  for (const query of ["谁测量了灯？", "Кто измерил лампу?", "من قاس المصباح؟", "誰がランプを測りましたか"])
    expect(search(query), query).toEqual([]);
});

test("10,000 words of question: bounded work, and still the passage", async () => {
  const { store, documentId } = await searchIn(
    prose(3_000),
    "An extraordinarily melancholy walrus hummed.",
    prose(3_000, 2),
  );
  const asked: number[] = [];
  let read = 0;
  const chunks = store.chunks;
  const index: ChunkIndex = {
    candidates: (query) => (asked.push(query.terms.length), chunks.candidates(query)),
    frequencies: (terms, scope) => (asked.push(terms.length), chunks.frequencies(terms, scope)),
    vocabulary: (from, before, limit) => chunks.vocabulary(from, before, limit),
    read: (id, from, to) => ((read += to - from + 1), chunks.read(id, from, to)),
    text: (id, start, end) => chunks.text(id, start, end),
    scan: (scope) => chunks.scan(scope),
    count: (scope) => chunks.count(scope),
  };
  const words = Array.from({ length: 10_000 }, (_, at) => `w${at % 7_000}`);
  words.splice(6_000, 0, "extraordinarily", "melancholy", "walrus");
  const [first] = createRetriever(index).search(words.join(" "), [documentId], { limit: 8 });
  expect(first?.text).toContain("walrus");
  for (const count of asked) expect(count).toBeLessThanOrEqual(200);
  expect(read).toBeLessThanOrEqual(300);
});

test("fifty passages for a reader: each at most 60 words, none over another, with what was measured", async () => {
  const { search } = await searchIn(prose(30_000));
  const found = search("Which captain measured the lamp near the station in winter?", 50);
  expect(found).toHaveLength(50);
  expect(overlapping(found)).toBe(0);
  for (const { text, score, parts, features } of found) {
    expect(countWords(text)).toBeLessThanOrEqual(60);
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(score, 6);
    expect(features?.near).toBeGreaterThan(0);
    expect(features?.middle).toBeGreaterThanOrEqual(features?.coverage ?? Infinity);
  }
});

test("Chinese: question words are dropped, characters are found in pairs", async () => {
  const filler = Array.from(
    { length: 60 },
    (_, at) => `第${at}个村庄在山谷里，村民们每天种植水稻和小麦，生活十分平静。`,
  );
  const { search } = await searchIn(...filler, "灯塔的看守人李明在冬天点燃了煤油灯。", ...filler);
  expect(search("是谁在冬天点燃了煤油灯？")[0]?.text).toContain("李明");
  expect(search("看守人叫什么名字")[0]?.text).toContain("看守人李明");
});
