/**
 * Running heads, feet and page numbers: lines that recur at the same height on neighbouring pages, or numbers that count
 * with the pages. They are left out of the text (they would cut sentences in two and fill every search) and reported.
 * A line of the body is never taken: it must stand at the edge, apart from the lines beside it, and a page does not
 * lose its only text to this rule. Pure; knows nothing about rows.
 */
import { oneLine, shorten } from "../clean-text.ts";
import type { PageLayout, TextLine } from "./page-model.ts";

export interface RunningLines {
  /** Lines to leave out, by page index. */
  readonly omitted: readonly ReadonlySet<TextLine>[];
  /** What was left out, for the document's metadata; empty when nothing was. */
  readonly report: string;
}

interface Candidate {
  readonly line: TextLine;
  readonly pageIndex: number;
  /** Of the whole page: 0 top, 1 bottom. */
  readonly height: number;
  readonly isAtTop: boolean;
}

/** Lines looked at from each end of a page. */
const EDGE_LINES = 2;
/** Part of the page's height, from each end, in which running lines stand. */
const EDGE_SHARE = 0.14;
/** Pages on which a line must recur, and how far apart two of them may lie. */
const MIN_PAGES = 3;
const MAX_STEP = 4;

export function findRunningLines(pages: readonly PageLayout[]): RunningLines {
  const omitted = pages.map(() => new Set<TextLine>());
  const candidates = pages.flatMap((page, index) => edgeLines(page, index));
  const words = new Map<string, { example: string; pages: Set<number> }>();
  for (const group of groupBy(candidates, recurringKey).values()) {
    for (const chain of chains(group, MIN_PAGES)) {
      for (const { line, pageIndex } of chain) take(line, pageIndex, shorten(line.text, 60));
    }
  }
  for (const group of groupBy(candidates, countingKey).values()) {
    for (const chain of chains(group, MIN_PAGES)) {
      for (const { line, pageIndex } of chain) take(line, pageIndex, shorten(line.text, 60));
    }
  }
  // The page's own label at its edge needs no neighbours: "iii" may stand on one page only.
  for (const { line, pageIndex } of candidates) {
    const isLabel = pageNumberOf(line.text) !== null && oneLine(line.text) === pages[pageIndex].label;
    if (isLabel && pages[pageIndex].lines.length > 1) take(line, pageIndex, line.text);
  }
  restoreOnlyText(pages, omitted);
  return { omitted, report: reportOf(words, omitted) };

  function take(line: TextLine, pageIndex: number, example: string): void {
    omitted[pageIndex].add(line);
    const key = pageNumberOf(line.text) === null ? line.text.toLowerCase().replace(/\d+/gu, "#") : "page numbers";
    const entry = words.get(key) ?? { example: key === "page numbers" ? key : `“${example}”`, pages: new Set() };
    words.set(key, entry);
    entry.pages.add(pageIndex);
  }
}

/** The outermost lines that stand apart from the body: by a gap, by their size, or by being a number. */
function edgeLines(page: PageLayout, pageIndex: number): Candidate[] {
  const lines = page.lines
    .filter((line) => !line.isAside && !line.isHidden)
    .toSorted((a, b) => a.baseline - b.baseline);
  const found: Candidate[] = [];
  const look = (ordered: readonly TextLine[], isAtTop: boolean): void => {
    for (const [index, line] of ordered.slice(0, EDGE_LINES + 1).entries()) {
      const height = page.height > 0 ? line.baseline / page.height : 0;
      if (isAtTop ? height > EDGE_SHARE : height < 1 - EDGE_SHARE) return;
      const inner = ordered
        .slice(index + 1)
        .find((other) => Math.abs(other.baseline - line.baseline) > line.size * 0.5);
      const gap = inner === undefined ? Infinity : Math.abs(inner.baseline - line.baseline);
      const isApart = gap > 1.55 * Math.max(line.size, inner?.size ?? 0);
      const isOtherSize = inner !== undefined && Math.abs(inner.size - line.size) > 0.08 * line.size;
      if (isApart || isOtherSize || pageNumberOf(line.text) !== null) found.push({ line, pageIndex, height, isAtTop });
    }
  };
  look(lines, true);
  look(lines.toReversed(), false);
  return found;
}

/** Same words, same height. */
function recurringKey({ line, isAtTop, height }: Candidate): string {
  return `${isAtTop} ${Math.round(height * 60)} ${oneLine(line.text).toLowerCase()}`;
}

/**
 * A number at the begin or end, alone or with words ("12", "The Lamp 12", "Page 12 of 300"), that grows with the page:
 * its difference to the page's place is the same. "Chapter 3" does not grow that way, and stays.
 */
function countingKey({ line, pageIndex, isAtTop }: Candidate): string | null {
  const alone = pageNumberOf(line.text);
  if (alone !== null) return `${isAtTop} ${alone.roman} ${alone.value - pageIndex}`;
  const words = oneLine(line.text).toLowerCase();
  const match = /^(\d{1,5})\s+(\D.*)$|^(.*\D)\s+(\d{1,5})$/u.exec(words);
  if (match === null) return null;
  const number = Number(match[1] ?? match[4]);
  return `${isAtTop} ${match[2] ?? match[3]} ${number - pageIndex}`;
}

/** "12", "- 12 -", "Page 12", "Page 12 of 300", "xii". */
function pageNumberOf(text: string): { value: number; roman: boolean } | null {
  const match =
    /^(?:page\s+|seite\s+|p\.\s*)?[-–—[(|·\s]*(?:(\d{1,5})|([ivxlcdm]{1,8}))[-–—\])|·\s]*(?:(?:of|\/|von)\s*\d{1,5})?$/iu.exec(
      text,
    );
  if (match === null) return null;
  if (match[1] !== undefined) return { value: Number(match[1]), roman: false };
  const value = romanValue(match[2]);
  return value === null ? null : { value, roman: true };
}

/** Value of a well-formed Roman numeral, else null. */
export function romanValue(numeral: string): number | null {
  const upper = numeral.toUpperCase();
  if (!/^M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$/.test(upper) || upper === "") return null;
  const values: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 };
  let sum = 0;
  for (let at = 0; at < upper.length; at += 1) {
    const value = values[upper[at]];
    sum += value < (values[upper[at + 1]] ?? 0) ? -value : value;
  }
  return sum;
}

function groupBy(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => string | null,
): Map<string, Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [candidate]);
    else group.push(candidate);
  }
  return groups;
}

/** Stretches of a group in which one page follows another within MAX_STEP, on at least `pages` pages. */
function chains(group: readonly Candidate[], pages: number): Candidate[][] {
  const found: Candidate[][] = [];
  let chain: Candidate[] = [];
  const close = (): void => {
    if (new Set(chain.map((candidate) => candidate.pageIndex)).size >= pages) found.push(chain);
    chain = [];
  };
  for (const candidate of group) {
    const last = chain.at(-1);
    if (last !== undefined && candidate.pageIndex - last.pageIndex > MAX_STEP) close();
    chain.push(candidate);
  }
  close();
  return found;
}

/** Pages of nothing but recurring lines (slides, forms) keep them; a page with only its number loses it. */
function restoreOnlyText(pages: readonly PageLayout[], omitted: readonly Set<TextLine>[]): void {
  const emptied = pages.filter(
    (page, index) => page.lines.length > 0 && page.lines.every((line) => omitted[index].has(line)),
  );
  const isRule = emptied.length > pages.length / 4;
  for (const page of emptied) {
    const lines = omitted[page.page - 1];
    if (isRule || page.lines.length > EDGE_LINES * 2) {
      for (const line of page.lines) if (pageNumberOf(line.text) === null) lines.delete(line);
    }
  }
}

function reportOf(
  words: ReadonlyMap<string, { example: string; pages: Set<number> }>,
  omitted: readonly ReadonlySet<TextLine>[],
): string {
  const count = omitted.reduce((sum, lines) => sum + lines.size, 0);
  if (count === 0) return "";
  const entries = [...words.values()].toSorted((one, other) => other.pages.size - one.pages.size);
  const shown = entries.slice(0, 8).map(({ example, pages }) => `${example} on ${pages.size} pages`);
  const more = entries.length > shown.length ? `, and ${entries.length - shown.length} others` : "";
  return `${count} running lines were left out of the text: ${shown.join(", ")}${more}`;
}
