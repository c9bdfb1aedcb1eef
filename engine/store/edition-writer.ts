/**
 * Writes one edition while it is imported: text parts, pages, files, contents, skipped files, in batches.
 * Owns: the SQL of a staged edition. Does not know: rows' order, joints of text, chunks.
 */
import type { OutlineEntry } from "../protocol/dto.ts";
import type { DocumentRow } from "../documents/rows.ts";
import type { Database } from "./database.ts";
import type { StoredFile } from "./editions.ts";
import { encodeLayout } from "./layout.ts";
import type { AssembledFile, AssembledPage, AssembledPart } from "./text-assembly.ts";

/** A batch is one transaction of a few milliseconds. */
const BATCH_CHARACTERS = 150_000;
const BATCH_OPERATIONS = 250;

export interface EditionTotals {
  readonly pages: number;
  readonly files: number;
  readonly picturePages: number;
  readonly characters: number;
  readonly words: number;
  readonly chunks: number;
  readonly warnings: readonly string[];
}

/** Where the text of an unchanged file goes: its file number, first part's number, first part's number before. */
export interface CarriedPlace {
  readonly seq: number;
  readonly part: number;
  readonly first: number;
  readonly start: number;
  readonly separator: string;
}

/** The parts of one file; its first one begins with the separator before it, at most two characters. */
const OF_FILE = "edition = ? and start >= ? and start < ? and file = ?";
const partsOfFile = (edition: number, file: StoredFile): number[] => [edition, file.start - 2, file.end, file.seq];

export class EditionWriter {
  readonly edition: number;
  readonly #database: Database;
  #waiting: (() => void)[] = [];
  #weight = 0;
  #skipped = 0;

  /** `document`: the number of an existing document. */
  constructor(database: Database, document: number, row: DocumentRow) {
    this.#database = database;
    this.edition = database.change(
      `insert into editions (document, stage, title, author, format, sha256, size_bytes, metadata)
       values (?, 'importing', ?, ?, ?, ?, ?, ?)`,
      ...[document, row.title, row.author, row.format, row.sha256, row.sizeBytes, JSON.stringify(row.metadata)],
    ).id;
  }

  part({ seq, start, end, page, file, separator, text, blocks }: AssembledPart): void {
    this.#later(text.length, () => {
      this.#database.change(
        `insert into parts (edition, seq, start, end, page, file, separator, text, layout)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[this.edition, seq, start, end, page, file, separator, text, encodeLayout(blocks)],
      );
    });
  }

  file({ seq, row, start, end }: AssembledFile): void {
    this.#later(100, () => {
      this.#database.change(
        `insert into files (edition, seq, path, language, size_bytes, sha256, lines, start, end)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[this.edition, seq, row.path, row.language, row.sizeBytes, row.sha256, row.lines, start, end],
      );
    });
  }

  /** Copies the parts of an unchanged file from the edition before. `start`: where its text begins now. */
  carry(from: number, file: StoredFile, to: CarriedPlace): void {
    this.#later(file.end - file.start, () => {
      const shift = to.start - file.start;
      this.#database.change(
        `insert into parts (edition, seq, start, end, page, file, separator, text, layout)
         select ?, seq + ?, start + ?, end + ?, page, ?, separator, text, layout
         from parts where ${OF_FILE}`,
        ...[this.edition, to.part - to.first, shift, shift, to.seq, ...partsOfFile(from, file)],
      );
      this.#database.change(
        "update parts set start = ?, separator = ? where edition = ? and seq = ?",
        ...[to.start - to.separator.length, to.separator, this.edition, to.part],
      );
    });
  }

  /** How many parts a stored file has, and the number of the first. */
  partsOf(edition: number, file: StoredFile): { first: number; count: number } {
    const row = this.#database.row(
      `select count(*) as count, min(seq) as first from parts where ${OF_FILE}`,
      ...partsOfFile(edition, file),
    );
    return { first: Number(row?.["first"] ?? 0), count: Number(row?.["count"] ?? 0) };
  }

  skipped(path: string, reason: string): void {
    const seq = this.#skipped;
    this.#skipped += 1;
    this.#later(100, () => {
      this.#database.change("insert into skipped values (?, ?, ?, ?)", this.edition, seq, path, reason);
    });
  }

  get skippedFiles(): number {
    return this.#skipped;
  }

  page({ page, label, width, height, isPicture, start, end, top, bottom }: AssembledPage): void {
    const part = (y: number): number =>
      height > 0 && end > start && y < 1e9 ? Math.min(1, Math.max(0, y / height)) : 0;
    this.#later(100, () => {
      this.#database.change(
        "insert into pages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[this.edition, page, label, width, height, isPicture ? 1 : 0, start, end, part(top), part(bottom)],
      );
    });
  }

  outline(entries: readonly OutlineEntry[]): void {
    for (const [seq, { level, title, start, end, page, file }] of entries.entries()) {
      this.#later(100, () => {
        this.#database.change(
          "insert into outline values (?, ?, ?, ?, ?, ?, ?, ?)",
          ...[this.edition, seq, level, title, start, end, page, file],
        );
      });
    }
  }

  totals({ pages, files, picturePages, characters, words, chunks, warnings }: EditionTotals): void {
    this.#database.change(
      `update editions set pages = ?, files = ?, picture_pages = ?, characters = ?, words = ?, chunks = ?, warnings = ?
       where number = ?`,
      ...[pages, files, picturePages, characters, words, chunks, JSON.stringify(warnings), this.edition],
    );
  }

  /** Writes what waits. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#weight = 0;
    this.#database.requireSpace();
    this.#database.transaction(() => {
      for (const write of waiting) write();
    });
  }

  #later(characters: number, write: () => void): void {
    this.#waiting.push(write);
    this.#weight += characters;
    if (this.#weight >= BATCH_CHARACTERS || this.#waiting.length >= BATCH_OPERATIONS) this.flush();
  }
}
