/** Chapters of a document by page and by offset, for labels and for the leaf. Pure. */
import type { OutlineEntry } from "../../../engine/protocol/dto.ts";
import { entryAt } from "../leaf/leaf-model.ts";

/** The title of the last entry that begins on or before a page. */
export function chapterOfPage(outline: readonly OutlineEntry[], page: number): string {
  let title = "";
  for (const entry of outline) {
    if (entry.page === null) continue;
    if (entry.page > page) break;
    title = entry.title;
  }
  return title;
}

/** The bars of the chapters in which the evidence stands: what the leaf shows at full strength. */
export function barsInView(
  starts: readonly number[],
  outline: readonly OutlineEntry[],
  barAt: (offset: number, page: number | null) => number,
  count: number,
): ReadonlySet<number> {
  const bars = new Set<number>();
  for (const start of starts) {
    const entry = entryAt(outline, start);
    if (entry === undefined || entry.end <= entry.start) continue;
    const from = barAt(entry.start, entry.page);
    const next = outline.find((one) => one.start >= entry.end);
    const to = next === undefined ? barAt(entry.end, null) : barAt(next.start, next.page);
    // A chapter that is most of the text would light up everything and say nothing.
    if (to - from > count / 4) continue;
    for (let bar = from; bar < Math.max(to, from + 1); bar += 1) bars.add(bar);
  }
  return bars;
}
