import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { contentKey } from "../../../engine/base/hash.ts";
import { Database } from "../../../engine/store/database.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { bookRows } from "../../../bench/retrieval/rows-of-text.ts";
import { importBook, prose, temporaryFolder, temporaryStore } from "./temporary-store.ts";

/** A file system of its own with a few megabytes; null where the system allows no mounts. */
function smallDisk(size: string): string | null {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder], { stdio: "ignore" });
  });
  return folder;
}

test("a disk that fills during an import: DiskFull, nothing half visible, the rest goes on", async ({ skip }) => {
  const disk = smallDisk("8m");
  if (disk === null) return skip("this system allows no tmpfs mount");
  const store = temporaryStore(disk);
  const { documentId } = await importBook(store, "small", prose(2_000));
  const session = store.importDocument({ grant: "g" });
  const importing = async (): Promise<void> => {
    for (const row of bookRows("large", prose(400_000, 2))) session.add(row);
    await session.finish();
  };
  await expect(importing()).rejects.toMatchObject({ code: "DiskFull", hint: expect.stringMatching(/space/u) });
  session.abort();
  expect(store.documents.list().map(({ id }) => id)).toEqual([documentId]);
  expect(createRetriever(store.chunks).search("captain", [documentId], { limit: 3 })).toHaveLength(3);
  expect(() => store.memories.put(contentKey("x"), new Uint8Array(8_000_000), 1)).toThrow(
    expect.objectContaining({ code: "DiskFull" }),
  );
  expect(store.memories.has(contentKey("x"))).toBe(false);
  store.close();
  const again = temporaryStore(disk);
  expect(again.documents.list().map(({ id }) => id)).toEqual([documentId]);
  await again.tidied();
  await importBook(again, "after", prose(1_000, 3));
  expect(again.documents.list()).toHaveLength(2);
});

test("SQLite's own limit gives the same error and rolls back", () => {
  const database = new Database(join(temporaryFolder(), "a.db"));
  database.run("create table t (x)");
  database.run("PRAGMA max_page_count = 20");
  const fill = (): void =>
    database.transaction(() => {
      for (let n = 0; n < 200; n += 1) database.change("insert into t values (?)", "x".repeat(4_000));
    });
  expect(fill).toThrow(expect.objectContaining({ code: "DiskFull" }));
  expect(database.number("select count(*) from t")).toBe(0);
  database.transaction(() => database.change("insert into t values (1)"));
  expect(database.number("select count(*) from t")).toBe(1);
  database.close();
});
