/**
 * Cuts a document's text into slices that can be fetched one by one, and a slice into paragraphs.
 * A slice begins after the first paragraph break at or behind its nominal start, so slices tile the text exactly.
 * Pure; offsets are UTF-16 units of the normalised text.
 */
export const SLICE = 4_000;
/** How far behind a nominal border a paragraph break is looked for. */
export const REACH = 2_000;

/** What to fetch for slice `index`: [start, end) of the text. */
export function sliceRange(index: number, characters: number): readonly [number, number] {
  return [index * SLICE, Math.min(characters, (index + 1) * SLICE + REACH)];
}

export function sliceCount(characters: number): number {
  return Math.max(1, Math.ceil(characters / SLICE));
}

/** The part of a fetched range that belongs to the slice: from its first paragraph's start to the next slice's. */
export function trimSlice(
  text: string,
  index: number,
  characters: number,
): { readonly start: number; readonly text: string } {
  const base = index * SLICE;
  const from = index === 0 ? 0 : breakAfter(text, 0);
  const isLast = base + SLICE >= characters;
  const to = isLast ? text.length : breakAfter(text, SLICE);
  return { start: base + from, text: text.slice(from, to) };
}

/** The offset behind the first blank line at or after `at`, within reach; `at` itself without one. */
function breakAfter(text: string, at: number): number {
  const found = text.indexOf("\n\n", at);
  return found < 0 || found >= at + REACH ? at : found + 2;
}

export interface Paragraph {
  readonly start: number;
  readonly text: string;
}

/** Paragraphs of a text that begins at offset `start`, without the blank lines between them. */
export function paragraphsOf(text: string, start: number): readonly Paragraph[] {
  const found: Paragraph[] = [];
  let at = 0;
  for (const piece of text.split("\n\n")) {
    if (piece.trim() !== "") found.push({ start: start + at, text: piece });
    at += piece.length + 2;
  }
  return found;
}

export interface MarkedPiece {
  readonly text: string;
  readonly isMarked: boolean;
}

/** A paragraph cut at the borders of a marked range. */
export function markRange(paragraph: Paragraph, start: number, end: number): readonly MarkedPiece[] {
  const from = Math.max(0, start - paragraph.start);
  const to = Math.min(paragraph.text.length, end - paragraph.start);
  if (from >= to) return [{ text: paragraph.text, isMarked: false }];
  return [
    { text: paragraph.text.slice(0, from), isMarked: false },
    { text: paragraph.text.slice(from, to), isMarked: true },
    { text: paragraph.text.slice(to), isMarked: false },
  ].filter((piece) => piece.text !== "");
}
