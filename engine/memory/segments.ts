/**
 * Where a document is cut into segments, the units that the encoder reads at once.
 * Owns: borders that depend on content, so that after an edit the segments behind it fall into step again and keep their
 * keys. Pure; knows nothing about models, files, pages.
 *
 * A segment is consecutive blocks. It ends
 *   (a) before a block that opens a part (a file of a repository, a heading of level 1 or 2),
 *   (b) before a block that would not fit,
 *   (c) after a block whose text hashes to 0 mod 4, once the segment is at least half full.
 * A block longer than a segment is cut into lines or sentences, which then count as blocks.
 * Source: content-defined chunking, Muthitacharoen et al. 2001 (LBFS), here over blocks instead of bytes.
 */
import { sha256 } from "../base/hash.ts";
import type { ModelTokenizer } from "../tokenizer/types.ts";
import { splitLongText } from "./split-text.ts";
import type { MemoryUnit, Segment } from "./types.ts";

/** One in so many blocks may end a segment that is half full. */
const BORDER_EVERY = 4;
/** Beyond so many characters per token of a segment a block is cut without trying to tokenise it whole. */
const MOST_CHARACTERS_PER_TOKEN = 16;

/** What is placed into segments: a block, or a piece of a long one, with its joiner. */
interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly tokenIds: readonly number[];
  readonly opensPart: boolean;
}

/** Segments in order, lazily: the caller may pause between any two. Each token of each block is in exactly one. */
export function* planSegments(
  units: Iterable<MemoryUnit>,
  tokenizer: Pick<ModelTokenizer, "encode">,
  segmentLength: number,
): Generator<Segment> {
  let open = new OpenSegment();
  for (const unit of units) {
    for (const piece of piecesOf(unit, tokenizer, segmentLength)) {
      const isBorder = piece.opensPart || open.tokenIds.length + piece.tokenIds.length > segmentLength;
      if (isBorder && open.tokenIds.length > 0) {
        yield open.close();
        open = new OpenSegment();
      }
      open.add(piece);
      if (open.tokenIds.length >= segmentLength / 2 && endsSegment(piece.text)) {
        yield open.close();
        open = new OpenSegment();
      }
    }
  }
  if (open.tokenIds.length > 0) yield open.close();
}

class OpenSegment {
  readonly tokenIds: number[] = [];
  #start = 0;
  #end = 0;

  add(piece: Piece): void {
    if (this.tokenIds.length === 0) this.#start = piece.start;
    this.#end = piece.end;
    this.tokenIds.push(...piece.tokenIds);
  }

  close(): Segment {
    return { start: this.#start, end: this.#end, tokenIds: this.tokenIds };
  }
}

function* piecesOf(
  unit: MemoryUnit,
  tokenizer: Pick<ModelTokenizer, "encode">,
  segmentLength: number,
): Generator<Piece> {
  const text = unit.text + unit.joiner;
  const tooLong = text.length > segmentLength * MOST_CHARACTERS_PER_TOKEN;
  const tokenIds = tooLong ? [] : tokenizer.encode(text);
  if (!tooLong && tokenIds.length <= segmentLength) {
    if (tokenIds.length > 0)
      yield { text, start: unit.start, end: unit.start + text.length, tokenIds, opensPart: unit.opensPart };
    return;
  }
  let start = unit.start;
  for (const part of splitLongText(text, (one) => fits(one, tokenizer, segmentLength))) {
    const ids = tokenizer.encode(part);
    const end = start + part.length;
    if (ids.length > 0)
      yield { text: part, start, end, tokenIds: ids, opensPart: unit.opensPart && start === unit.start };
    start = end;
  }
}

function fits(text: string, tokenizer: Pick<ModelTokenizer, "encode">, segmentLength: number): boolean {
  if (text.length > segmentLength * MOST_CHARACTERS_PER_TOKEN) return false;
  return tokenizer.encode(text).length <= segmentLength;
}

/** Decided by the block's own text alone, so that a change elsewhere cannot move it. */
function endsSegment(text: string): boolean {
  return Number.parseInt(sha256(text).slice(0, 8), 16) % BORDER_EVERY === 0;
}
