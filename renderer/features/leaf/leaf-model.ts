/**
 * The leaf as numbers: one bar for every page (or stretch of text), from where the text begins to where it ends.
 * Pure; knows nothing about canvas, React or colours.
 */
import type { DocumentSummary, FileEntry, Leaf, OutlineEntry } from "../../../engine/protocol/dto.ts";

export const UNREAD = 0;
export const READ = 1;
export const PICTURE = 2;

/** Bars in reading order. `begin` and `end` are shares (0..1) of the bar's full length. */
export interface LeafBars {
  readonly count: number;
  readonly begin: Float32Array;
  readonly end: Float32Array;
  readonly state: Uint8Array;
}

/** A page whose text is no higher than this share holds none. */
const BLANK = 0.021;
const STATES = { unread: UNREAD, read: READ, picture: PICTURE } as const;

export function barsOf(leaf: Leaf): LeafBars {
  const count = leaf.bars.length;
  const bars = { count, begin: new Float32Array(count), end: new Float32Array(count), state: new Uint8Array(count) };
  const [top, bottom] = leaf.unit === "pages" ? typeArea(leaf) : [0, 1];
  const share = (value: number): number => Math.max(0, Math.min(1, (value - top) / (bottom - top)));
  leaf.bars.forEach((bar, index) => {
    bars.begin[index] = bar.state === "picture" ? 0 : share(bar.begin);
    bars.end[index] = bar.state === "picture" ? 1 : Math.max(share(bar.end), share(bar.begin) + 0.04);
    // An empty page has nothing to read: it is read when the page before it is.
    const isBlank = bar.state === "unread" && bar.end - bar.begin <= BLANK;
    const beside = index === 0 ? STATES[leaf.bars[1]?.state ?? "unread"] : (bars.state[index - 1] ?? UNREAD);
    bars.state[index] = isBlank ? beside : STATES[bar.state];
  });
  return bars;
}

/** Where an ordinary page's text begins and ends: margins say nothing, so a full page is a full bar. */
function typeArea(leaf: Leaf): readonly [number, number] {
  const texts = leaf.bars.filter((bar) => bar.state !== "picture");
  const tops = texts.map((bar) => bar.begin).toSorted((a, b) => a - b);
  const bottoms = texts.map((bar) => bar.end).toSorted((a, b) => a - b);
  const top = tops[Math.floor(tops.length * 0.1)] ?? 0;
  const bottom = bottoms[Math.floor(bottoms.length * 0.9)] ?? 1;
  return bottom - top > 0.2 ? [top, bottom] : [0, 1];
}

export function sliceBars(bars: LeafBars, from: number, to: number): LeafBars {
  return {
    count: to - from,
    begin: bars.begin.subarray(from, to),
    end: bars.end.subarray(from, to),
    state: bars.state.subarray(from, to),
  };
}

/** At most `slots` bars: where pages outnumber them, a bar is the mean of its pages, read when all of them are. */
export function resample(bars: LeafBars, slots: number): LeafBars {
  if (bars.count <= slots || slots < 1) return bars;
  const out = {
    count: slots,
    begin: new Float32Array(slots),
    end: new Float32Array(slots),
    state: new Uint8Array(slots),
  };
  for (let slot = 0; slot < slots; slot += 1) {
    const from = Math.floor((slot * bars.count) / slots);
    const to = Math.max(from + 1, Math.floor(((slot + 1) * bars.count) / slots));
    let begin = 0;
    let end = 0;
    let state = READ;
    for (let index = from; index < to; index += 1) {
      begin += bars.begin[index] ?? 0;
      end += bars.end[index] ?? 0;
      const one = bars.state[index] ?? UNREAD;
      if (one === UNREAD) state = UNREAD;
      else if (one === PICTURE && state !== UNREAD) state = PICTURE;
    }
    out.begin[slot] = begin / (to - from);
    out.end[slot] = end / (to - from);
    out.state[slot] = state;
  }
  return out;
}

/** The bar that stands at slot `slot` of `slots` after resampling. */
export function barOfSlot(slot: number, count: number, slots: number): number {
  return slots >= count ? slot : Math.floor((slot * count) / slots);
}

export function slotOfBar(bar: number, count: number, slots: number): number {
  return slots >= count ? bar : Math.min(slots - 1, Math.floor(((bar + 0.5) * slots) / count));
}

export function readCount(bars: LeafBars): number {
  let read = 0;
  for (const state of bars.state) if (state === READ) read += 1;
  return read;
}

/** The page being read: the first unread bar after the last read one; -1 when all is read. */
export function barInHand(bars: LeafBars): number {
  let last = -1;
  bars.state.forEach((state, index) => {
    if (state === READ) last = index;
  });
  for (let index = last + 1; index < bars.count; index += 1) if (bars.state[index] === UNREAD) return index;
  return -1;
}

/** What is needed to turn a place into a bar and back. */
export interface LeafSource {
  readonly leaf: Leaf;
  readonly document: Pick<DocumentSummary, "characters">;
  readonly files?: readonly FileEntry[] | undefined;
}

interface Standing {
  readonly start: number;
  readonly page: number | null;
  readonly file: string | null;
}

/** The bar on which a place stands: by page, by file, else by its share of the text. */
export function barOfPlace(place: Standing, { leaf, document, files }: LeafSource): number {
  const count = leaf.bars.length;
  if (count === 0) return 0;
  if (leaf.unit === "pages" && place.page !== null) return Math.min(count - 1, place.page - 1);
  if (leaf.unit === "files" && files?.length === count) {
    const index = files.findIndex(
      (file) => place.start >= file.start && place.start < Math.max(file.end, file.start + 1),
    );
    if (index >= 0) return index;
  }
  return Math.min(count - 1, Math.floor((place.start / Math.max(1, document.characters)) * count));
}

/** The first offset (and page) that stands on a bar. */
export function placeOfBar(bar: number, { leaf, document, files }: LeafSource): Standing {
  const count = leaf.bars.length;
  if (leaf.unit === "pages") return { start: 0, page: bar + 1, file: null };
  if (leaf.unit === "files" && files?.length === count) {
    const file = files[bar];
    if (file !== undefined) return { start: file.start, page: null, file: file.path };
  }
  const start = Math.floor((bar / Math.max(1, count)) * document.characters);
  const file = files?.find((one) => start >= one.start && start < one.end);
  return { start, page: null, file: file?.path ?? null };
}

/** The deepest entry of the contents that covers an offset. */
export function entryAt(outline: readonly OutlineEntry[], offset: number): OutlineEntry | undefined {
  let found: OutlineEntry | undefined;
  for (const entry of outline) {
    if (entry.start > offset) break;
    if (offset < entry.end || entry.end <= entry.start) found = entry;
  }
  return found;
}

/** Width of a shelf leaf in px: it grows with the square root of what it stands for. */
export function shelfWidth(count: number, available: number): number {
  return Math.max(24, Math.min(available, Math.round(19.35 * Math.sqrt(Math.max(1, count)))));
}

/** Rows of the reading view: one per part; with none, or more than 16, rows of a hundred bars. */
export interface LeafRow {
  readonly title: string | null;
  readonly from: number;
  readonly to: number;
}

const MOST_PARTS = 16;
const ROW_BARS = 100;

export function rowsOf(leaf: Leaf): readonly LeafRow[] {
  const count = leaf.bars.length;
  if (leaf.parts.length > 1 && leaf.parts.length <= MOST_PARTS) {
    const rows = leaf.parts.map((part, index) => ({
      title: part.title,
      from: index === 0 ? 0 : part.bar,
      to: leaf.parts[index + 1]?.bar ?? count,
    }));
    return rows.filter((row) => row.to > row.from);
  }
  const rows: LeafRow[] = [];
  for (let from = 0; from < count; from += ROW_BARS)
    rows.push({ title: null, from, to: Math.min(count, from + ROW_BARS) });
  return rows;
}
