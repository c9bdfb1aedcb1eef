import { expect, test } from "vitest";
import { FEEDBACK, withFeedback } from "../../../engine/retrieval/feedback.ts";
import { readQuery } from "../../../engine/retrieval/query.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { importRows, paragraphs, prose, rowsOf, temporaryStore } from "../store/temporary-store.ts";

test("words that the best passages share are added behind the question's own, the commonest first", () => {
  const found = [
    { text: "The heron eats fish.", score: 4 },
    { text: "A heron and its fish, its nest.", score: 3 },
  ];
  const { terms } = withFeedback(readQuery("Which heron?"), found, { ...FEEDBACK, terms: 2 });
  expect(terms.map(({ term, isFeedback }) => [term, isFeedback])).toEqual([
    ["heron", false],
    ["fish", true],
    ["eat", true],
  ]);
  const added = terms.filter(({ isFeedback }) => isFeedback);
  expect(added.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(FEEDBACK.weight, 10);
});

test("nothing found, nothing added", () => {
  const query = readQuery("Which heron?");
  expect(withFeedback(query, [], FEEDBACK)).toBe(query);
});

test("with feedback on, the question's own words still decide what matches", async () => {
  const store = temporaryStore();
  const text = [
    prose(600),
    "The heron stood in the reeds.",
    "The heron hunts in the reeds at dawn.",
    "Reeds and dawn.",
  ];
  const { documentId } = await importRows(store, rowsOf("heron", paragraphs(...text)));
  const search = createRetriever(store.chunks, { feedback: FEEDBACK });
  const [first] = search.search("heron", [documentId], { limit: 5 });
  expect(first?.text).toContain("heron");
  expect(first?.matched).toBe(1);
  expect(first?.words).toEqual(["heron"]);
});
