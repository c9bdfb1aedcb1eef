/**
 * Which segments a document's text was planned in, and which of them have their memory on disk.
 * Owns: the `segments` and `memory_blobs` tables. A segment is read when a blob with its key is there: one blob serves
 * every segment, in any document, that was computed from the same things.
 * Does not know: tokens, models, what a blob holds.
 */
import type { DocumentId } from "../protocol/dto.ts";
import { integer, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import type { Editions } from "./editions.ts";
import type { MemoryBlobs } from "./memory-blobs.ts";
import type { MemoryTable, PlannedSegment, StoredSegment } from "./types.ts";

const HOUR_MS = 3_600_000;
const SEGMENTS = `select s.*, coalesce(b.slots, 0) as slots, coalesce(b.bytes, 0) as bytes, b.key is not null as is_read
  from segments s left join memory_blobs b on b.key = s.key where s.document = ? and s.edition = ?`;

export interface MemoryTotals {
  readonly segments: number;
  readonly read: number;
  readonly bytes: number;
}

export class StoredMemories implements MemoryTable {
  readonly #database: Database;
  readonly #editions: Editions;
  readonly #blobs: MemoryBlobs;
  /** By document number; a list of a thousand books must not count a million segments each time. */
  readonly #totals = new Map<number, { readonly edition: number; readonly totals: MemoryTotals }>();

  constructor(database: Database, editions: Editions, blobs: MemoryBlobs) {
    this.#database = database;
    this.#editions = editions;
    this.#blobs = blobs;
  }

  plan(id: DocumentId, segments: readonly PlannedSegment[]): { segments: number; reused: number } {
    const { document, edition } = this.#editions.current(id);
    this.#database.transaction(() => {
      this.#database.change("delete from segments where document = ?", document);
      for (const { seq, start, end, tokens, key } of segments) {
        this.#database.change(
          "insert into segments (document, edition, seq, start, end, tokens, key) values (?, ?, ?, ?, ?, ?, ?)",
          ...[document, edition, seq, start, end, tokens, key],
        );
      }
    });
    this.#totals.delete(document);
    return { segments: segments.length, reused: this.totalsOf(document, edition).read };
  }

  list(id: DocumentId): StoredSegment[] {
    const { document, edition } = this.#editions.current(id);
    return this.#database.rows(`${SEGMENTS} order by s.seq`, document, edition).map(segmentOf);
  }

  unread(id: DocumentId): StoredSegment[] {
    const { document, edition } = this.#editions.current(id);
    return this.#database.rows(`${SEGMENTS} and b.key is null order by s.seq`, document, edition).map(segmentOf);
  }

  put(key: string, bytes: Uint8Array, slots: number): void {
    this.#blobs.put(key, bytes);
    this.#database.change(
      `insert into memory_blobs (key, bytes, slots, made_at) values (?, ?, ?, ?)
       on conflict (key) do update set bytes = excluded.bytes, slots = excluded.slots, made_at = excluded.made_at`,
      ...[key, bytes.byteLength, slots, Date.now()],
    );
    this.#forgetTotals(key);
  }

  get(key: string): Uint8Array | null {
    const bytes = this.#blobs.get(key);
    // Someone deleted the file: the segment has to be read again.
    if (bytes === null) this.#forgetBlob(key);
    return bytes;
  }

  has(key: string): boolean {
    return (
      this.#database.row("select 1 from memory_blobs where key = ?", key) !== null && this.#blobs.status(key) !== null
    );
  }

  size(key: string): number {
    return this.#blobs.status(key)?.bytes ?? 0;
  }

  remove(key: string): void {
    this.#forgetBlob(key);
    this.#blobs.remove(key);
  }

  totalBytes(): number {
    return this.#database.number("select sum(bytes) from memory_blobs");
  }

  collectGarbage(olderThanMs = HOUR_MS): number {
    let removed = 0;
    for (const key of this.#blobs.keys(olderThanMs)) {
      const status = this.#blobs.status(key);
      if (status === null || Date.now() - status.madeAt < olderThanMs || this.#isUsed(key)) continue;
      this.remove(key);
      removed += 1;
    }
    return removed;
  }

  // ----------------------------------------------------------------------- for the store's other tables

  totalsOf(document: number, edition: number): MemoryTotals {
    const known = this.#totals.get(document);
    if (known?.edition === edition) return known.totals;
    const row = this.#database.row(
      `select count(*) as segments, count(b.key) as read, coalesce(sum(b.bytes), 0) as bytes
       from segments s left join memory_blobs b on b.key = s.key where s.document = ? and s.edition = ?`,
      ...[document, edition],
    );
    const totals: MemoryTotals =
      row === null
        ? { segments: 0, read: 0, bytes: 0 }
        : { segments: integer(row, "segments"), read: integer(row, "read"), bytes: integer(row, "bytes") };
    this.#totals.set(document, { edition, totals });
    return totals;
  }

  keysOf(document: number): string[] {
    return this.#database
      .rows("select distinct key from segments where document = ?", document)
      .map((row) => text(row, "key"));
  }

  /** Deletes those of the blobs that no segment names any more. */
  removeUnused(keys: readonly string[]): void {
    for (const key of keys) if (!this.#isUsed(key)) this.remove(key);
  }

  #isUsed(key: string): boolean {
    return this.#database.row("select 1 from segments where key = ? limit 1", key) !== null;
  }

  #forgetBlob(key: string): void {
    this.#forgetTotals(key);
    this.#database.change("delete from memory_blobs where key = ?", key);
  }

  #forgetTotals(key: string): void {
    for (const row of this.#database.rows("select distinct document from segments where key = ?", key))
      this.#totals.delete(integer(row, "document"));
  }
}

function segmentOf(row: Row): StoredSegment {
  return {
    seq: integer(row, "seq"),
    start: integer(row, "start"),
    end: integer(row, "end"),
    tokens: integer(row, "tokens"),
    key: text(row, "key"),
    state: integer(row, "is_read") === 1 ? "read" : "planned",
    slots: integer(row, "slots"),
    bytes: integer(row, "bytes"),
  };
}
