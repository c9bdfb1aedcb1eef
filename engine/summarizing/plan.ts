/**
 * Which parts a summary has: the chapters of a book, the folders and files of a repository, as a tree of ranges.
 * Owns: the shape of the tree and its limits. Pure: outline in, plan out. Does not know: sentences, the store.
 */
import type { OutlineEntry } from "../protocol/dto.ts";

export interface PlannedPart {
  readonly title: string;
  readonly start: number;
  readonly end: number;
  /** Path of a file, when the part is one. */
  readonly file: string | null;
  readonly children: readonly PlannedPart[];
}

/** More nodes than this and the deepest level is left out, again and again. */
export const MOST_PARTS = 400;
/** A document without chapters is cut into even parts of about this many characters, at most `MOST_EVEN_PARTS`. */
const EVEN_PART_CHARACTERS = 40_000;
const MOST_EVEN_PARTS = 24;

/** Parts that list other parts say nothing of their own. */
const APPARATUS =
  /^(?:table of )?contents$|^(?:index|title page|imprint|copyright|list of (?:figures|tables|illustrations)|illustrations)$/iu;

/** The plan of a document of `length` characters. The root covers all of it. */
export function planSummary(title: string, outline: readonly OutlineEntry[], length: number): PlannedPart {
  const entries = fewEnough(outline.filter((entry) => entry.end > entry.start && !APPARATUS.test(entry.title.trim())));
  const children = buildTree(entries, 0, entries.length);
  const root: PlannedPart = { title, start: 0, end: length, file: null, children };
  const [only] = children;
  if (children.length === 0 || (children.length === 1 && only !== undefined && only.children.length === 0))
    return { ...root, children: evenParts(length, only) };
  return root;
}

/** Drops the deepest levels until the tree is small enough to be read; the first level always stays. */
function fewEnough(outline: readonly OutlineEntry[]): readonly OutlineEntry[] {
  let kept = outline;
  while (kept.length > MOST_PARTS) {
    const deepest = Math.max(...kept.map(({ level }) => level));
    const shallower = kept.filter(({ level }) => level < deepest);
    if (shallower.length === 0) return kept;
    kept = shallower;
  }
  return kept;
}

/** Entries [from, to) as a forest: an entry holds the deeper ones that follow it. */
function buildTree(entries: readonly OutlineEntry[], from: number, to: number): PlannedPart[] {
  const parts: PlannedPart[] = [];
  for (let at = from; at < to;) {
    const entry = entries[at];
    if (entry === undefined) break;
    let next = at + 1;
    while (next < to && (entries[next]?.level ?? 0) > entry.level) next += 1;
    const children = buildTree(entries, at + 1, next);
    const end = Math.max(entry.end, ...children.map((child) => child.end));
    const isFile = entry.file !== null && children.length === 0;
    parts.push({ title: entry.title, start: entry.start, end, file: isFile ? entry.file : null, children });
    at = next;
  }
  return parts;
}

function evenParts(length: number, only: PlannedPart | undefined): PlannedPart[] {
  const count = Math.min(MOST_EVEN_PARTS, Math.floor(length / EVEN_PART_CHARACTERS));
  if (count < 2) return only === undefined ? [] : [only];
  return Array.from({ length: count }, (_, i) => ({
    title: `Part ${i + 1} of ${count}`,
    start: Math.floor((length * i) / count),
    end: Math.floor((length * (i + 1)) / count),
    file: null,
    children: [],
  }));
}
