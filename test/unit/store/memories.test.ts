import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentKey } from "../../../engine/base/hash.ts";
import type { PlannedSegment } from "../../../engine/store/types.ts";
import { bookRows } from "../../../bench/retrieval/rows-of-text.ts";
import { importBook, importRows, prose, temporaryStore } from "./temporary-store.ts";

const key = (name: string): string => contentKey("segment", name);
const plan = (...names: readonly string[]): PlannedSegment[] =>
  names.map((name, seq) => ({ seq, start: seq * 100, end: seq * 100 + 100, tokens: 20, key: key(name) }));
const blob = (size: number): Uint8Array => new Uint8Array(size).fill(7);

test("a plan is unread until its blobs are there; the same content serves two documents", async () => {
  const store = temporaryStore();
  const { documentId: one } = await importBook(store, "one", prose(300));
  const { documentId: two } = await importBook(store, "two", prose(300, 2));
  expect(store.memories.plan(one, plan("a", "b", "c"))).toEqual({ segments: 3, reused: 0 });
  store.memories.put(key("a"), blob(50), 4);
  store.memories.put(key("b"), blob(70), 4);
  expect(store.memories.list(one).map(({ state, slots, bytes }) => [state, slots, bytes])).toEqual([
    ["read", 4, 50],
    ["read", 4, 70],
    ["planned", 0, 0],
  ]);
  expect(store.memories.unread(one).map(({ seq }) => seq)).toEqual([2]);
  expect(store.documents.get(one)).toMatchObject({ segments: 3, segmentsRead: 2, memoryBytes: 120 });
  expect(store.memories.plan(two, plan("b", "x"))).toEqual({ segments: 2, reused: 1 });
  expect(store.memories.get(key("a"))).toEqual(Buffer.from(blob(50)));
  expect(store.memories.size(key("b"))).toBe(70);
  expect(store.memories.totalBytes()).toBe(120);
});

test("blobs outlive a new version and are found again by content", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importBook(store, "book", prose(300));
  store.memories.plan(id, plan("a", "b"));
  store.memories.put(key("a"), blob(10), 1);
  store.memories.put(key("b"), blob(10), 1);
  await importRows(store, bookRows("book", prose(300, 2)), { replaces: id });
  await store.tidied();
  expect(store.memories.list(id)).toEqual([]);
  expect(store.memories.collectGarbage(0)).toBe(0);
  expect(store.memories.plan(id, plan("a", "new"))).toEqual({ segments: 2, reused: 1 });
  expect(store.memories.collectGarbage()).toBe(0);
  expect(store.memories.collectGarbage(0)).toBe(1);
  expect(store.memories.has(key("b"))).toBe(false);
  expect(store.memories.has(key("a"))).toBe(true);
});

test("removing a document removes the blobs that nothing else uses", async () => {
  const store = temporaryStore();
  const { documentId: one } = await importBook(store, "one", prose(300));
  const { documentId: two } = await importBook(store, "two", prose(300, 2));
  store.memories.plan(one, plan("a", "shared"));
  store.memories.plan(two, plan("shared"));
  store.memories.put(key("a"), blob(10), 1);
  store.memories.put(key("shared"), blob(10), 1);
  store.documents.remove(one);
  expect(store.memories.has(key("a"))).toBe(false);
  expect(store.memories.has(key("shared"))).toBe(true);
  expect(store.documents.get(two).segmentsRead).toBe(1);
});

test("a blob that was deleted or removed is read again", async () => {
  const store = temporaryStore();
  const { documentId: id } = await importBook(store, "one", prose(300));
  store.memories.plan(id, plan("a"));
  store.memories.put(key("a"), blob(10), 1);
  store.memories.remove(key("a"));
  expect(store.memories.unread(id)).toHaveLength(1);
  expect(store.documents.get(id).segmentsRead).toBe(0);
  expect(store.memories.get(key("a"))).toBeNull();
});

test("blobs lie under the first two letters of their key; half written ones are swept", () => {
  const store = temporaryStore();
  store.memories.put(key("a"), blob(10), 1);
  const folder = join(store.folder, "store", "memories", key("a").slice(0, 2));
  expect(readdirSync(folder)).toEqual([key("a")]);
  const half = join(folder, `${key("b")}.part`);
  writeFileSync(half, "half");
  utimesSync(half, 0, 0);
  store.memories.collectGarbage(1_000_000);
  expect(existsSync(half)).toBe(false);
  expect(() => store.memories.put("../../escape", blob(1), 1)).toThrow(expect.objectContaining({ code: "Internal" }));
});
