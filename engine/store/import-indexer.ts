/**
 * Walks a staged edition's text once, cuts chunks and hands them to the index, in small steps.
 * Owns: blocks as chunking wants them, the text behind a chunk, unchanged files taken over between fresh ones.
 * Does not know: SQL of chunks (chunk-writer.ts), pace and visibility (import-session.ts).
 */
import { chunkBlocks, type ChunkableBlock } from "../chunking/chunks.ts";
import { bytes, integer, maybeInteger, text } from "./columns.ts";
import type { ChunkContext, ChunkWriter } from "./chunk-writer.ts";
import type { Database } from "./database.ts";
import { lastStartingAt, type StoredFile } from "./editions.ts";
import { decodeLayout } from "./layout.ts";
import type { OutlinePaths } from "./outline.ts";

/** An unchanged file: what it was, and its range in the new text. */
export interface CarriedFile {
  readonly file: StoredFile;
  readonly start: number;
  readonly end: number;
}

export interface IndexedText {
  readonly outline: OutlinePaths;
  readonly files: readonly { readonly path: string; readonly start: number; readonly end: number }[];
  /** In order of the text. */
  readonly carried: readonly CarriedFile[];
  readonly characters: number;
}

const PARTS_AT_ONCE = 8;
/** Text behind chunks that are already cut is dropped when there is this much of it. */
const KEPT_CHARACTERS = 200_000;

export class ImportIndexer {
  readonly #database: Database;
  readonly #edition: number;
  readonly #before: number | null;
  readonly #chunks: ChunkWriter;
  readonly #text: IndexedText;
  readonly #contexts = new Map<number, ChunkContext>();
  #buffer = "";
  #bufferStart = 0;

  constructor(
    staged: { database: Database; edition: number; before: number | null; chunks: ChunkWriter },
    text: IndexedText,
  ) {
    this.#database = staged.database;
    this.#edition = staged.edition;
    this.#before = staged.before;
    this.#chunks = staged.chunks;
    this.#text = text;
  }

  /** Each step writes one chunk, or those of one unchanged file; yields how far the text is indexed. */
  *steps(): Generator<number, number> {
    let from = 0;
    for (const { file, start, end } of this.#text.carried) {
      yield* this.#fresh(from, start);
      if (this.#before !== null) this.#chunks.carry(this.#before, file, start - file.start);
      from = end;
      yield end;
    }
    yield* this.#fresh(from, this.#text.characters);
    return this.#text.characters;
  }

  *#fresh(from: number, to: number): Generator<number> {
    if (to <= from) return;
    this.#buffer = "";
    this.#bufferStart = from;
    for (const range of chunkBlocks(this.#blocks(from, to))) {
      const chunk = this.#buffer.slice(range.start - this.#bufferStart, range.end - this.#bufferStart);
      this.#chunks.add(range, chunk, this.#contextOf(range.section));
      if (range.end - this.#bufferStart > KEPT_CHARACTERS) {
        this.#buffer = this.#buffer.slice(range.end - this.#bufferStart);
        this.#bufferStart = range.end;
      }
      yield range.end;
    }
  }

  /** Blocks of the parts in [from, to); a carried part begins at or after `to`, its separator before. */
  *#blocks(from: number, to: number): Generator<ChunkableBlock> {
    let next = from;
    for (;;) {
      const parts = this.#database.rows(
        "select * from parts where edition = ? and start >= ? and end <= ? order by start limit ?",
        ...[this.#edition, next, to, PARTS_AT_ONCE],
      );
      for (const row of parts) {
        const separator = text(row, "separator");
        const content = text(row, "text");
        const start = integer(row, "start");
        this.#buffer += " ".repeat(Math.max(0, start - this.#bufferStart - this.#buffer.length)) + separator + content;
        yield* this.#blocksOf(bytes(row, "layout"), content, start + separator.length, maybeInteger(row, "file"));
        next = integer(row, "end");
      }
      if (parts.length < PARTS_AT_ONCE) return;
    }
  }

  *#blocksOf(layout: Uint8Array, content: string, partStart: number, file: number | null): Generator<ChunkableBlock> {
    const { outline } = this.#text;
    for (const block of decodeLayout(layout, false)) {
      const start = partStart + block.start;
      const section = outline.at(start);
      const isCode = block.kind === "code" && file !== null;
      yield {
        start,
        text: content.slice(block.start, block.end),
        isHeading: block.kind === "heading",
        isLines: block.kind === "code" || block.kind === "table" || block.kind === "list",
        isCode,
        isHidden: block.isHidden,
        division: file === null ? outline.top(section) : file,
        section,
      };
    }
  }

  #contextOf(section: number): ChunkContext {
    let context = this.#contexts.get(section);
    if (context === undefined) {
      const { outline, files } = this.#text;
      const start = outline.entries[section]?.start ?? 0;
      const file = outline.entries[section]?.file ?? null;
      context = { heading: outline.titles(section), file: file ?? files[lastStartingAt(files, start)]?.path ?? null };
      this.#contexts.set(section, context);
    }
    return context;
  }
}
