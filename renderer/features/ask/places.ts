/** Places of the text in words: chip labels, spoken labels, and the view that shows them. Pure. */
import type { Place } from "../../../engine/protocol/dto.ts";
import type { ViewPlace } from "../../state/view.ts";

type Standing = Pick<Place, "start" | "end" | "page" | "pageLabel" | "file" | "line" | "endLine" | "heading">;

/** "p. 235", "src/lease.ts:46–50", or the heading it stands under; after the same file only ":66". */
export function placeLabel(place: Standing, before: Standing | null = null): string {
  if (place.file !== null) {
    const lines = place.line === null ? "" : `:${lineRange(place.line, place.endLine)}`;
    return before?.file === place.file && lines !== "" ? lines : `${place.file}${lines}`;
  }
  if (place.page !== null) return `p. ${place.pageLabel ?? place.page}`;
  if (place.line !== null) return `line ${lineRange(place.line, place.endLine)}`;
  const heading = place.heading.at(-1);
  return heading === undefined || heading === "" ? "in the text" : clip(heading, 28);
}

/** As it is read aloud: "page 235", "src/lease.ts, lines 46 to 50". */
export function spokenPlace(place: Standing): string {
  if (place.file !== null) {
    if (place.line === null) return place.file;
    const last = place.endLine ?? place.line;
    return last === place.line ? `${place.file}, line ${place.line}` : `${place.file}, lines ${place.line} to ${last}`;
  }
  if (place.page !== null) return `page ${place.pageLabel ?? place.page}`;
  return placeLabel(place);
}

function lineRange(line: number, endLine: number | null): string {
  return endLine === null || endLine === line ? String(line) : `${line}–${endLine}`;
}

export function clip(text: string, most: number): string {
  const flat = text.replace(/\s+/g, " ").trim();
  if (flat.length <= most) return flat;
  const cut = flat.slice(0, most);
  const space = cut.lastIndexOf(" ");
  return `${space > most * 0.6 ? cut.slice(0, space) : cut}…`;
}

export function placeOf(place: Place): ViewPlace {
  const { documentId, start, end, page, file, line, endLine } = place;
  return { documentId, start, end, page, file, line, endLine };
}

export function isSamePlace(
  a: Pick<ViewPlace, "documentId" | "start" | "end"> | null,
  b: Pick<ViewPlace, "documentId" | "start" | "end"> | null,
): boolean {
  return a !== null && b !== null && a.documentId === b.documentId && a.start === b.start && a.end === b.end;
}
