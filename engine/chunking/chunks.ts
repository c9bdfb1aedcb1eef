/**
 * Blocks of a document > retrieval chunks: runs of whole sentences, or of whole lines in code and tables.
 * Owns: where chunks are cut. Does not know: the store, search terms, tokens of a model.
 * Pure and streaming: holds one open chunk. Every visible character of every block lands in exactly one chunk.
 */
import { countWords } from "../retrieval/search-tokenizer.ts";
import { splitSentences } from "./sentences.ts";

/** A block as chunking sees it. Offsets are those of the document's text. */
export interface ChunkableBlock {
  readonly start: number;
  readonly text: string;
  readonly isHeading: boolean;
  /** Code, table: broken at line ends only. */
  readonly isLines: boolean;
  /** Source code of a file: chunks follow its blocks and blank lines. */
  readonly isCode: boolean;
  readonly isHidden: boolean;
  /** Chunks never cross from one to another: a chapter, a file. */
  readonly division: number;
  /** Innermost entry of the contents; chunks cross only from a very short one. */
  readonly section: number;
}

export interface ChunkRange {
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly isHidden: boolean;
  readonly isCode: boolean;
  /** Section of its first block. */
  readonly section: number;
}

/** In words (lines where it says so). Chosen for the ranking of 60, 180 and 500 words: shared/design/reader.md. */
export const CHUNK_TARGET_WORDS = 180;
const ENOUGH_WORDS = 140;
const LONGEST_WORDS = 220;
/** A new heading or section ends a chunk that has at least this many. */
const LEAST_SECTION_WORDS = 40;
const MOST_CODE_LINES = 60;
const ENOUGH_CODE_LINES = 30;
const MOST_CODE_WORDS = 320;

/** A sentence or a line: what is never cut (unless longer than a whole chunk). */
interface Unit {
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly indent: number;
  readonly afterBlank: boolean;
  readonly isBlank: boolean;
}

interface OpenChunk {
  units: Unit[];
  words: number;
  readonly block: ChunkableBlock;
}

export function* chunkBlocks(blocks: Iterable<ChunkableBlock>): Generator<ChunkRange> {
  let open: OpenChunk | null = null;
  for (const block of blocks) {
    if (open !== null && closesBefore(open, block)) {
      yield rangeOf(open);
      open = null;
    }
    for (const unit of unitsOf(block)) {
      if (open !== null && isFull(open, unit)) {
        const [done, rest]: [OpenChunk, OpenChunk | null] = splitFull(open);
        yield rangeOf(done);
        open = rest;
      }
      if (open === null && unit.isBlank) continue;
      open ??= { units: [], words: 0, block };
      open.units.push(unit);
      open.words += unit.words;
    }
  }
  if (open !== null) yield rangeOf(open);
}

function closesBefore(open: OpenChunk, next: ChunkableBlock): boolean {
  const { block, words, units } = open;
  if (block.division !== next.division || block.isHidden !== next.isHidden || block.isCode !== next.isCode) return true;
  if (next.isCode) return units.length >= ENOUGH_CODE_LINES || words >= ENOUGH_WORDS;
  if (words >= LEAST_SECTION_WORDS && (next.isHeading || block.section !== next.section)) return true;
  return words >= ENOUGH_WORDS;
}

function isFull(open: OpenChunk, next: Unit): boolean {
  if (open.block.isCode) return open.units.length >= MOST_CODE_LINES || open.words + next.words > MOST_CODE_WORDS;
  return open.words + next.words > LONGEST_WORDS || open.words >= CHUNK_TARGET_WORDS;
}

/** Prose closes where it is; code goes back to its best break, so that a function keeps its head. */
function splitFull(open: OpenChunk): [OpenChunk, OpenChunk | null] {
  if (!open.block.isCode) return [open, null];
  const at = bestBreak(open.units);
  const part = (units: Unit[]): OpenChunk => ({
    units,
    words: units.reduce((sum, unit) => sum + unit.words, 0),
    block: open.block,
  });
  return at >= open.units.length ? [open, null] : [part(open.units.slice(0, at)), part(open.units.slice(at))];
}

/** Index of the unit that should begin the next chunk: least indented after a blank line, the later the better. */
function bestBreak(units: readonly Unit[]): number {
  let best = units.length;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let at = units.length - 1; at >= Math.min(ENOUGH_CODE_LINES, units.length / 2); at -= 1) {
    const unit = units[at];
    if (unit === undefined || unit.isBlank) continue;
    const cost = unit.indent + (unit.afterBlank ? 0 : 3);
    if (cost < bestCost) {
      bestCost = cost;
      best = at;
    }
  }
  return best;
}

function rangeOf(open: OpenChunk): ChunkRange {
  const { block, units, words } = open;
  const start = units[0]?.start ?? block.start;
  const end = units.findLast((unit) => !unit.isBlank)?.end ?? start;
  return { start, end, words, isHidden: block.isHidden, isCode: block.isCode, section: block.section };
}

function* unitsOf(block: ChunkableBlock): Generator<Unit> {
  const ranges = block.isLines || block.isCode ? splitLines(block.text) : splitSentences(block.text);
  let afterBlank = true;
  for (const { start, end } of ranges) {
    const text = block.text.slice(start, end);
    const isBlank = text.trim() === "";
    const words = countWords(text);
    if (words > LONGEST_WORDS) {
      yield* cutLong(text, block.start + start);
    } else {
      const indent = text.length - text.trimStart().length;
      yield { start: block.start + start, end: block.start + end, words, indent, afterBlank, isBlank };
    }
    afterBlank = isBlank;
  }
}

/** Lines with something on them keep their indent; blank ones are kept as empty units, for their place. */
function splitLines(text: string): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    lines.push({ start, end });
    start = end + 1;
  }
  return lines;
}

/** A sentence longer than a chunk (a list without points, a table in one line) is cut between words. */
function* cutLong(text: string, offset: number): Generator<Unit> {
  let start = 0;
  while (start < text.length) {
    const end = endOfWords(text, start, CHUNK_TARGET_WORDS);
    const piece = text.slice(start, end);
    const words = countWords(piece);
    yield { start: offset + start, end: offset + end, words, indent: 0, afterBlank: false, isBlank: false };
    start = end;
    while (start < text.length && /\s/u.test(text.charAt(start))) start += 1;
  }
}

/** Offset after at most `most` words from `start`, at white space; inside a run without any, after `most` * 2 characters. */
export function endOfWords(text: string, start: number, most: number): number {
  const run = /\S+/gu;
  run.lastIndex = start;
  let end = start;
  let words = 0;
  for (let found = run.exec(text); found !== null; found = run.exec(text)) {
    words += found[0].length > most * 40 ? most + 1 : countWords(found[0]);
    if (words > most) break;
    end = run.lastIndex;
  }
  if (end > start) return end;
  // Chinese, minified code: cut by characters, never inside a surrogate pair.
  const cut = Math.min(text.length, start + most * 2);
  const unit = text.charCodeAt(cut - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? cut - 1 : cut;
}
