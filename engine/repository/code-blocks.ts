/**
 * Code to blocks of at most MAX_LINES lines, cut where a reader would: before a definition that follows a blank line,
 * else at a blank line, else at a line that begins at the margin. A block's text is exactly its lines joined by "\n";
 * blank lines at the ends belong to no block. Pure; knows nothing about files.
 */
import { symbolOfLine } from "./symbols.ts";

export interface CodeBlock {
  readonly text: string;
  /** First and last line, from 1. */
  readonly line: number;
  readonly endLine: number;
}

const MAX_LINES = 60;
/** No cut before this many lines, unless the rest is short anyway. */
const MIN_LINES = 16;
/** A block ends early where its text grows beyond this, in UTF-16 units. */
const MAX_CHARACTERS = 8_000;
const COMMENT = /^\s*(?:\/\/|\/\*|\*|#(?!\s*(?:include|define))|--|;;|@|<!--|"""|''')/u;

export function codeBlocks(language: string, text: string): CodeBlock[] {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = blockEnd(language, lines, start);
    const block = trimmed(lines, start, end);
    if (block !== null) blocks.push(block);
    start = end;
  }
  return blocks;
}

/** Index after the block's last line. */
function blockEnd(language: string, lines: readonly string[], start: number): number {
  let most = start;
  let characters = 0;
  while (
    most < lines.length &&
    most - start < MAX_LINES &&
    (most === start || characters + lines[most].length < MAX_CHARACTERS)
  ) {
    characters += lines[most].length + 1;
    most += 1;
  }
  if (most === lines.length) return most;
  let best = most;
  let bestScore = 0;
  for (let at = Math.min(start + MIN_LINES, most); at <= most; at += 1) {
    const score = borderScore(language, lines, at);
    if (score > 0 && score >= bestScore) {
      best = at;
      bestScore = score;
    }
  }
  return best;
}

/** How good a cut before `lines[at]` is; 0 is none. */
function borderScore(language: string, lines: readonly string[], at: number): number {
  const line = lines[at];
  const above = lines[at - 1];
  if (line.trim() === "") return 0;
  const atMargin = /^\S/u.test(line);
  if (above.trim() !== "") return atMargin && /^[}\])]/u.test(above) && !/^[}\])]/u.test(line) ? 2 : 0;
  if (!atMargin) return /^\s{1,4}\S/u.test(line) ? 1 : 0.5;
  return definesNext(language, lines, at) ? 4 : 3;
}

/** The first line from `at` that is no comment or decorator defines something. */
function definesNext(language: string, lines: readonly string[], at: number): boolean {
  for (let next = at; next < Math.min(lines.length, at + 30); next += 1) {
    if (symbolOfLine(language, lines[next]) !== null) return true;
    if (!COMMENT.test(lines[next])) return false;
  }
  return false;
}

function trimmed(lines: readonly string[], start: number, end: number): CodeBlock | null {
  let first = start;
  let last = end - 1;
  while (first <= last && lines[first].trim() === "") first += 1;
  while (last >= first && lines[last].trim() === "") last -= 1;
  if (first > last) return null;
  return { text: lines.slice(first, last + 1).join("\n"), line: first + 1, endLine: last + 1 };
}
