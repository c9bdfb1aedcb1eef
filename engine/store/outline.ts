/**
 * The contents of a document, always covering the whole text: its own outline, or its folders and files, or its
 * headings, or stretches of pages or text when it has none of these.
 * Owns: the rules. Pure. Does not know: SQL, chunks.
 */
import type { OutlineEntry } from "../protocol/dto.ts";
import type { OutlineRow } from "../documents/rows.ts";
import type { AssembledHeading } from "./text-assembly.ts";

const PAGES_PER_PART = 20;
const CHARACTERS_PER_PART = 40_000;
const MOST_ENTRIES = 50_000;

export interface OutlineSource {
  readonly characters: number;
  readonly rows: readonly OutlineRow[];
  readonly headings: readonly AssembledHeading[];
  readonly blockStarts: readonly number[];
  readonly pages: readonly { readonly page: number; readonly start: number }[];
  readonly files: readonly { readonly path: string; readonly start: number; readonly end: number }[];
}

interface Start {
  readonly level: number;
  readonly title: string;
  readonly start: number;
  readonly page: number | null;
  readonly file: string | null;
}

export function makeOutline(source: OutlineSource): OutlineEntry[] {
  if (source.characters === 0) return [];
  const starts = fromTop(chooseStarts(source).slice(0, MOST_ENTRIES));
  const [first] = starts;
  if (first === undefined) return close(stretches(source), source.characters);
  // What stands before the first chapter belongs to the document too.
  if (first.start > 0) starts.unshift({ level: 1, title: "Beginning", start: 0, page: firstPage(source), file: null });
  return close(starts, source.characters);
}

function firstPage({ pages }: OutlineSource): number | null {
  return pages[0]?.page ?? null;
}

/** Headings may all be of level 2: the highest one is the top of this document. */
function fromTop(starts: readonly Start[]): Start[] {
  const top = starts.reduce((least, { level }) => Math.min(least, level), Number.POSITIVE_INFINITY);
  return starts.map((start) => ({ ...start, level: start.level - top + 1 }));
}

function chooseStarts(source: OutlineSource): Start[] {
  if (source.files.length > 0) return ofFiles(source.files);
  const own = ofRows(source);
  if (own.length > 0) return own;
  return source.headings.map(({ level, title, start, page }) => ({ level, title, start, page, file: null }));
}

/** The document's own outline. An entry whose target is unknown stands where the one before it stands. */
function ofRows({ rows, blockStarts, pages, characters }: OutlineSource): Start[] {
  const pageStart = new Map(pages.map(({ page, start }) => [page, start]));
  const starts: Start[] = [];
  let last = 0;
  for (const { level, title, page, block } of rows) {
    const name = title.trim().replace(/\s+/gu, " ");
    const start =
      (block === null ? undefined : blockStarts[block]) ?? (page === null ? last : (pageStart.get(page) ?? last));
    last = Math.min(start, Math.max(0, characters - 1));
    starts.push({ level, title: name === "" ? "Untitled" : name, start: last, page, file: null });
  }
  // Outlines may jump back (an index that names earlier pages); the text's order decides.
  return starts.sort((a, b) => a.start - b.start);
}

function ofFiles(files: OutlineSource["files"]): Start[] {
  const starts: Start[] = [];
  let open: string[] = [];
  for (const { path, start, end } of files) {
    if (end === start) continue;
    const folders = path.split("/");
    const name = folders.pop() ?? path;
    let depth = 0;
    while (depth < folders.length && folders[depth] === open[depth]) depth += 1;
    for (; depth < folders.length; depth += 1)
      starts.push({ level: depth + 1, title: folders[depth] ?? "", start, page: null, file: null });
    starts.push({ level: folders.length + 1, title: name, start, page: null, file: path });
    open = folders;
  }
  return starts;
}

/** A document without any structure of its own: twenty pages, or about 40,000 characters, at a time. */
function stretches({ pages, blockStarts, characters }: OutlineSource): Start[] {
  const [first] = pages;
  if (first !== undefined) {
    const starts: Start[] = [];
    for (let at = 0; at < pages.length; at += PAGES_PER_PART) {
      const from = pages[at];
      const to = pages[Math.min(at + PAGES_PER_PART, pages.length) - 1];
      if (from === undefined || to === undefined) break;
      const title = from.page === to.page ? `Page ${from.page}` : `Pages ${from.page} to ${to.page}`;
      starts.push({ level: 1, title, start: at === 0 ? 0 : from.start, page: from.page, file: null });
    }
    return starts;
  }
  const starts: Start[] = [{ level: 1, title: "Part 1", start: 0, page: null, file: null }];
  for (const block of blockStarts) {
    const last = starts.at(-1)?.start ?? 0;
    if (block - last >= CHARACTERS_PER_PART && characters - block >= CHARACTERS_PER_PART / 4)
      starts.push({ level: 1, title: `Part ${starts.length + 1}`, start: block, page: null, file: null });
  }
  return starts;
}

/** An entry ends where the next one of its level or above begins. The first one begins at 0. */
function close(starts: readonly Start[], characters: number): OutlineEntry[] {
  const entries: OutlineEntry[] = starts.map((entry, at) => ({
    ...entry,
    start: at === 0 ? 0 : entry.start,
    end: characters,
  }));
  const open: OutlineEntry[] = [];
  for (const entry of entries) {
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= entry.level) {
      const done = open.pop();
      if (done !== undefined) done.end = entry.start;
    }
    open.push(entry);
  }
  return entries;
}

/** Answers "which entry holds this offset" and "what is the path of titles to it" for one outline. */
export class OutlinePaths {
  readonly entries: readonly OutlineEntry[];
  readonly #parents: Int32Array;
  readonly #titles = new Map<number, string[]>();

  constructor(entries: readonly OutlineEntry[]) {
    this.entries = entries;
    this.#parents = new Int32Array(entries.length).fill(-1);
    const open: number[] = [];
    for (const [at, entry] of entries.entries()) {
      while (open.length > 0 && (entries[open.at(-1) ?? 0]?.level ?? 0) >= entry.level) open.pop();
      this.#parents[at] = open.at(-1) ?? -1;
      open.push(at);
    }
  }

  /** Index of the innermost entry that holds the offset; -1 without entries. */
  at(offset: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Titles from the outermost entry to this one. */
  titles(index: number): readonly string[] {
    let titles = this.#titles.get(index);
    if (titles === undefined) {
      titles = [];
      for (let at = index; at >= 0; at = this.#parents[at] ?? -1) titles.unshift(this.entries[at]?.title ?? "");
      this.#titles.set(index, titles);
    }
    return titles;
  }

  /** Index of the outermost entry above this one. */
  top(index: number): number {
    let at = index;
    while (at >= 0 && (this.#parents[at] ?? -1) >= 0) at = this.#parents[at] ?? -1;
    return at;
  }
}
