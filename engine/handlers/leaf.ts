/**
 * The leaf: a document drawn whole, one bar per page (file, or run of passages), from what the store knows.
 * Pure over the store's plain data.
 */
import type { DocumentId, Leaf } from "../protocol/index.ts";
import type { LibraryStore, StoredSegment } from "../store/types.ts";

/** More parts than this would not be told apart at the spine side. */
const MAX_PARTS = 40;
/** Without pages or files a bar stands for this many characters: about a printed page. */
const CHARACTERS_PER_BAR = 2_000;
/** A file this long (lines) draws a full bar. */
const FULL_FILE_LINES = 400;

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly begin: number;
  readonly length: number;
  readonly isPicture: boolean;
}

export function leafOf(store: LibraryStore, id: DocumentId): Leaf {
  const summary = store.documents.get(id);
  const unit = summary.pages > 0 ? "pages" : summary.files > 0 ? "files" : "passages";
  const stretches =
    unit === "pages"
      ? pageStretches(store, id)
      : unit === "files"
        ? fileStretches(store, id)
        : textStretches(store, id);
  const isRead = readTest(store.memories.list(id));
  const bars = stretches.map(({ start, end, begin, length, isPicture }) => ({
    begin,
    end: length,
    state: isPicture ? ("picture" as const) : isRead(start, end) ? ("read" as const) : ("unread" as const),
  }));
  return { bars, parts: partsOf(store, id, stretches), unit };
}

function pageStretches(store: LibraryStore, id: DocumentId): Stretch[] {
  return store.texts.pages(id).map(({ start, end, textTop, textBottom, isPicture }) => ({
    start,
    end,
    begin: isPicture ? 0 : textTop,
    length: isPicture ? 1 : Math.max(textBottom, textTop + 0.02),
    isPicture,
  }));
}

function fileStretches(store: LibraryStore, id: DocumentId): Stretch[] {
  return store.texts.files(id).map(({ start, end, lines }) => ({
    start,
    end,
    begin: 0,
    length: Math.min(1, 0.15 + (0.85 * Math.log1p(lines)) / Math.log1p(FULL_FILE_LINES)),
    isPicture: false,
  }));
}

function textStretches(store: LibraryStore, id: DocumentId): Stretch[] {
  const length = store.texts.length(id);
  const count = Math.max(1, Math.ceil(length / CHARACTERS_PER_BAR));
  return Array.from({ length: count }, (_, index) => {
    const start = index * CHARACTERS_PER_BAR;
    const end = Math.min(length, start + CHARACTERS_PER_BAR);
    return { start, end, begin: 0, length: Math.max(0.1, (end - start) / CHARACTERS_PER_BAR), isPicture: false };
  });
}

/** A stretch is read when every segment that touches it is. Segments are in order, so a prefix sum answers at once. */
function readTest(segments: readonly StoredSegment[]): (start: number, end: number) => boolean {
  const unreadBefore = [0];
  for (const { state } of segments) unreadBefore.push((unreadBefore.at(-1) ?? 0) + (state === "read" ? 0 : 1));
  const firstEndingAfter = (offset: number) => lowerBound(segments, (segment) => segment.end > offset);
  const firstStartingAt = (offset: number) => lowerBound(segments, (segment) => segment.start >= offset);
  return (start, end) => {
    if (segments.length === 0 || end <= start) return false;
    const from = firstEndingAfter(start);
    const to = firstStartingAt(end);
    return to > from && unreadBefore[to] === unreadBefore[from];
  };
}

function lowerBound<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

function partsOf(store: LibraryStore, id: DocumentId, stretches: readonly Stretch[]): Leaf["parts"] {
  const top = store.documents.outline(id).filter(({ level }) => level === 1);
  if (top.length > MAX_PARTS) return [];
  return top.map(({ title, start }) => ({
    bar: Math.min(
      stretches.length - 1,
      lowerBound(stretches, (stretch) => stretch.end > start),
    ),
    title,
  }));
}
