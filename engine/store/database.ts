/**
 * The seam to node:sqlite: one connection, its pragmas, transactions, prepared statements, foreign errors translated.
 * Owns: how the file is opened and what its errors mean. Does not know: any table.
 * The only importer of node:sqlite besides migrate.ts.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { EngineError } from "../protocol/errors.ts";

export type Row = Record<string, null | number | bigint | string | Uint8Array>;
export type Values = readonly SQLInputValue[];

// Primary result codes of SQLite (sqlite.org/rescode.html).
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Waiting blocks the engine's thread, so not long: the library has one owner, a lock is an accident. */
const BUSY_TIMEOUT_MS = 1_000;
const NO_SPACE_LEFT_BYTES = 1024 * 1024;
/** Bytes that imports and memories leave free, or this share of a small disk. */
const RESERVED_BYTES = 64 * 1024 * 1024;
const RESERVED_SHARE = 0.1;

export class Database implements Disposable {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /** Throws StoreCorrupt when the file is no database, StoreBusy when another process holds it, Forbidden, DiskFull. */
  constructor(path: string) {
    this.path = path;
    this.#connection = translated(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
    try {
      // Reads the header before anything is written, so that a foreign file stays as it is.
      this.value("PRAGMA schema_version");
      this.run("PRAGMA foreign_keys = ON");
      this.run("PRAGMA synchronous = NORMAL");
      this.run("PRAGMA temp_store = MEMORY");
      this.run("PRAGMA cache_size = -32000");
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  /** Changes the file: only once it is known to be ours. */
  useWriteAheadLog(): void {
    this.value("PRAGMA journal_mode = WAL");
    this.run("PRAGMA journal_size_limit = 67108864");
  }

  /**
   * Throws DiskFull while there is still room to clean up: deleting needs space too, and so do settings and chats.
   * Called before everything that writes much; `bytes` is what will be written.
   */
  requireSpace(bytes = 0): void {
    requireSpace(dirname(this.path), bytes);
  }

  /** Runs statements that return nothing, several at once. */
  run(sql: string): void {
    translated(this.path, () => {
      this.#connection.exec(sql);
    });
  }

  /** `id`: that of the row inserted, when the statement inserted into an ordinary table. */
  change(sql: string, ...values: Values): { changes: number; id: number } {
    return translated(this.path, () => {
      const statement = this.#prepared(sql);
      // The connection remembers the last row id of the full-text index's own tables too, and these pass 2^53: read as
      // plain numbers they make the next statement throw, whatever it does.
      statement.setReadBigInts(true);
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes: Number(changes), id: Number(lastInsertRowid) };
    });
  }

  rows(sql: string, ...values: Values): Row[] {
    return translated(this.path, () => this.#reading(sql).all(...values));
  }

  row(sql: string, ...values: Values): Row | null {
    return translated(this.path, () => this.#reading(sql).get(...values) ?? null);
  }

  /** First column of the first row; null without one. */
  value(sql: string, ...values: Values): Row[string] {
    const row = this.row(sql, ...values);
    return row === null ? null : (Object.values(row)[0] ?? null);
  }

  number(sql: string, ...values: Values): number {
    return Number(this.value(sql, ...values) ?? 0);
  }

  /** All or nothing; an inner one is part of the outer. `durable`: on the disk when this returns, power cut or not. */
  transaction<T>(run: () => T, durable = false): T {
    if (this.#depth > 0) return run();
    if (durable) this.run("PRAGMA synchronous = FULL");
    try {
      return this.#outermost(run);
    } finally {
      if (durable) this.run("PRAGMA synchronous = NORMAL");
    }
  }

  #outermost<T>(run: () => T): T {
    this.run("BEGIN IMMEDIATE");
    this.#depth = 1;
    try {
      const result = run();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // SQLite has already rolled back after some errors (a full disk); then there is nothing to undo.
      if (this.#connection.isTransaction) this.run("ROLLBACK");
      throw error;
    } finally {
      this.#depth = 0;
    }
  }

  close(): void {
    if (!this.#connection.isOpen) return;
    this.#statements.clear();
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #reading(sql: string): StatementSync {
    const statement = this.#prepared(sql);
    statement.setReadBigInts(false);
    return statement;
  }

  #prepared(sql: string): StatementSync {
    if (!this.#connection.isOpen) throw new EngineError("Internal", "the store is closed");
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function translated<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw translate(error, path);
  }
}

/** SQLite's errors by code, never by message. What is not SQLite's passes through. */
function translate(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const code = error.errcode & 0xff;
  const details = { sqlite: error.errcode };
  const message = `${path}: ${error.message}`;
  if (code === FULL || ((code === IO_ERROR || code === CANNOT_OPEN) && isDiskFull(path)))
    return diskFull(message, error);
  if (code === BUSY || code === LOCKED) {
    return new EngineError("StoreBusy", message, {
      hint: "Another program has this library open. Close it, then try again.",
      details,
      cause: error,
    });
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return new EngineError("StoreCorrupt", message, {
      hint: `The library file ${path} is damaged; it was left as it is. Put a backup from the same folder in its place, or move it away and start an empty library.`,
      details,
      cause: error,
    });
  }
  if (code === READONLY || code === CANNOT_OPEN) {
    return new EngineError("Forbidden", message, {
      hint: "Longleaf cannot write to the library's folder. Check its permissions, or choose another folder.",
      details,
      cause: error,
    });
  }
  return new EngineError("Internal", message, {
    hint: "The library's disk could not be read or written. Check the disk, then start Longleaf again.",
    details,
    cause: error,
  });
}

export function diskFull(message: string, cause?: unknown): EngineError {
  return new EngineError("DiskFull", message, {
    hint: "The disk is full. Free some space, then try again; what was in the library before is untouched.",
    cause,
  });
}

export function requireSpace(folder: string, bytes: number): void {
  const disk = diskOf(folder);
  if (disk === null) return;
  const reserved = Math.min(RESERVED_BYTES, disk.size * RESERVED_SHARE);
  if (disk.free - bytes < reserved)
    throw diskFull(`${folder}: ${disk.free} bytes are free, ${bytes} to be written, ${Math.round(reserved)} kept free`);
}

/** Some failures to write say only "disk I/O error". */
function isDiskFull(path: string): boolean {
  const disk = diskOf(dirname(path));
  return disk !== null && disk.free < NO_SPACE_LEFT_BYTES;
}

/** null when the folder is gone or may not be asked: then errors stay what SQLite calls them. */
function diskOf(folder: string): { readonly free: number; readonly size: number } | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch {
    return null;
  }
}
