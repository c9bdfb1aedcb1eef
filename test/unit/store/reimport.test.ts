import { expect, test } from "vitest";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { bookRows, repositoryRows, type SourceFile } from "../../../bench/retrieval/rows-of-text.ts";
import { importRows, prose, temporaryStore } from "./temporary-store.ts";

const FILES: readonly SourceFile[] = Array.from({ length: 30 }, (_, at) => ({
  path: `src/part${Math.floor(at / 10)}/file${at % 10}.ts`,
  language: "typescript",
  text: Array.from({ length: 70 }, (_line, n) => `export const value_${at}_${n} = ${at * n};`).join("\n"),
}));

const edited = (at: number, text: string): SourceFile[] =>
  FILES.map((file, index) => (index === at ? { ...file, text } : file));

test("editing one file re-reads only that file; the result equals a fresh import", async () => {
  const store = temporaryStore();
  const first = await importRows(store, repositoryRows("r", FILES), { grant: "folder" });
  const next = edited(7, "// shorter\nexport const freshName = 1;");
  const second = await importRows(store, repositoryRows("r", next, store.texts.knownFiles(first.documentId)), {
    grant: "folder",
    replaces: first.documentId,
  });
  expect(second).toMatchObject({ documentId: first.documentId, isDuplicate: false, reusedFiles: 29, files: 30 });
  expect(second.chunks - second.reusedChunks).toBe(1);

  const fresh = temporaryStore();
  const { documentId: other } = await importRows(fresh, repositoryRows("r", next));
  const id = first.documentId;
  expect(store.texts.text(id, 0, 1e9)).toBe(fresh.texts.text(other, 0, 1e9));
  expect(store.texts.files(id)).toEqual(fresh.texts.files(other));
  expect(store.documents.outline(id)).toEqual(fresh.documents.outline(other));
  const plain = (list: Iterable<{ start: number; end: number; text: string; file: string | null }>): unknown[] =>
    [...list].map(({ start, end, text, file }) => [start, end, text, file]);
  expect(plain(store.chunks.scan([id]))).toEqual(plain(fresh.chunks.scan([other])));
  const { start } = store.texts.fileText(id, "src/part2/file9.ts");
  expect(store.texts.place(id, start + 40, start + 41)).toEqual({
    ...fresh.texts.place(other, start + 40, start + 41),
    documentId: id,
  });
});

test("what was edited is found, what was there before is not, also after sweeping and reopening", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importRows(store, repositoryRows("r", FILES));
  const known = store.texts.knownFiles(id);
  await importRows(store, repositoryRows("r", edited(7, "export const freshName = 1;"), known), { replaces: id });
  const search = (query: string): string[] =>
    createRetriever(store.chunks)
      .search(query, [id], { limit: 3 })
      .map(({ file }) => file ?? "");
  for (let round = 0; round < 2; round += 1) {
    expect(search("freshName")).toEqual(["src/part0/file7.ts"]);
    expect(search("value_8_3")[0]).toBe("src/part0/file8.ts");
    expect(search('"value_7_3"')).toEqual([]);
    await store.tidied();
  }
});

test("parsers that send everything again reuse chunks by their content", async () => {
  const store = temporaryStore();
  const text = prose(30_000);
  const { documentId: id, chunks } = await importRows(store, bookRows("book", text));
  const middle = text.indexOf("waited.", text.length / 2);
  const changed = `${text.slice(0, middle)}marvelled.${text.slice(middle + 7)}`;
  const second = await importRows(store, bookRows("book", changed), { replaces: id });
  expect(second.documentId).toBe(id);
  expect(second.chunks - second.reusedChunks).toBeGreaterThan(0);
  expect(second.reusedChunks).toBeGreaterThan(chunks * 0.9);
});

test("the version before answers until the new one is finished", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importRows(store, repositoryRows("r", FILES));
  const session = store.importDocument({ grant: "g", replaces: id });
  for (const row of repositoryRows("r", edited(7, "export const freshName = 1;"), store.texts.knownFiles(id)))
    session.add(row);
  const retriever = createRetriever(store.chunks);
  expect(retriever.search("value_7_3", [id], { limit: 1 })[0]?.file).toBe("src/part0/file7.ts");
  let seen = 0;
  await session.finish({
    onProgress: () => {
      seen += retriever.search("freshName", [id], { limit: 1 }).length;
      expect(retriever.search("value_8_3", [id], { limit: 50 })[0]?.file).toBe("src/part0/file8.ts");
    },
  });
  expect(seen).toBe(0);
  expect(retriever.search("freshName", [id], { limit: 1 })).toHaveLength(1);
});

test("the same content again changes nothing; files that went away are gone; an empty one comes back", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importRows(store, repositoryRows("r", FILES));
  expect(await importRows(store, repositoryRows("r", FILES), { replaces: id })).toMatchObject({ isDuplicate: true });
  const known = (): Record<string, string> => store.texts.knownFiles(id);
  const fewer = edited(3, "").slice(0, 20);
  expect(await importRows(store, repositoryRows("r", fewer, known()), { replaces: id })).toMatchObject({
    reusedFiles: 19,
  });
  expect(store.texts.files(id)).toHaveLength(20);
  expect(store.texts.fileText(id, "src/part0/file3.ts").text).toBe("");
  // The empty file is unchanged now: nothing to carry, still listed.
  const again = await importRows(store, repositoryRows("r", fewer.slice(0, 10), known()), { replaces: id });
  expect(again).toMatchObject({ files: 10, reusedFiles: 10, reusedChunks: again.chunks });
  const last = await importRows(store, repositoryRows("r", FILES, known()), { replaces: id });
  expect(last.reusedFiles).toBe(9);
  const fresh = temporaryStore();
  const { documentId: other } = await importRows(fresh, repositoryRows("r", FILES));
  expect(store.texts.text(id, 0, 1e9)).toBe(fresh.texts.text(other, 0, 1e9));
});

test("a document removed while its new version is read stays removed", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importRows(store, bookRows("book", prose(3_000)));
  const session = store.importDocument({ grant: "g", replaces: id });
  for (const row of bookRows("book", prose(3_000, 2))) session.add(row);
  store.documents.remove(id);
  await expect(session.finish()).rejects.toMatchObject({ code: "NotFound" });
  await store.tidied();
  expect(store.documents.list()).toEqual([]);
});
