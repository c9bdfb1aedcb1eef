/**
 * Brings a library file to this program's schema: backup first, one transaction per migration, each in the ledger.
 * Owns: versions and backups. Does not know: what the tables are for.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { EngineError } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import { APPLICATION_ID, type Migration } from "./schema.ts";

/**
 * Runs what is missing. Throws StoreTooNew for a file of a later program, StoreCorrupt for another program's database.
 * `migrations` in ascending order. The backup lies beside the file as `library.before-<version>.db`.
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = database.number("PRAGMA user_version");
  const isEmpty = database.number("select count(*) from sqlite_schema") === 0;
  if (!isEmpty && database.number("PRAGMA application_id") !== APPLICATION_ID) {
    throw new EngineError("StoreCorrupt", `${database.path}: a database, but not a Longleaf library`, {
      hint: "Another program's file stands where the library should be. Move it away, or choose another library folder.",
    });
  }
  if (found > newest) {
    throw new EngineError("StoreTooNew", `${database.path}: schema ${found}, this program knows ${newest}`, {
      hint: "A newer Longleaf has used this library. Update Longleaf, or choose another library folder.",
      details: { found, newest },
    });
  }
  database.useWriteAheadLog();
  const missing = migrations.filter(({ version }) => version > found);
  const [next] = missing;
  if (next === undefined) return;
  const backup = isEmpty ? null : backUp(database, next.version);
  for (const migration of missing) apply(database, migration, backup);
}

function apply(database: Database, { version, name, sql }: Migration, backup: string | null): void {
  database.transaction(() => {
    database.run(sql);
    database.run(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
    database.change(
      "insert into ledger (at, kind, subject, details) values (?, 'migration', ?, ?)",
      Date.now(),
      name,
      JSON.stringify(backup === null ? { version } : { version, backup }),
    );
  });
}

/** A consistent copy of the whole file. Written under another name first, so that a half copy never looks whole. */
function backUp(database: Database, version: number): string {
  const target = database.path.replace(/\.db$/u, `.before-${version}.db`);
  const half = `${target}.part`;
  if (existsSync(half)) rmSync(half);
  database.change("vacuum into ?", half);
  renameSync(half, target);
  return target;
}
