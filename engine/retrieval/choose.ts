/**
 * From many scored passages that overlap to the few that are returned: best first, none over another.
 * Owns: that choice, and cutting back a passage that a better one overlaps. Does not know: scores.
 */
import type { IndexedChunk, SearchOptions } from "./types.ts";
import type { Scored } from "./passages.ts";

const DEFAULT_PER_CHUNK = 6;
/** A piece left over beside a better passage is offered when it has this many words. */
const LEAST_WORDS = 8;

/** Best first, no two that overlap, hidden text after everything that can be seen. */
export function choose(
  scored: Scored[],
  { limit, perChunk = DEFAULT_PER_CHUNK, perFile = Infinity }: SearchOptions,
): Scored[] {
  const worseFirst = (a: Scored, b: Scored): number =>
    Number(b.chunk.isHidden) - Number(a.chunk.isHidden) || a.score - b.score || b.start - a.start;
  const waiting = scored.sort(worseFirst);
  const chosen: Scored[] = [];
  const perChunkCount = new Map<string, number>();
  while (chosen.length < limit) {
    const best = waiting.pop();
    if (best === undefined) break;
    const { documentId, seq } = best.chunk;
    const count = perChunkCount.get(`${documentId} ${seq}`) ?? 0;
    if (count >= perChunk || inFile(chosen, best.chunk) >= perFile) continue;
    const other = chosen.find((passage) => overlaps(passage, best));
    if (other !== undefined) {
      const rest = withoutOverlap(best, other);
      if (rest !== null) insert(waiting, rest, worseFirst);
      continue;
    }
    perChunkCount.set(`${documentId} ${seq}`, count + 1);
    chosen.push(best);
  }
  return chosen;
}

const inFile = (chosen: readonly Scored[], { documentId, file }: IndexedChunk): number =>
  file === null ? 0 : chosen.filter(({ chunk }) => chunk.file === file && chunk.documentId === documentId).length;

/** The longer end of a passage that a better one leaves free; null when that is too little to read. */
function withoutOverlap(passage: Scored, other: Scored): Scored | null {
  const { units, first, last } = passage;
  let head = first;
  while (head <= last && (units[head]?.end ?? 0) <= other.start) head += 1;
  let tail = last;
  while (tail >= first && (units[tail]?.start ?? 0) >= other.end) tail -= 1;
  const words = (from: number, to: number): number => (from > to ? 0 : (units[to]?.to ?? 0) - (units[from]?.from ?? 0));
  const [before, after] = [words(first, head - 1), words(tail + 1, last)];
  if (Math.max(before, after) < LEAST_WORDS) return null;
  return before > after ? passage.rescore(first, head - 1) : passage.rescore(tail + 1, last);
}

function insert(sorted: Scored[], passage: Scored, order: (a: Scored, b: Scored) => number): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = sorted[middle];
    if (there !== undefined && order(there, passage) < 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, passage);
}

const overlaps = (a: Scored, b: Scored): boolean =>
  a.chunk.documentId === b.chunk.documentId && a.start < b.end && b.start < a.end;
