/**
 * Blocks and printed lines of one part of text as bytes: what `parts.layout` holds.
 * Owns: the byte format. Does not know: SQL, documents.
 *
 * Little endian 32-bit words: version, number of blocks; per block 8 integers (kind, level, start, end, line, endLine,
 * flags, number of lines); then per line 2 integers (start, end) and 4 floats (box). Offsets of blocks count from the
 * part's first character, those of lines from the block's.
 */
import type { BlockRow } from "../documents/rows.ts";
import { EngineError } from "../protocol/errors.ts";

const VERSION = 1;
const KINDS = ["heading", "paragraph", "list", "code", "table", "caption", "note"] as const;
const BLOCK_WORDS = 8;
const LINE_WORDS = 6;
const CONTINUES = 1;
const HIDDEN = 2;

export interface LayoutBlock {
  readonly kind: BlockRow["kind"];
  readonly level: number;
  /** Within the part. */
  readonly start: number;
  readonly end: number;
  readonly line: number | null;
  readonly endLine: number | null;
  readonly continues: boolean;
  readonly isHidden: boolean;
  /** [start, end, x0, y0, x1, y1], within the block, points. */
  readonly lines: BlockRow["lines"];
}

export function encodeLayout(blocks: readonly LayoutBlock[]): Uint8Array {
  const lines = blocks.reduce((sum, block) => sum + block.lines.length, 0);
  const words = new Int32Array(2 + blocks.length * BLOCK_WORDS + lines * LINE_WORDS);
  const floats = new Float32Array(words.buffer);
  words.set([VERSION, blocks.length]);
  let at = 2;
  for (const block of blocks) {
    const flags = (block.continues ? CONTINUES : 0) | (block.isHidden ? HIDDEN : 0);
    const kind = KINDS.indexOf(block.kind);
    const { level, start, end, line, endLine } = block;
    words.set([kind, level, start, end, line ?? 0, endLine ?? 0, flags, block.lines.length], at);
    at += BLOCK_WORDS;
  }
  for (const block of blocks) {
    for (const [start, end, x0, y0, x1, y1] of block.lines) {
      words.set([start, end], at);
      floats.set([x0, y0, x1, y1], at + 2);
      at += LINE_WORDS;
    }
  }
  return new Uint8Array(words.buffer);
}

function damaged(): EngineError {
  return new EngineError("StoreCorrupt", "the layout of a part of text is damaged", {
    hint: "Remove the document and open its source again; if more documents fail, restore a backup of the store folder.",
  });
}

/** Throws StoreCorrupt when the sizes inside do not fit the bytes. `withLines` false skips the boxes. */
export function decodeLayout(bytes: Uint8Array, withLines = true): LayoutBlock[] {
  if (bytes.byteLength % 4 !== 0 || bytes.byteLength < 8) throw damaged();
  // SQLite's bytes may begin anywhere in their buffer; typed views want a multiple of four.
  const buffer = bytes.byteOffset % 4 === 0 ? bytes.buffer : bytes.slice().buffer;
  const offset = bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0;
  const words = new Int32Array(buffer, offset, bytes.byteLength / 4);
  const floats = new Float32Array(buffer, offset, bytes.byteLength / 4);
  const count = words[1] ?? 0;
  if (words[0] !== VERSION || count < 0 || 2 + count * BLOCK_WORDS > words.length) throw damaged();
  let lineAt = 2 + count * BLOCK_WORDS;
  const blocks: LayoutBlock[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = 2 + index * BLOCK_WORDS;
    const [kind = 0, level = 0, start = 0, end = 0, line = 0, endLine = 0, flags = 0, lineCount = 0] = words.subarray(
      at,
      at + BLOCK_WORDS,
    );
    if (lineCount < 0 || lineAt + lineCount * LINE_WORDS > words.length) throw damaged();
    const lines: BlockRow["lines"] = [];
    const shownLines = withLines ? lineCount : 0;
    for (let n = 0; n < shownLines; n += 1) {
      const from = lineAt + n * LINE_WORDS;
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = floats.subarray(from + 2, from + 6);
      lines.push([words[from] ?? 0, words[from + 1] ?? 0, x0, y0, x1, y1]);
    }
    lineAt += lineCount * LINE_WORDS;
    blocks.push({
      kind: KINDS[kind] ?? "paragraph",
      level,
      start,
      end,
      line: line === 0 ? null : line,
      endLine: endLine === 0 ? null : endLine,
      continues: (flags & CONTINUES) !== 0,
      isHidden: (flags & HIDDEN) !== 0,
      lines,
    });
  }
  return blocks;
}
