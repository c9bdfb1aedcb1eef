import { expect, test } from "vitest";
import { numberAlternates } from "../../../engine/retrieval/numbers.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { importRows, paragraphs, prose, rowsOf, temporaryStore } from "../store/temporary-store.ts";

test("a number is asked for however it is written", () => {
  expect(numberAlternates("23", undefined)).toEqual(expect.arrayContaining(["twentythre", "23rd"]));
  expect(numberAlternates("twentythree", undefined)).toContain("23");
  expect(numberAlternates("third", undefined)).toEqual(expect.arrayContaining(["3rd", "3"]));
  expect(numberAlternates("12th", undefined)).toContain("twelfth");
  expect(numberAlternates("11th", undefined)).toContain("eleventh");
  expect(numberAlternates("january", undefined)).toEqual(["jan"]);
  expect(numberAlternates("sept", undefined)).toEqual([]);
  expect(numberAlternates("nov", undefined)).toEqual(["novemb"]);
});

test("Roman numerals are numbers only after a word that is numbered", () => {
  expect(numberAlternates("iv", "chapter")).toContain("4");
  expect(numberAlternates("4", "chapter")).toContain("iv");
  expect(numberAlternates("4", "killed")).not.toContain("iv");
  expect(numberAlternates("i", undefined)).toEqual([]);
  expect(numberAlternates("mix", "chapter")).toEqual([]);
});

test("words that seldom mean a number, and large numbers, stay what they are", () => {
  for (const form of ["one", "second", "may", "1863", "house"]) expect(numberAlternates(form, "the")).toEqual([]);
});

test("the index is searched for all of them", async () => {
  const store = temporaryStore();
  const text = [
    prose(600),
    "The regiment lost twenty-three horses at the ford.",
    "On May 3, 1863, the bridge burned.",
    "They paid 1,200 crowns.",
  ];
  const { documentId } = await importRows(store, rowsOf("numbers", paragraphs(...text)));
  const first = (query: string): string | undefined =>
    createRetriever(store.chunks).search(query, [documentId], { limit: 1 })[0]?.text;
  expect(first("Who lost 23 horses?")).toContain("twenty-three horses");
  expect(first("What happened on the third of May 1863?")).toContain("the bridge burned");
  expect(first("Who paid 1200 crowns?")).toContain("1,200 crowns");
});
