/**
 * Between a format's reader and the rows: cleans text, cuts what is longer than a block may be, counts blocks.
 * Owns the promises of rows.ts (lengths, order, `end` last). Does not know any format, nor where the rows go.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { assert } from "../base/assert.ts";
import { cleanText, oneLine, shorten } from "./clean-text.ts";
import { MAX_OUTLINE_ENTRIES } from "./limits.ts";
import {
  MAX_BLOCK_CHARACTERS,
  type BlockRow,
  type DocumentRow,
  type FileRow,
  type PageRow,
  type ParserRow,
} from "./rows.ts";

/** Takes rows in order. A file on disk, or an array in a test. */
export interface RowSink {
  write(row: ParserRow): void;
}

/** What a reader says about a block; the rest has defaults. `text` may be of any length. */
export interface BlockDraft {
  readonly kind: BlockRow["kind"];
  readonly text: string;
  readonly level?: number;
  readonly page?: number;
  readonly line?: number;
  readonly endLine?: number;
  readonly continues?: boolean;
  readonly hidden?: boolean;
  /** Printed lines; `text` must be clean already, since their ranges point into it. */
  readonly lines?: readonly BlockRow["lines"][number][];
}

const MAX_LINES = 5_000;
const MAX_WARNINGS = 200;

export class RowWriter {
  readonly #sink: RowSink;
  readonly #signal: AbortSignal;
  #blocks = 0;
  #outline = 0;
  #warnings = 0;
  #ended = false;

  constructor(sink: RowSink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
  }

  /** Block rows written so far: the index that the next block gets. */
  get blocks(): number {
    return this.#blocks;
  }

  document(
    row: Omit<DocumentRow, "type" | "metadata"> & { readonly metadata: Readonly<Record<string, string>> },
  ): void {
    const metadata: Record<string, string> = {};
    for (const [key, value] of Object.entries(row.metadata)) {
      const words = oneLine(value);
      if (words !== "") metadata[shorten(oneLine(key), 200)] = shorten(words, 2_000);
    }
    const title = shorten(oneLine(row.title), 2_000);
    this.#write({ ...row, type: "document", title, author: shorten(oneLine(row.author), 2_000), metadata });
  }

  page(row: Omit<PageRow, "type">): void {
    this.#write({ ...row, type: "page", label: shorten(oneLine(row.label), 200) });
  }

  file(row: Omit<FileRow, "type">): void {
    this.#write({ ...row, type: "file" });
  }

  /** Writes one block, or several when it is longer than a block may be. Returns the index of the first, or null if empty. */
  block(draft: BlockDraft): number | null {
    const text = draft.lines === undefined ? cleanText(draft.text) : draft.text;
    if (text.trim() === "") return null;
    const first = this.#blocks;
    for (const piece of cutBlock({ ...draft, text })) {
      this.#write(piece);
      this.#blocks += 1;
    }
    return first;
  }

  outline(entry: { level: number; title: string; page: number | null; block: number | null }): void {
    const title = shorten(oneLine(entry.title), 300);
    if (title === "" || this.#outline >= MAX_OUTLINE_ENTRIES) return;
    this.#outline += 1;
    this.#write({ ...entry, type: "outline", title, level: Math.min(12, Math.max(1, Math.trunc(entry.level))) });
  }

  skipped(path: string, reason: string): void {
    this.#write({ type: "skipped", path: shorten(cleanText(path), 4_096), reason: shorten(oneLine(reason), 500) });
  }

  warning(message: string, page: number | null = null): void {
    this.#warnings += 1;
    if (this.#warnings > MAX_WARNINGS) return;
    this.#write({ type: "warning", message: shorten(oneLine(message), 1_000), page });
  }

  /** The last word; nothing may follow. */
  end(): void {
    this.#write({ type: "end", blocks: this.#blocks });
    this.#ended = true;
  }

  #write(row: ParserRow): void {
    assert(!this.#ended, "a row after the end row");
    throwIfCancelled(this.#signal);
    this.#sink.write(row);
  }
}

/** Cuts at a line end, else a sentence end, else a space, else between two characters. Pieces after the first continue. */
function* cutBlock(draft: BlockDraft): Generator<BlockRow> {
  const lines = draft.lines ?? [];
  let start = 0;
  let line = draft.line ?? null;
  while (start < draft.text.length) {
    const end = cutEnd(draft.text, start, lines);
    const text = draft.text.slice(start, end);
    const newlines = line === null ? 0 : countNewlines(text);
    const endsLine = text.endsWith("\n");
    const endLine =
      end === draft.text.length ? (draft.endLine ?? line) : line === null ? null : line + newlines - (endsLine ? 1 : 0);
    yield {
      type: "block",
      kind: draft.kind,
      text: endsLine && end < draft.text.length ? text.slice(0, -1) : text,
      level: draft.level ?? 0,
      page: draft.page ?? null,
      line,
      endLine,
      continues: start > 0 ? !endsLineBefore(draft.text, start) : (draft.continues ?? false),
      hidden: draft.hidden ?? false,
      lines: linesWithin(lines, start, end),
    };
    line = line === null ? null : line + newlines;
    start = end;
  }
}

function endsLineBefore(text: string, at: number): boolean {
  return text.charCodeAt(at - 1) === 10;
}

function cutEnd(text: string, start: number, lines: readonly BlockRow["lines"][number][]): number {
  let limit = start + MAX_BLOCK_CHARACTERS;
  const tooMany = lines.length > MAX_LINES ? firstLineBeyond(lines, start) : undefined;
  if (tooMany !== undefined && tooMany < limit) return tooMany;
  if (text.length <= limit) return text.length;
  const half = start + MAX_BLOCK_CHARACTERS / 2;
  const newline = text.lastIndexOf("\n", limit - 1);
  if (newline > half) return newline + 1;
  const sentence = Math.max(text.lastIndexOf(". ", limit - 2), text.lastIndexOf("。", limit - 1));
  if (sentence > half) return sentence + (text[sentence] === "." ? 2 : 1);
  const space = text.lastIndexOf(" ", limit - 1);
  if (space > half) return space + 1;
  const last = text.charCodeAt(limit - 1);
  if (last >= 0xd800 && last <= 0xdbff) limit -= 1;
  return limit;
}

function firstLineBeyond(lines: readonly BlockRow["lines"][number][], start: number): number | undefined {
  const first = lines.findIndex((line) => line[0] >= start);
  return lines[first + MAX_LINES]?.[0];
}

function linesWithin(lines: readonly BlockRow["lines"][number][], start: number, end: number): BlockRow["lines"] {
  const within: BlockRow["lines"] = [];
  for (const [from, to, x0, y0, x1, y1] of lines) {
    if (to <= start || from >= end) continue;
    within.push([Math.max(from, start) - start, Math.min(to, end) - start, x0, y0, x1, y1]);
  }
  return within;
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
