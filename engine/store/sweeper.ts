/**
 * Deletes what can no longer be seen: dead editions with their text, chunks and index rows, a little at a time.
 * Owns: the order of deletion and its pace. Does not know: why something died.
 * Killed in the middle it starts again at the next open; what is left is invisible either way.
 */
import { breathe } from "../base/abort.ts";
import { integer } from "./columns.ts";
import type { Database } from "./database.ts";

/** Milliseconds per transaction: search and cancel answer in between. */
const SLICE_MS = 10;

export class Sweeper {
  readonly #database: Database;
  #running: Promise<void> | null = null;
  #isStopped = false;
  #isWanted = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Deletes in the background until nothing is left. A failure (a full disk) ends it; the next open tries again. */
  start(): void {
    this.#isWanted = true;
    this.#running ??= this.#sweep()
      .catch(() => undefined)
      .finally(() => {
        this.#running = null;
        if (this.#isWanted) this.start();
      });
  }

  async finished(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #sweep(): Promise<void> {
    this.#isWanted = false;
    await breathe();
    while (!this.#isStopped) {
      const dead = this.#database.row("select number from editions where stage = 'dead' limit 1");
      if (dead === null) return;
      const until = performance.now() + SLICE_MS;
      const edition = integer(dead, "number");
      this.#database.transaction(() => {
        while (performance.now() < until && this.#step(edition));
      });
      await breathe();
    }
  }

  /** One small deletion; false when the edition itself is gone. */
  #step(edition: number): boolean {
    const chunks = this.#database.rows("select seq, index_id from chunks where edition = ? limit 20", edition);
    if (chunks.length > 0) {
      for (const row of chunks) this.#removeChunk(edition, integer(row, "seq"), integer(row, "index_id"));
      return true;
    }
    const remove = (sql: string): boolean => this.#database.change(sql, edition).changes > 0;
    if (remove("delete from parts where id in (select id from parts where edition = ? limit 20)")) return true;
    for (const table of ["pages", "files", "outline", "skipped"]) remove(`delete from ${table} where edition = ?`);
    remove("delete from editions where number = ?");
    return false;
  }

  /** The index row goes only when no other edition took it over. */
  #removeChunk(edition: number, seq: number, indexId: number): void {
    this.#database.change("delete from chunks where edition = ? and seq = ?", edition, seq);
    if (this.#database.row("select 1 from chunks where index_id = ? limit 1", indexId) === null)
      this.#database.change("delete from chunk_index where rowid = ?", indexId);
  }
}
