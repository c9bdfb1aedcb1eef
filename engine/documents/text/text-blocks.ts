/**
 * Lines of plain text to blocks: paragraphs at blank lines, hard-wrapped ones joined, verse and tables kept line by
 * line, chapters by their words. Every block keeps its first and last line. Works on a stream: no line is looked at
 * twice, and only the paragraph in hand is kept. Knows nothing about encodings, files or rows.
 */
import { divisionRank } from "../division-words.ts";
import { oneLine } from "../clean-text.ts";

export interface TextBlock {
  readonly kind: "heading" | "paragraph" | "list";
  readonly text: string;
  readonly level: number;
  readonly line: number;
  readonly endLine: number;
}

interface Waiting extends TextBlock {
  readonly rank: number;
}

/** A paragraph without end (a log, a table) is cut here. */
const MAX_LINES = 60;
const MAX_CHARACTERS = 6_000;
const LIST = /^\s*(?:[-*•+]|\(?\d{1,3}[.)])\s+\S/u;

export class TextBlocks {
  readonly #emit: (block: TextBlock) => void;
  #lines: string[] = [];
  #length = 0;
  #number = 0;
  #blanksBefore = 2;
  #blanks = 2;
  #hasParts = false;
  #waiting: Waiting | null = null;

  constructor(emit: (block: TextBlock) => void) {
    this.#emit = emit;
  }

  /** The next line, without its end. */
  add(line: string): void {
    this.#number += 1;
    if (line.trim() === "") {
      this.#close(this.#number - 1);
      this.#blanks += 1;
      return;
    }
    if (this.#lines.length > 0 && this.#begins(line)) this.#close(this.#number - 1);
    if (this.#lines.length === 0) {
      this.#blanksBefore = this.#blanks;
      this.#blanks = 0;
    }
    this.#lines.push(line.trimEnd());
    this.#length += line.length;
  }

  /** A part of a line that goes on: its own paragraph. The line is counted when `add` brings its last part. */
  addPart(text: string): void {
    this.#close(this.#number);
    const line = this.#number + 1;
    if (text.trim() !== "") this.#pass({ kind: "paragraph", text, level: 0, line, endLine: line, rank: 0 });
  }

  end(): void {
    this.#close(this.#number);
    if (this.#waiting !== null) this.#emit(this.#waiting);
    this.#waiting = null;
  }

  get lines(): number {
    return this.#number;
  }

  /** Too long already, or a first line's indent after a line without one. */
  #begins(line: string): boolean {
    if (this.#lines.length >= MAX_LINES || this.#length > MAX_CHARACTERS) return true;
    const [first] = this.#lines;
    if (LIST.test(line) && LIST.test(first)) return true;
    const last = this.#lines[this.#lines.length - 1];
    const isIndented = /^ {2,8}\S/u.test(line) && !/^\s/u.test(last);
    // One paragraph a line: both are longer than any screen wraps by hand.
    return (isIndented && last.length > 40) || (last.length > 160 && line.length > 20);
  }

  #close(endLine: number): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    const line = endLine - lines.length + 1;
    const rank = this.#rankOf(lines);
    const text = rank > 0 || isWrapped(lines) ? oneLine(joinLines(lines)) : withoutIndent(lines);
    const kind = rank > 0 ? "heading" : LIST.test(lines[0]) ? "list" : "paragraph";
    this.#pass({ kind, text, level: rank > 0 ? this.#levelOf(rank) : 0, line, endLine, rank });
  }

  /** Headings wait for what comes next: one followed by its like, with nothing between, is a line of the contents. */
  #pass(block: Waiting): void {
    const before = this.#waiting;
    this.#waiting = null;
    if (before !== null) {
      const isContents = block.rank > 0 && block.rank === before.rank;
      this.#emit(isContents ? { ...before, kind: "list", level: 0 } : before);
    }
    if (block.rank > 0) this.#waiting = block;
    else this.#emit(block);
  }

  #levelOf(rank: number): number {
    if (rank >= 3) this.#hasParts = true;
    return rank >= 3 || !this.#hasParts ? 1 : 2;
  }

  /** 3 a part, 2 a chapter, 1 a lone line in capitals after a wide gap, 0 no heading. */
  #rankOf(lines: readonly string[]): number {
    if (lines.length > 3) return 0;
    const text = oneLine(lines.join(" "));
    const byWords = divisionRank(text);
    if (byWords > 0 && lines.length <= 2 && !/[,;]$/u.test(text)) return byWords;
    if (lines.length > 2 || this.#blanksBefore < 2 || text.length > 80 || text.length < 4) return 0;
    return text === text.toUpperCase() && /\p{Lu}{3}/u.test(text) && !/[.,;:"”]$/u.test(text) ? 1 : 0;
  }
}

/**
 * Broken by hand at a width: on most lines the next line's first word would not have fitted any more.
 * Verse and tables break where they like.
 */
export function isWrapped(lines: readonly string[]): boolean {
  if (lines.length < 2) return true;
  const lengths = lines.map((line) => line.trim().length);
  const width = Math.max(...lengths);
  if (width < 40 || width > 200 || lines.some((line) => /\S(?: {3,}|\t)\S/u.test(line))) return false;
  let full = 0;
  for (let at = 0; at + 1 < lines.length; at += 1) {
    const word = lines[at + 1].trim().split(/\s/u, 1)[0];
    if (lengths[at] + 1 + word.length > width - 2) full += 1;
  }
  return full >= (lines.length - 1) * 0.75;
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).join(" ");
}

/** Lines as they stand, less the indent that all of them share. */
function withoutIndent(lines: readonly string[]): string {
  const indents = lines.map((line) => /^[ \t]*/u.exec(line)?.[0].length ?? 0);
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(shared)).join("\n");
}
