import { expect, test } from "vitest";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { block, bookRows, repositoryRows } from "../../../bench/retrieval/rows-of-text.ts";
import {
  importBook,
  importRows,
  pageRow,
  paragraphs,
  prose,
  random,
  rowsOf,
  temporaryStore,
} from "./temporary-store.ts";

test("blocks are joined by a blank line, a space where they go on, nothing inside Chinese", async () => {
  const store = temporaryStore();
  const rows = rowsOf("joints", [
    block("One goes"),
    block("on here.", { continues: true }),
    block("New."),
    block("他来"),
    block("了。", { continues: true }),
  ]);
  const { documentId: id, characters } = await importRows(store, rows);
  expect(store.texts.text(id, 0, characters)).toBe("One goes on here.\n\nNew.\n\n他来了。");
  expect(store.texts.length(id)).toBe(characters);
});

test("a file of code is its lines, blank ones included", async () => {
  const store = temporaryStore();
  const file = {
    type: "file",
    path: "src/a.ts",
    language: "typescript",
    sizeBytes: 9,
    sha256: "a".repeat(64),
  } as const;
  const { documentId: id } = await importRows(
    store,
    rowsOf("code", [
      { ...file, lines: 7, unchanged: false },
      block("one\ntwo", { kind: "code", line: 1, endLine: 2 }),
      block("three", { kind: "code", line: 3, endLine: 3 }),
      block("six\nseven", { kind: "code", line: 6, endLine: 7 }),
    ]),
  );
  const { text, start } = store.texts.fileText(id, "src/a.ts");
  expect(text).toBe("one\ntwo\nthree\n\n\nsix\nseven");
  const at = start + text.indexOf("seven");
  expect(store.texts.place(id, at, at + 5)).toMatchObject({ file: "src/a.ts", line: 7, endLine: 7, page: null });
  expect(store.texts.place(id, start, start + text.length)).toMatchObject({ line: 1, endLine: 7 });
});

test("places carry page, printed label and contents path", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importRows(
    store,
    rowsOf(
      "paged",
      [
        pageRow(1, "i"),
        block("Front matter.", { page: 1 }),
        pageRow(2, "1"),
        block("Chapter One", { page: 2, kind: "heading", level: 1 }),
        block("A section", { page: 2, kind: "heading", level: 2 }),
        block("Its words stand here.", {
          page: 2,
          lines: [
            [0, 9, 10, 100, 100, 110],
            [10, 21, 10, 120, 120, 130],
          ],
        }),
        pageRow(3, "2"),
      ],
      "pdf",
    ),
  );
  const text = store.texts.text(id, 0, 1_000);
  const at = text.indexOf("words");
  expect(store.texts.place(id, at, at + 5)).toMatchObject({
    page: 2,
    pageLabel: "1",
    heading: ["Chapter One", "A section"],
    line: null,
  });
  const [box, second] = store.texts.boxes(id, at, at + 11);
  expect(box).toEqual({ page: 2, box: [50, 100, 100, 110] });
  expect(second).toEqual({ page: 2, box: [10, 120, 60, 130] });
  expect(store.texts.pageText(id, 2)).toMatchObject({
    label: "1",
    text: text.slice(text.indexOf("Chapter")),
    isPicture: false,
  });
  expect(store.texts.pageText(id, 3).text).toBe("");
  expect(store.texts.pages(id)[1]).toMatchObject({ textTop: 0.125, textBottom: 0.1625 });
  expect(() => store.texts.pageText(id, 9)).toThrow(expect.objectContaining({ code: "NotFound" }));
});

test("the outline covers the whole text, whatever it is made from", async () => {
  const store = temporaryStore();
  const outlines = [
    await importRows(
      store,
      rowsOf("own", [...paragraphs("Before.", "First.", "Second."), entry(1, "One", 1), entry(1, "Two", 2)]),
    ),
    await importBook(store, "headings", prose(3_000)),
    await importRows(
      store,
      rowsOf("none", paragraphs(...Array.from({ length: 60 }, (_, at) => `${at} ${prose(150, at)}`))),
    ),
    await importRows(store, repositoryRows("repository", files(5))),
    await importRows(
      store,
      rowsOf(
        "pages",
        Array.from({ length: 45 }, (_, at) => [pageRow(at + 1), block(`Page ${at}.`, { page: at + 1 })]).flat(),
        "pdf",
      ),
    ),
  ].map(({ documentId, characters }) => ({ characters, entries: store.documents.outline(documentId) }));
  for (const { characters, entries } of outlines) {
    let covered = 0;
    for (const { level, start, end } of entries.filter((one) => one.level === 1)) {
      expect(level).toBe(1);
      expect(start).toBe(covered);
      covered = end;
    }
    expect(covered).toBe(characters);
  }
  const titles = outlines.map(({ entries }) => entries.map(({ title }) => title));
  expect(titles[0]).toEqual(["Beginning", "One", "Two"]);
  expect(titles[2]?.slice(0, 2)).toEqual(["Part 1", "Part 2"]);
  expect(titles[3]?.slice(0, 3)).toEqual(["src", "file0.ts", "file1.ts"]);
  expect(titles[4]).toEqual(["Pages 1 to 20", "Pages 21 to 40", "Pages 41 to 45"]);

  function entry(level: number, title: string, at: number) {
    return { type: "outline", level, title, page: null, block: at } as const;
  }
});

const files = (count: number, edit = ""): { path: string; language: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({
    path: `src/file${at}.ts`,
    language: "typescript",
    text: `export function task${at}(): number {\n  return ${at};${at === 0 ? edit : ""}\n}\n`,
  }));

test("text by range equals the same range of the whole, and hits hold exactly the stored text", async () => {
  const store = temporaryStore();
  const { documentId: id, characters } = await importBook(store, "book", prose(40_000));
  const whole = store.texts.text(id, 0, characters);
  expect(whole).toHaveLength(characters);
  expect([...store.texts.parts(id)].map(({ text }) => text).join("")).toBe(whole);
  const next = random(7);
  for (let n = 0; n < 2_000; n += 1) {
    const start = Math.floor(next() * characters);
    const end = Math.min(characters, start + Math.floor(next() * 5_000));
    expect(store.texts.text(id, start, end)).toBe(whole.slice(start, end));
  }
  for (const { start, end, text } of store.texts.blocks(id)) expect(whole.slice(start, end)).toBe(text);
  let last = 0;
  for (const { start, end, text } of store.chunks.scan([id])) {
    expect(whole.slice(start, end)).toBe(text);
    expect(whole.slice(last, start).trim()).toBe("");
    last = end;
  }
  const retriever = createRetriever(store.chunks);
  let hits = 0;
  for (let n = 0; n < 120; n += 1) {
    const query = `house ${Math.floor(next() * 10_000)} captain lamp`;
    for (const { start, end, text, marks } of retriever.search(query, [id], { limit: 20 })) {
      expect(text).toBe(whole.slice(start, end));
      for (const [from, to] of marks) expect(text.slice(from, to).trim()).not.toBe("");
      hits += 1;
    }
  }
  expect(hits).toBeGreaterThan(2_000);
});

test("the same bytes twice are one document, unless asked otherwise", async () => {
  const store = temporaryStore();
  const first = await importBook(store, "book", prose(2_000));
  const session = store.importDocument({ grant: "again" });
  for (const row of bookRows("book", prose(2_000))) session.add(row);
  expect(session.isDuplicate).toBe(true);
  expect(await session.finish()).toMatchObject({
    documentId: first.documentId,
    isDuplicate: true,
    chunks: first.chunks,
  });
  expect(store.documents.list()).toHaveLength(1);
  await importRows(store, bookRows("book", prose(2_000)), { keepDuplicate: true });
  expect(store.documents.list()).toHaveLength(2);
});

test("nothing can be seen of an import before it is finished, nor after it failed", async () => {
  const store = temporaryStore();
  const session = store.importDocument({ grant: "g" });
  for (const row of [...bookRows("book", prose(20_000))].slice(0, -1)) session.add(row);
  expect(store.documents.list()).toEqual([]);
  await expect(session.finish()).rejects.toMatchObject({ code: "ParserFailed" });
  await store.tidied();
  expect(store.documents.list()).toEqual([]);
  const { documentId } = await importBook(store, "other", prose(300));
  expect(store.chunks.count([documentId])).toBeGreaterThan(0);
});

test("search answers while another document is indexed", async () => {
  const store = temporaryStore();
  const { documentId } = await importBook(store, "first", prose(3_000));
  const retriever = createRetriever(store.chunks);
  const session = store.importDocument({ grant: "g" });
  for (const row of bookRows("second", prose(80_000, 2))) session.add(row);
  const state = { isIndexing: true };
  const finished = session.finish().finally(() => {
    state.isIndexing = false;
  });
  let searches = 0;
  while (state.isIndexing) {
    expect(retriever.search("captain", [documentId], { limit: 1 })).toHaveLength(1);
    searches += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await finished;
  expect(searches).toBeGreaterThan(2);
});

test("cancel takes it away; abort in the middle of finish too", async () => {
  const store = temporaryStore();
  const rows = [...bookRows("book", prose(30_000))];
  const cancelled = store.importDocument({ grant: "g" });
  for (const row of rows) cancelled.add(row);
  const controller = new AbortController();
  const finishing = cancelled.finish({ signal: controller.signal, onProgress: () => controller.abort() });
  await expect(finishing).rejects.toMatchObject({ code: "Cancelled" });
  const aborted = store.importDocument({ grant: "g" });
  for (const row of rows) aborted.add(row);
  await expect(aborted.finish({ onProgress: () => aborted.abort() })).rejects.toMatchObject({ code: "Cancelled" });
  await store.tidied();
  expect(store.documents.list()).toEqual([]);
});

test("rows in an order that makes no sense are refused", async () => {
  const store = temporaryStore();
  const refused = (rows: Parameters<typeof rowsOf>[1]): void => {
    const session = store.importDocument({ grant: "g" });
    expect(() => {
      for (const row of rowsOf(JSON.stringify(rows), rows)) session.add(row);
    }).toThrow(expect.objectContaining({ code: "ParserFailed" }));
    session.abort();
  };
  refused([block("text", { page: 3 })]);
  refused([pageRow(2), pageRow(1)]);
  refused([{ type: "file", path: "a", language: "", sizeBytes: 0, sha256: "b".repeat(64), lines: 1, unchanged: true }]);
  const session = store.importDocument({ grant: "g" });
  expect(() => session.add(block("before the document row"))).toThrow(
    expect.objectContaining({ code: "ParserFailed" }),
  );
});

test("a document without text is a document", async () => {
  const store = temporaryStore();
  const picture = { type: "page", page: 1, label: "1", width: 600, height: 800, isPicture: true } as const;
  const { documentId: id } = await importRows(store, rowsOf("scan", [picture, block("", { page: 1 })], "pdf"));
  expect(store.documents.get(id)).toMatchObject({ pages: 1, picturePages: 1, characters: 0, state: "searchable" });
  expect(store.documents.outline(id)).toEqual([]);
  expect(store.texts.place(id, 0, 0)).toMatchObject({ start: 0, end: 0, page: null, heading: [] });
  expect([...store.chunks.scan([id])]).toEqual([]);
});

test("removing a document leaves no row of it", async () => {
  const store = temporaryStore();
  const { documentId } = await importBook(store, "book", prose(5_000));
  const kept = await importBook(store, "kept", `${prose(500, 3)}\n\nThe zebra stood.`);
  store.documents.remove(documentId);
  expect(store.documents.find(documentId)).toBeNull();
  expect(() => store.texts.text(documentId, 0, 1)).toThrow(expect.objectContaining({ code: "NotFound" }));
  await store.tidied();
  expect(createRetriever(store.chunks).search("zebra", [kept.documentId], { limit: 5 })).toHaveLength(1);
  expect(store.ledger.list().map(({ kind }) => kind)).toEqual(["removal", "import", "import", "migration"]);
});
