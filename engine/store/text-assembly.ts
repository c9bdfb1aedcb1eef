/**
 * Rows of a parser > the document's normalised text in parts, with pages, files and headings where they fell.
 * Owns: how blocks are joined and where parts are cut. Does not know: SQL, chunks, the outline's rules.
 *
 * Joints: a blank line between blocks; a space where a block goes on (nothing between characters of scripts without
 * spaces); as many newlines as the source has between blocks of code of one file, so that a file's text is its lines.
 */
import type { BlockRow, FileRow, PageRow } from "../documents/rows.ts";
import { EngineError } from "../protocol/errors.ts";
import { classAt, UNSPACED } from "../retrieval/characters.ts";
import type { LayoutBlock } from "./layout.ts";

const PART_CHARACTERS = 20_000;
const MOST_BLANK_LINES = 200;
/** Offsets must stay exact in 32 bits and the text in reach of memory-bound readers. */
const MOST_CHARACTERS = 1_000_000_000;

export interface AssembledPart {
  readonly seq: number;
  /** Includes the separator before it. */
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  /** Number of its file. */
  readonly file: number | null;
  readonly separator: string;
  readonly text: string;
  readonly blocks: readonly LayoutBlock[];
}

export interface AssembledPage extends PageRow {
  start: number;
  end: number;
  /** Points; Infinity and 0 while no text is seen. */
  top: number;
  bottom: number;
}

export interface AssembledFile {
  readonly seq: number;
  readonly row: FileRow;
  start: number;
  end: number;
}

export interface AssembledHeading {
  readonly level: number;
  readonly title: string;
  readonly start: number;
  readonly page: number | null;
}

interface OpenPart {
  readonly start: number;
  readonly page: number | null;
  readonly file: number | null;
  readonly separator: string;
  readonly texts: string[];
  length: number;
  readonly blocks: LayoutBlock[];
}

function broken(message: string): EngineError {
  return new EngineError("ParserFailed", message, {
    hint: "The document's text arrived in an order that makes no sense. Open the document again; if it fails again, report it.",
  });
}

export class TextAssembly {
  readonly pages: AssembledPage[] = [];
  readonly headings: AssembledHeading[] = [];
  /** Where each block row begins; outline rows name blocks by number. */
  readonly blockStarts: number[] = [];
  readonly #onPart: (part: AssembledPart) => void;
  readonly #onFile: (file: AssembledFile) => void;
  #offset = 0;
  #parts = 0;
  #files = 0;
  #open: OpenPart | null = null;
  #file: AssembledFile | null = null;
  #last: BlockRow | null = null;
  /** The last block stands in another file: what follows is not joined to it. */
  #isFirstOfFile = false;

  constructor(onPart: (part: AssembledPart) => void, onFile: (file: AssembledFile) => void) {
    this.#onPart = onPart;
    this.#onFile = onFile;
  }

  get characters(): number {
    return this.#offset;
  }

  get files(): number {
    return this.#files;
  }

  addPage(row: PageRow): void {
    const last = this.pages.at(-1);
    if (last !== undefined && row.page <= last.page) throw broken(`page ${row.page} after page ${last.page}`);
    this.pages.push({ ...row, start: this.#offset, end: this.#offset, top: Number.POSITIVE_INFINITY, bottom: 0 });
  }

  /** The file's blocks follow. Returns its number. */
  addFile(row: FileRow): number {
    this.#closeFile();
    this.#file = { seq: this.#files, row, start: this.#offset, end: this.#offset };
    this.#files += 1;
    this.#isFirstOfFile = true;
    return this.#file.seq;
  }

  /**
   * Makes room for `characters` of text and `parts` parts whose content is stored already (an unchanged file).
   * Returns where its text begins, the separator before it, and the number of its first part.
   */
  reserve(characters: number, parts: number): { start: number; separator: string; part: number } {
    this.#closePart();
    const separator = parts === 0 || this.#offset === 0 ? "" : "\n\n";
    const place = { start: this.#offset + separator.length, separator, part: this.#parts };
    this.#offset = place.start + characters;
    this.#parts += parts;
    if (this.#file !== null) {
      this.#file.start = place.start;
      this.#file.end = this.#offset;
    }
    return place;
  }

  addBlock(row: BlockRow): void {
    if (row.text === "") {
      this.blockStarts.push(this.#offset);
      return;
    }
    const page = this.#pageOf(row);
    const file = this.#file?.seq ?? null;
    const separator = this.#separatorBefore(row);
    if (this.#offset + separator.length + row.text.length > MOST_CHARACTERS) throw tooLarge();
    const open = this.#open;
    const fits =
      open !== null && open.page === row.page && open.file === file && open.length + row.text.length <= PART_CHARACTERS;
    if (!fits) this.#closePart();
    const part: OpenPart = (this.#open ??= {
      start: this.#offset,
      page: row.page,
      file,
      separator,
      texts: [],
      length: 0,
      blocks: [],
    });
    const joint = part.blocks.length === 0 ? "" : separator;
    const start = part.length + joint.length;
    part.texts.push(joint, row.text);
    part.length = start + row.text.length;
    part.blocks.push(layoutOf(row, start));
    const begin = part.start + part.separator.length + start;
    this.#note(row, page, begin);
    this.#offset = begin + row.text.length;
    this.#last = row;
    this.#isFirstOfFile = false;
  }

  /** No more rows: hands out what is still open. */
  close(): void {
    this.#closePart();
    this.#closeFile();
  }

  #pageOf(row: BlockRow): AssembledPage | null {
    if (row.page === null) return null;
    const page = this.pages.at(-1);
    if (page?.page !== row.page) throw broken(`a block of page ${row.page} while page ${page?.page ?? "none"} is read`);
    return page;
  }

  #note(row: BlockRow, page: AssembledPage | null, begin: number): void {
    const end = begin + row.text.length;
    this.blockStarts.push(begin);
    if (row.kind === "heading" && row.level > 0 && !row.hidden && row.text.trim() !== "")
      this.headings.push({
        level: row.level,
        title: row.text.trim().replace(/\s+/gu, " "),
        start: begin,
        page: row.page,
      });
    if (this.#file !== null) {
      if (this.#isFirstOfFile) this.#file.start = begin;
      this.#file.end = end;
    }
    if (page === null) return;
    if (page.start === page.end) page.start = begin;
    page.end = end;
    for (const [, , , y0, , y1] of row.lines) {
      page.top = Math.min(page.top, y0);
      page.bottom = Math.max(page.bottom, y1);
    }
  }

  #separatorBefore(row: BlockRow): string {
    const last = this.#last;
    if (this.#offset === 0) return "";
    if (last === null || this.#isFirstOfFile) return "\n\n";
    if (row.continues) return touches(last.text, row.text) ? "" : " ";
    if (this.#file !== null && last.kind === "code" && row.kind === "code") {
      const gap = row.line !== null && last.endLine !== null ? row.line - last.endLine : 1;
      return "\n".repeat(Math.min(MOST_BLANK_LINES, Math.max(1, gap)));
    }
    return "\n\n";
  }

  #closePart(): void {
    const open = this.#open;
    if (open === null) return;
    const { start, page, file, separator, blocks } = open;
    const end = start + separator.length + open.length;
    this.#onPart({ seq: this.#parts, start, end, page, file, separator, text: open.texts.join(""), blocks });
    this.#parts += 1;
    this.#open = null;
  }

  #closeFile(): void {
    this.#closePart();
    if (this.#file !== null) this.#onFile(this.#file);
    this.#file = null;
  }
}

/** Both sides of the joint are of a script without spaces: a space would tear a word. */
function touches(before: string, after: string): boolean {
  return (
    before !== "" && after !== "" && classAt(before, before.length - 1) === UNSPACED && classAt(after, 0) === UNSPACED
  );
}

function layoutOf(row: BlockRow, start: number): LayoutBlock {
  const { kind, level, line, endLine, continues, hidden, lines } = row;
  return { kind, level, start, end: start + row.text.length, line, endLine, continues, isHidden: hidden, lines };
}

function tooLarge(): EngineError {
  return new EngineError("DocumentTooLarge", `the text has more than ${MOST_CHARACTERS} characters`, {
    hint: "Split the document into smaller ones and open these.",
    details: { limit: MOST_CHARACTERS },
  });
}
