import { spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import { random, temporaryFolder } from "./temporary-store.ts";

const CHILD = join(import.meta.dirname, "import-forever.ts");

/** Lets a child import for a while, kills it, returns the ids that it had acknowledged. */
async function importUntilKilled(library: string, first: number, lifeMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, library, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  const output: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.push(text);
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  // The clock starts when it works, so that it dies while importing on a slow machine too.
  for (let waited = 0; output.length === 0 && waited < 20_000 && child.exitCode === null; waited += 20) await sleep(20);
  expect(child.exitCode).toBeNull();
  await sleep(lifeMs);
  child.kill("SIGKILL");
  await ended;
  return output
    .join("")
    .split("\n")
    .filter((line) => line !== "");
}

test("killed at any moment of imports: whole documents stay, halves leave nothing", async () => {
  const library = temporaryFolder();
  const next = random(11);
  const acknowledged = new Set<string>();
  let recovered = 0;
  for (let round = 0; round < 5; round += 1) {
    for (const id of await importUntilKilled(library, round * 1_000, Math.floor(next() * 150))) acknowledged.add(id);
    const store = openStore(library);
    const documents = store.documents.list();
    const ids = documents.map(({ id }) => id);
    for (const id of acknowledged) expect(ids).toContain(id);
    // At most one finished import was not told before the kill.
    expect(ids.length - acknowledged.size).toBeLessThanOrEqual(round + 1);
    for (const id of ids) acknowledged.add(id);
    for (const { id, characters } of documents) {
      expect(store.texts.text(id, 0, characters)).toHaveLength(characters);
      let end = 0;
      for (const chunk of store.chunks.scan([id])) end = chunk.end;
      expect(end).toBeGreaterThan(characters - 3);
      expect(createRetriever(store.chunks).search("captain lamp", [id], { limit: 5 })).toHaveLength(5);
    }
    await store.tidied();
    recovered += store.ledger.list().filter(({ kind }) => kind === "recovery").length;
    store.close();
    expectSound(library);
  }
  expect(recovered).toBeGreaterThan(0);
});

/** SQLite's own checks, and no row of any table or index that belongs to nothing. */
function expectSound(library: string): void {
  const database = new DatabaseSync(join(library, "store", "library.db"));
  const number = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
  expect(number("PRAGMA integrity_check")).toBe("ok");
  database.exec("insert into chunk_index (chunk_index) values ('integrity-check')");
  expect(number("select count(*) from editions where stage <> 'current'")).toBe(0);
  for (const table of ["parts", "chunks", "pages", "outline"])
    expect(number(`select count(*) from ${table} where edition not in (select edition from documents)`), table).toBe(0);
  expect(number("select count(*) from chunk_index where chunk_index match 'the'")).toBe(
    number(
      "select count(*) from chunks where index_id in (select rowid from chunk_index where chunk_index match 'the')",
    ),
  );
  expect(number("select count(distinct index_id) from chunks")).toBe(number("select count(*) from chunks"));
  database.close();
}
