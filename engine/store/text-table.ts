/**
 * Reading a document's text by range, and where a range stands: page and boxes, or file and lines.
 * Owns: offsets > places. Reads only the parts that a range touches. Does not know: chunks, how text was assembled.
 */
import type { DocumentId, FileEntry, LineBox, PageText, Place } from "../protocol/dto.ts";
import { EngineError } from "../protocol/errors.ts";
import { bytes, integer, maybeInteger, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import { lastStartingAt, type CurrentEdition, type Editions } from "./editions.ts";
import { decodeLayout, type LayoutBlock } from "./layout.ts";
import type { StoredBlock, StoredPage, TextPart, TextTable } from "./types.ts";

const PARTS_AT_ONCE = 16;

interface Part {
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  readonly file: number | null;
  readonly separator: string;
  readonly text: string;
  readonly layout: Uint8Array;
  /** Where its own text begins, after the separator. */
  readonly textStart: number;
}

export class StoredTexts implements TextTable {
  readonly #database: Database;
  readonly #editions: Editions;

  constructor(database: Database, editions: Editions) {
    this.#database = database;
    this.#editions = editions;
  }

  length(id: DocumentId): number {
    return this.#editions.current(id).characters;
  }

  text(id: DocumentId, start: number, end: number): string {
    return this.textOf(this.#editions.current(id), start, end);
  }

  /** As `text`, for the store's other tables. */
  textOf({ edition, characters }: CurrentEdition, start: number, end: number): string {
    const from = Math.max(0, start);
    const to = Math.min(end, characters);
    if (to <= from) return "";
    const rows = this.#database.rows(
      `select start, separator, text from parts where edition = ?1 and start < ?3 and start >=
       (select max(start) from parts where edition = ?1 and start <= ?2) order by start`,
      ...[edition, from, to],
    );
    const [first] = rows;
    if (first === undefined) return "";
    const joined = rows.map((row) => text(row, "separator") + text(row, "text")).join("");
    const base = integer(first, "start");
    return joined.slice(from - base, to - base);
  }

  *parts(id: DocumentId, from = 0): IterableIterator<TextPart> {
    const { edition } = this.#editions.current(id);
    for (const { seq, start, end, page, file, separator, text: own } of this.#parts(edition, from))
      yield { seq, start, end, page, file: this.#pathOf(edition, file), text: separator + own };
  }

  *blocks(id: DocumentId, from = 0): IterableIterator<StoredBlock> {
    const { edition } = this.#editions.current(id);
    for (const part of this.#parts(edition, from)) {
      const file = this.#pathOf(edition, part.file);
      for (const { kind, level, start, end, line, endLine, continues, isHidden } of decodeLayout(part.layout, false)) {
        const range = { start: part.textStart + start, end: part.textStart + end, text: part.text.slice(start, end) };
        if (range.end > from)
          yield { kind, level, ...range, page: part.page, file, line, endLine, continues, isHidden };
      }
    }
  }

  place(id: DocumentId, start: number, end: number): Place {
    const { edition, characters } = this.#editions.current(id);
    const from = Math.min(Math.max(0, start), characters);
    const to = Math.min(Math.max(from, end), characters);
    const outline = this.#editions.outline(edition);
    const heading = [...outline.titles(outline.at(from))];
    const part = this.#partAt(edition, from);
    if (part === null) {
      const nowhere = { page: null, pageLabel: null, file: null, line: null, endLine: null };
      return { documentId: id, start: from, end: to, ...nowhere, heading };
    }
    // A range that begins in the joint before a page belongs to the page that follows; parts hold their joint.
    const line = lineAt(part, from);
    const last = to - 1 < part.end ? part : (this.#partAt(edition, to - 1) ?? part);
    const endLine = to <= from || last.file !== part.file ? line : lineAt(last, to - 1);
    return {
      documentId: id,
      start: from,
      end: to,
      page: part.page,
      pageLabel: part.page === null ? null : (this.#page(edition, part.page)?.label ?? null),
      file: this.#pathOf(edition, part.file),
      line,
      endLine: line === null || endLine === null ? null : Math.max(line, endLine),
      heading,
    };
  }

  boxes(id: DocumentId, start: number, end: number): LineBox[] {
    const { edition } = this.#editions.current(id);
    const boxes: LineBox[] = [];
    for (const part of this.#parts(edition, start)) {
      if (part.start >= end) break;
      const { page } = part;
      if (page === null) continue;
      for (const block of decodeLayout(part.layout)) boxes.push(...boxesOf(block, page, part.textStart, start, end));
    }
    return boxes;
  }

  pages(id: DocumentId): StoredPage[] {
    return [...this.#editions.pages(this.#editions.current(id).edition)];
  }

  files(id: DocumentId): FileEntry[] {
    const files = this.#editions.files(this.#editions.current(id).edition);
    return files.map(({ path, language, lines, start, end }) => ({ path, language, lines, start, end }));
  }

  pageText(id: DocumentId, page: number): PageText {
    const current = this.#editions.current(id);
    const found = this.#page(current.edition, page);
    if (found === undefined) {
      const { length } = this.#editions.pages(current.edition);
      throw new EngineError("NotFound", `document ${id} has no page ${page}`, {
        hint: length === 0 ? "This document has no pages." : `It has ${length} pages.`,
      });
    }
    const { label, start, end, isPicture, width, height } = found;
    return { page, label, file: null, start, text: this.textOf(current, start, end), isPicture, width, height };
  }

  fileText(id: DocumentId, path: string): PageText {
    const current = this.#editions.current(id);
    const found = this.#editions.files(current.edition).find((file) => file.path === path);
    if (found === undefined) {
      throw new EngineError("NotFound", `document ${id} has no file ${path}`, {
        hint: "Paths are written as in the list of files, from the repository's root.",
      });
    }
    const text = this.textOf(current, found.start, found.end);
    return { page: null, label: null, file: path, start: found.start, text, isPicture: false, width: 0, height: 0 };
  }

  knownFiles(id: DocumentId): Record<string, string> {
    const files = this.#editions.files(this.#editions.current(id).edition);
    return Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
  }

  #page(edition: number, page: number): StoredPage | undefined {
    const pages = this.#editions.pages(edition);
    const likely = pages[page - 1];
    return likely?.page === page ? likely : pages.find((candidate) => candidate.page === page);
  }

  #pathOf(edition: number, file: number | null): string | null {
    return file === null ? null : (this.#editions.files(edition)[file]?.path ?? null);
  }

  #partAt(edition: number, offset: number): Part | null {
    const row = this.#database.row(
      "select * from parts where edition = ? and start <= ? order by start desc limit 1",
      ...[edition, offset],
    );
    return row === null ? null : partOf(row);
  }

  *#parts(edition: number, from: number): Generator<Part> {
    const first = this.#partAt(edition, Math.max(0, from));
    if (first === null) return;
    yield first;
    for (let next = first.end; ;) {
      const rows = this.#database.rows(
        "select * from parts where edition = ? and start >= ? order by start limit ?",
        ...[edition, next, PARTS_AT_ONCE],
      );
      for (const row of rows) {
        const part = partOf(row);
        next = part.end;
        yield part;
      }
      if (rows.length < PARTS_AT_ONCE) return;
    }
  }
}

function partOf(row: Row): Part {
  const separator = text(row, "separator");
  return {
    seq: integer(row, "seq"),
    start: integer(row, "start"),
    end: integer(row, "end"),
    page: maybeInteger(row, "page"),
    file: maybeInteger(row, "file"),
    separator,
    text: text(row, "text"),
    layout: bytes(row, "layout"),
    textStart: integer(row, "start") + separator.length,
  };
}

/** The source line on which the character stands; null when the source has no lines. */
function lineAt(part: Part, offset: number): number | null {
  const blocks = decodeLayout(part.layout, false);
  const local = Math.max(0, offset - part.textStart);
  const block = blocks[Math.max(0, lastStartingAt(blocks, local))];
  if (block === undefined || block.line === null) return null;
  let line = block.line;
  const stop = Math.min(local, block.end);
  for (let at = part.text.indexOf("\n", block.start); at >= 0 && at < stop; at = part.text.indexOf("\n", at + 1))
    line += 1;
  return block.endLine === null ? line : Math.min(line, Math.max(block.line, block.endLine));
}

function* boxesOf(block: LayoutBlock, page: number, textStart: number, start: number, end: number): Generator<LineBox> {
  const base = textStart + block.start;
  for (const [from, to, x0, y0, x1, y1] of block.lines) {
    const first = Math.max(start, base + from);
    const last = Math.min(end, base + to);
    if (last <= first) continue;
    // Characters are taken as equally wide; the box of a cut line is right to within a letter or two.
    const perCharacter = (x1 - x0) / Math.max(1, to - from);
    const left = x0 + (first - base - from) * perCharacter;
    yield { page, box: [left, y0, left + (last - first) * perCharacter, y1] };
  }
}
