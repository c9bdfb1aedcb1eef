import { mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Database } from "../../../engine/store/database.ts";
import { migrate } from "../../../engine/store/migrate.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import { MIGRATIONS } from "../../../engine/store/schema.ts";
import { importBook, prose, temporaryFolder, temporaryStore } from "./temporary-store.ts";

const fileOf = (library: string): string => join(library, "store", "library.db");

/** A library with one document, closed. */
async function closedLibrary(): Promise<string> {
  const folder = temporaryFolder();
  const store = openStore(folder);
  await importBook(store, "book", prose(1_000));
  store.close();
  return folder;
}

const openingFails = (library: string): unknown => {
  try {
    openStore(library).close();
  } catch (error) {
    return error;
  }
  return null;
};

test("a new library records its migration and needs no backup", () => {
  const store = temporaryStore();
  expect(store.ledger.list()).toMatchObject([{ kind: "migration", details: { version: 1 } }]);
  expect(readdirSync(join(store.folder, "store")).filter((name) => name.includes("before"))).toEqual([]);
});

test("a later migration backs the file up first and is recorded; the backup is the library before", async () => {
  const folder = await closedLibrary();
  const next = { version: 2, name: "add colours", sql: "create table colours (name text)" };
  const database = new Database(fileOf(folder));
  migrate(database, [...MIGRATIONS, next]);
  const ledger = database.rows("select subject, details from ledger where kind = 'migration' order by id");
  expect(ledger.map(({ subject }) => subject)).toEqual(["first tables", "add colours"]);
  expect(database.number("PRAGMA user_version")).toBe(2);
  database.close();
  const backup = new DatabaseSync(join(folder, "store", "library.before-2.db"), { readOnly: true });
  expect(backup.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
  expect(backup.prepare("select count(*) as n from documents").get()).toEqual({ n: 1 });
  backup.close();
});

test("a migration that fails leaves the library as it was", async () => {
  const folder = await closedLibrary();
  const database = new Database(fileOf(folder));
  const broken = { version: 2, name: "broken", sql: "create table half (name text); insert into nowhere values (1)" };
  expect(() => migrate(database, [...MIGRATIONS, broken])).toThrow();
  expect(database.number("PRAGMA user_version")).toBe(1);
  expect(database.number("select count(*) from sqlite_schema where name = 'half'")).toBe(0);
  database.close();
  const store = temporaryStore(folder);
  expect(store.documents.list()).toHaveLength(1);
});

test("the library of a newer program is refused and left alone", async () => {
  const folder = await closedLibrary();
  const database = new DatabaseSync(fileOf(folder));
  database.exec("PRAGMA user_version = 99");
  database.close();
  const before = readFileSync(fileOf(folder));
  expect(openingFails(folder)).toMatchObject({ code: "StoreTooNew", hint: expect.stringContaining("Update Longleaf") });
  expect(readFileSync(fileOf(folder)).equals(before)).toBe(true);
});

test.each([
  ["text", (path: string) => writeFileSync(path, "this is not a database ".repeat(500))],
  ["a torn header", (path: string) => truncateSync(path, 60)],
  [
    "another program's database",
    (path: string) => {
      const database = new DatabaseSync(path);
      database.exec("create table theirs (a)");
      database.close();
    },
  ],
])("a file of %s is refused with a hint and left alone", (_name, make) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "store"));
  writeFileSync(fileOf(folder), "");
  make(fileOf(folder));
  if (_name === "a torn header") writeFileSync(fileOf(folder), "SQLite format 3\u0000 and then nothing that fits");
  const before = readFileSync(fileOf(folder));
  expect(openingFails(folder)).toMatchObject({ code: "StoreCorrupt", hint: expect.stringMatching(/\S/u) });
  expect(readFileSync(fileOf(folder)).equals(before)).toBe(true);
});

test("a page that is damaged later is StoreCorrupt, not a crash", async () => {
  const folder = await closedLibrary();
  const bytes = readFileSync(fileOf(folder));
  bytes.fill(0xa5, 4_096, bytes.length);
  writeFileSync(fileOf(folder), bytes);
  expect(openingFails(folder)).toMatchObject({ code: "StoreCorrupt" });
});

test("a library that another process holds is busy, after a short wait", () => {
  const store = temporaryStore();
  const other = new DatabaseSync(fileOf(store.folder));
  other.exec("BEGIN IMMEDIATE");
  expect(() => store.settings.set({ theme: "dark" })).toThrow(expect.objectContaining({ code: "StoreBusy" }));
  other.exec("ROLLBACK");
  other.close();
  expect(store.settings.set({ theme: "dark" }).theme).toBe("dark");
});

test("transactions are all or nothing, also nested ones", () => {
  const store = temporaryStore();
  expect(() =>
    store.transaction(() => {
      store.settings.set({ theme: "dark" });
      store.transaction(() => store.settings.set({ textScale: 1.5 }));
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(store.settings.get()).toMatchObject({ theme: "system", textScale: 1 });
  store.transaction(() => store.settings.set({ theme: "light" }));
  expect(store.settings.get().theme).toBe("light");
});

test("a closed store says so", () => {
  const store = temporaryStore();
  store.close();
  store.close();
  expect(() => store.documents.list()).toThrow(expect.objectContaining({ code: "Internal" }));
});
