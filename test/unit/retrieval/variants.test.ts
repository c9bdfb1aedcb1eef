import { expect, test } from "vitest";
import { readQuery } from "../../../engine/retrieval/query.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { editDistance, withVariants } from "../../../engine/retrieval/variants.ts";
import { importRows, paragraphs, prose, rowsOf, temporaryStore } from "../store/temporary-store.ts";

const ALL = { numbers: true, families: true, derived: true, typos: true };
const NOTHING = { vocabulary: () => [] };

/** The alternates of a question's words, over a vocabulary of stems. */
function alternates(question: string, vocabulary: readonly string[] = []): string[] {
  const index = {
    vocabulary: (from: string, before: string) =>
      vocabulary.filter((term) => term >= from && term < before).map((term) => ({ term, chunks: 1 })),
  };
  const { terms } = withVariants(readQuery(question), index, (term) => vocabulary.includes(term), ALL);
  return terms.flatMap((term) => term.alternates);
}

test("edit distance counts swaps as one, and stops at the limit", () => {
  expect(editDistance("lamp", "lamp", 2)).toBe(0);
  expect(editDistance("lapm", "lamp", 2)).toBe(1);
  expect(editDistance("lamps", "lamp", 2)).toBe(1);
  expect(editDistance("lamp", "limb", 2)).toBe(2);
  expect(editDistance("lamp", "bridge", 2)).toBe(3);
  expect(editDistance("", "ab", 2)).toBe(2);
});

test("families, spellings and derived words count as the word that was asked for", () => {
  expect(alternates("When did he die?")).toEqual(expect.arrayContaining(["death", "dead"]));
  expect(alternates("the colour")).toContain("color");
  expect(alternates("organize")).toContain("organis");
  expect(alternates("center")).toContain("centr");
  expect(alternates("theatrical", ["theatr", "theatric", "theft"])).toEqual(["theatr"]);
});

test("a word that stands nowhere is taken for its nearest neighbour; one that stands there is not", () => {
  expect(alternates("laterns", ["lantern", "ladder"])).toEqual(["lantern"]);
  expect(alternates("lantern", ["lantern", "lanterm"])).toEqual([]);
  expect(alternates("cat", ["car", "cab"])).toEqual([]);
  expect(alternates("config", ["configur", "confess"])).toEqual(["configur"]);
});

test("words of other scripts and numbers are left alone", () => {
  expect(
    withVariants(readQuery("图书馆 1863 x"), NOTHING, () => false, ALL).terms.flatMap((t) => t.alternates),
  ).toEqual([]);
});

test("a misspelt question finds its passage, and what it marks is what stands there", async () => {
  const store = temporaryStore();
  const text = [prose(800), "The lighthouse keeper polished the enormous lantern.", prose(400, 3)];
  const { documentId } = await importRows(store, rowsOf("typos", paragraphs(...text)));
  const [hit] = createRetriever(store.chunks).search("Who polished the enormuos latnern?", [documentId], { limit: 3 });
  expect(hit?.text).toContain("The lighthouse keeper");
  expect(hit?.marks.map(([from, to]) => hit.text.slice(from, to))).toEqual(["polished", "enormous", "lantern"]);
});
