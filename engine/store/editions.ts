/**
 * From a document's id to the edition of its text that is current, and what is asked for at every place lookup.
 * Owns: that resolution and a small cache (an edition never changes once it is current).
 * Does not know: how editions are written or removed.
 */
import type { DocumentFormat, DocumentId, OutlineEntry } from "../protocol/dto.ts";
import { documentFormat } from "../protocol/dto.ts";
import { EngineError } from "../protocol/errors.ts";
import { integer, maybeInteger, maybeText, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import { OutlinePaths } from "./outline.ts";
import type { StoredPage } from "./types.ts";

export interface CurrentEdition {
  readonly id: DocumentId;
  /** The document's number, the same in all its editions. */
  readonly document: number;
  readonly edition: number;
  readonly characters: number;
  readonly chunks: number;
  readonly words: number;
  readonly format: DocumentFormat;
}

/** A file of a repository as it is stored. */
export interface StoredFile {
  readonly seq: number;
  readonly path: string;
  readonly language: string;
  readonly sha256: string;
  readonly lines: number;
  readonly start: number;
  readonly end: number;
}

interface Cached {
  outline?: OutlinePaths;
  pages?: StoredPage[];
  files?: StoredFile[];
}

const CACHED_EDITIONS = 32;

export class Editions {
  readonly #database: Database;
  readonly #cache = new Map<number, Cached>();
  /** Resolved ids; forgotten when any document changes its edition. */
  readonly #current = new Map<DocumentId, CurrentEdition>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws NotFound. */
  current(id: DocumentId): CurrentEdition {
    const found = this.find(id);
    if (found !== null) return found;
    throw new EngineError("NotFound", `no document ${id}`, {
      hint: "It may have been removed. Look at the library's list.",
    });
  }

  find(id: DocumentId): CurrentEdition | null {
    const known = this.#current.get(id);
    if (known !== undefined) return known;
    const row = this.#database.row(
      `select d.number as document, e.number as edition, e.characters, e.chunks, e.words, e.format
       from documents d join editions e on e.number = d.edition where d.id = ?`,
      id,
    );
    if (row === null) return null;
    const found: CurrentEdition = {
      id,
      document: integer(row, "document"),
      edition: integer(row, "edition"),
      characters: integer(row, "characters"),
      chunks: integer(row, "chunks"),
      words: integer(row, "words"),
      format: documentFormat.parse(text(row, "format")),
    };
    this.#current.set(id, found);
    return found;
  }

  /** Every document that can be seen. */
  all(): CurrentEdition[] {
    const rows = this.#database.rows("select id from documents where edition is not null order by number");
    return rows.flatMap((row) => {
      const found = this.find(text(row, "id") as DocumentId);
      return found === null ? [] : [found];
    });
  }

  /** To be called after any change of `documents.edition`. */
  forget(): void {
    this.#current.clear();
  }

  outline(edition: number): OutlinePaths {
    return (this.#cached(edition).outline ??= new OutlinePaths(this.#readOutline(edition)));
  }

  pages(edition: number): StoredPage[] {
    return (this.#cached(edition).pages ??= this.#database
      .rows("select * from pages where edition = ? order by page", edition)
      .map(pageOf));
  }

  files(edition: number): StoredFile[] {
    return (this.#cached(edition).files ??= this.#database
      .rows("select * from files where edition = ? order by seq", edition)
      .map(fileOf));
  }

  #cached(edition: number): Cached {
    let cached = this.#cache.get(edition);
    if (cached !== undefined) return cached;
    if (this.#cache.size >= CACHED_EDITIONS) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    cached = {};
    this.#cache.set(edition, cached);
    return cached;
  }

  #readOutline(edition: number): OutlineEntry[] {
    return this.#database.rows("select * from outline where edition = ? order by seq", edition).map((row) => ({
      level: integer(row, "level"),
      title: text(row, "title"),
      start: integer(row, "start"),
      end: integer(row, "end"),
      page: maybeInteger(row, "page"),
      file: maybeText(row, "file"),
    }));
  }
}

function pageOf(row: Row): StoredPage {
  return {
    page: integer(row, "page"),
    label: text(row, "label"),
    width: integer(row, "width"),
    height: integer(row, "height"),
    isPicture: integer(row, "is_picture") === 1,
    start: integer(row, "start"),
    end: integer(row, "end"),
    textTop: integer(row, "top"),
    textBottom: integer(row, "bottom"),
  };
}

function fileOf(row: Row): StoredFile {
  return {
    seq: integer(row, "seq"),
    path: text(row, "path"),
    language: text(row, "language"),
    sha256: text(row, "sha256"),
    lines: integer(row, "lines"),
    start: integer(row, "start"),
    end: integer(row, "end"),
  };
}

/** Index of the last range that begins at or before the offset, in ranges sorted by `start`; -1 when none does. */
export function lastStartingAt(ranges: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
