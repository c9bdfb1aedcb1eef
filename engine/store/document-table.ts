/**
 * Documents as a person knows them: title, state, counts, contents, what was skipped.
 * Owns: the `documents` table and removal. Does not know: text, chunks, how an edition is written.
 */
import { z } from "zod";
import {
  documentFormat,
  documentId,
  documentState,
  type DocumentId,
  type DocumentState,
  type DocumentSummary,
  type OutlineEntry,
  type SkippedFile,
} from "../protocol/dto.ts";
import { integer, json, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import type { Editions } from "./editions.ts";
import type { StoredMemories } from "./memory-table.ts";
import type { Sweeper } from "./sweeper.ts";
import type { DocumentSource, DocumentTable, LedgerTable } from "./types.ts";

const SELECT = `select d.id, d.number, d.state, d.tokens, d.added_at, d.opened_at, d.is_sample, d.source, e.number as edition,
  e.title, e.author, e.format, e.sha256, e.size_bytes, e.pages, e.files, e.characters, e.picture_pages, e.warnings
  from documents d join editions e on e.number = d.edition`;

export class StoredDocuments implements DocumentTable {
  readonly #database: Database;
  readonly #editions: Editions;
  readonly #memories: StoredMemories;
  readonly #ledger: LedgerTable;
  readonly #sweeper: Sweeper;

  constructor(parts: {
    database: Database;
    editions: Editions;
    memories: StoredMemories;
    ledger: LedgerTable;
    sweeper: Sweeper;
  }) {
    this.#database = parts.database;
    this.#editions = parts.editions;
    this.#memories = parts.memories;
    this.#ledger = parts.ledger;
    this.#sweeper = parts.sweeper;
  }

  list(): DocumentSummary[] {
    const rows = this.#database.rows(`${SELECT} order by d.added_at desc, d.number desc`);
    return rows.map((row) => this.#summary(row));
  }

  find(id: DocumentId): DocumentSummary | null {
    const row = this.#database.row(`${SELECT} where d.id = ?`, id);
    return row === null ? null : this.#summary(row);
  }

  get(id: DocumentId): DocumentSummary {
    this.#editions.current(id);
    return this.#summary(this.#row(id));
  }

  findBySha256(sha256: string): DocumentId | null {
    const found = this.#database.value(
      "select d.id from editions e join documents d on d.edition = e.number where e.sha256 = ? limit 1",
      sha256,
    );
    return typeof found === "string" ? documentId.parse(found) : null;
  }

  setState(id: DocumentId, state: DocumentState): void {
    this.#set(id, "update documents set state = ? where number = ?", state);
  }

  setTokens(id: DocumentId, tokens: number): void {
    this.#set(id, "update documents set tokens = ? where number = ?", tokens);
  }

  setOpened(id: DocumentId, at: number): void {
    this.#set(id, "update documents set opened_at = ? where number = ?", Math.round(at));
  }

  setGrant(id: DocumentId, grant: string): void {
    this.#set(id, "update documents set source = ? where number = ?", grant);
  }

  remove(id: DocumentId): void {
    const { document } = this.#editions.current(id);
    const keys = this.#memories.keysOf(document);
    this.#database.transaction(() => {
      this.#database.change("update editions set stage = 'dead' where document = ?", document);
      this.#database.change("delete from segments where document = ?", document);
      this.#database.change("delete from documents where number = ?", document);
      this.#ledger.add("removal", id);
    });
    this.#editions.forget();
    this.#memories.removeUnused(keys);
    this.#sweeper.start();
  }

  outline(id: DocumentId): OutlineEntry[] {
    return [...this.#editions.outline(this.#editions.current(id).edition).entries];
  }

  skipped(id: DocumentId, limit = 10_000): SkippedFile[] {
    const { edition } = this.#editions.current(id);
    return this.#database
      .rows("select path, reason from skipped where edition = ? order by seq limit ?", edition, limit)
      .map((row) => ({ path: text(row, "path"), reason: text(row, "reason") }));
  }

  skippedTotal(id: DocumentId): number {
    return this.#database.number("select count(*) from skipped where edition = ?", this.#editions.current(id).edition);
  }

  metadata(id: DocumentId): Record<string, string> {
    const { edition } = this.#editions.current(id);
    const row = this.#database.row("select metadata from editions where number = ?", edition);
    return row === null ? {} : z.record(z.string(), z.string()).parse(json(row, "metadata"));
  }

  source(id: DocumentId): DocumentSource {
    this.#editions.current(id);
    const row = this.#row(id);
    return {
      grant: text(row, "source"),
      format: documentFormat.parse(text(row, "format")),
      title: text(row, "title"),
      sha256: text(row, "sha256"),
      sizeBytes: integer(row, "size_bytes"),
    };
  }

  #row(id: DocumentId): Row {
    return this.#database.row(`${SELECT} where d.id = ?`, id) ?? {};
  }

  #set(id: DocumentId, sql: string, value: string | number): void {
    this.#database.change(sql, value, this.#editions.current(id).document);
  }

  #summary(row: Row): DocumentSummary {
    const memory = this.#memories.totalsOf(integer(row, "number"), integer(row, "edition"));
    return {
      id: documentId.parse(text(row, "id")),
      title: text(row, "title"),
      author: text(row, "author"),
      format: documentFormat.parse(text(row, "format")),
      state: documentState.parse(text(row, "state")),
      pages: integer(row, "pages"),
      files: integer(row, "files"),
      characters: integer(row, "characters"),
      tokens: integer(row, "tokens"),
      segments: memory.segments,
      segmentsRead: memory.read,
      memoryBytes: memory.bytes,
      addedAt: integer(row, "added_at"),
      openedAt: integer(row, "opened_at"),
      isSample: integer(row, "is_sample") === 1,
      picturePages: integer(row, "picture_pages"),
      warnings: z.array(z.string()).parse(json(row, "warnings")),
    };
  }
}
