/**
 * Chunks of a staged edition and their rows of the full-text index.
 * Owns: what an index row holds, and which rows of the edition before are taken over: those with the same text under
 * the same contents path. Does not know: where chunks are cut (chunking/), how fast to go (import-session.ts).
 */
import type { ChunkRange } from "../chunking/chunks.ts";
import { sha256, contentKey } from "../base/hash.ts";
import { findDefinitions } from "../retrieval/definitions.ts";
import { indexTerms, SEARCH_TOKENIZER_VERSION } from "../retrieval/search-tokenizer.ts";
import { bytes, integer } from "./columns.ts";
import type { Database } from "./database.ts";
import type { StoredFile } from "./editions.ts";

const IDS_AT_ONCE = 256;

/** What search knows of a chunk besides its text. */
export interface ChunkContext {
  /** Titles of the contents path, outermost first. */
  readonly heading: readonly string[];
  readonly file: string | null;
}

/** The one word in the index's `scope` column by which a document's rows are found. */
export const scopeTerm = (document: number): string => `d${document}`;

export class ChunkWriter {
  readonly #database: Database;
  readonly #document: number;
  readonly #edition: number;
  /** Index rows of the edition before that nothing took over yet, by key and context. */
  readonly #reusable = new Map<string, number[]>();
  #chunks = 0;
  #words = 0;
  #reused = 0;
  #nextId = 0;
  #lastId = 0;

  constructor(database: Database, document: number, edition: number, before: number | null) {
    this.#database = database;
    this.#document = document;
    this.#edition = edition;
    if (before !== null) this.#readReusable(before);
  }

  get counts(): { chunks: number; words: number; reused: number } {
    return { chunks: this.#chunks, words: this.#words, reused: this.#reused };
  }

  add(range: ChunkRange, text: string, context: ChunkContext): void {
    const key = contentKey(text, SEARCH_TOKENIZER_VERSION);
    const mark = contextMark(context);
    const old = this.#reusable.get(reuseName(key, mark))?.pop();
    const indexId = old ?? this.#index(text, context, range.isCode);
    if (old !== undefined) this.#reused += 1;
    this.#database.change(
      `insert into chunks (edition, seq, start, end, words, is_hidden, is_code, key, context, index_id)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[this.#edition, this.#chunks, range.start, range.end, range.words, range.isHidden ? 1 : 0],
      ...[range.isCode ? 1 : 0, Buffer.from(key, "hex"), mark, indexId],
    );
    this.#chunks += 1;
    this.#words += range.words;
  }

  /** All chunks of an unchanged file, moved by `shift` characters. */
  carry(before: number, file: StoredFile, shift: number): void {
    const range = [before, file.start, file.end];
    const row = this.#database.row(
      `select count(*) as count, coalesce(sum(words), 0) as words, coalesce(min(seq), 0) as first
       from chunks where edition = ? and start >= ? and start < ?`,
      ...range,
    );
    if (row === null) return;
    this.#database.change(
      `insert into chunks (edition, seq, start, end, words, is_hidden, is_code, key, context, index_id)
       select ?, seq + ?, start + ?, end + ?, words, is_hidden, is_code, key, context, index_id
       from chunks where edition = ? and start >= ? and start < ?`,
      ...[this.#edition, this.#chunks - integer(row, "first"), shift, shift, ...range],
    );
    this.#chunks += integer(row, "count");
    this.#reused += integer(row, "count");
    this.#words += integer(row, "words");
  }

  #readReusable(before: number): void {
    for (const row of this.#database.rows("select key, context, index_id from chunks where edition = ?", before)) {
      const name = reuseName(Buffer.from(bytes(row, "key")).toString("hex"), integer(row, "context"));
      const ids = this.#reusable.get(name);
      if (ids === undefined) this.#reusable.set(name, [integer(row, "index_id")]);
      else ids.push(integer(row, "index_id"));
    }
  }

  #index(text: string, { heading, file }: ChunkContext, isCode: boolean): number {
    const id = this.#newId();
    const names = isCode ? findDefinitions(text).map(({ name }) => name) : [];
    if (file !== null) names.unshift(file);
    this.#database.change(
      "insert into chunk_index (rowid, body, heading, names, scope) values (?, ?, ?, ?, ?)",
      ...[id, indexTerms(text), indexTerms(heading.join("\n")), indexTerms(names.join("\n"))],
      scopeTerm(this.#document),
    );
    return id;
  }

  /** Never used again, even after a crash: a row of the index must not meet another chunk. */
  #newId(): number {
    if (this.#nextId === this.#lastId) {
      this.#lastId = this.#database.number("update index_ids set next = next + ? returning next", IDS_AT_ONCE);
      this.#nextId = this.#lastId - IDS_AT_ONCE;
    }
    this.#nextId += 1;
    return this.#nextId - 1;
  }
}

const reuseName = (key: string, mark: number): string => `${key} ${mark}`;

/** 48 bits of the context's hash: a chunk under a renamed chapter is indexed again. */
function contextMark({ heading, file }: ChunkContext): number {
  return Number.parseInt(sha256(JSON.stringify([heading, file])).slice(0, 12), 16);
}
