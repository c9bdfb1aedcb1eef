/** Opens the one database file and creates it when it is new. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export function openDatabase(file: string, busyTimeoutMs: number): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
  const row = database.prepare("PRAGMA user_version").get();
  if (row?.["user_version"] === 0) {
    database.exec(readFileSync(join(import.meta.dirname, "schema.sql"), "utf8"));
    database.exec("PRAGMA user_version = 1");
  }
  return database;
}

if (process.argv[1] === import.meta.filename) {
  openDatabase("data/skerry.db", 4000).close();
  console.log("data/skerry.db is ready");
}
