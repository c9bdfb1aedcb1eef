/**
 * Which paragraphs are headings, and how deep. By size against the body, by weight, and by the words that books use
 * ("Chapter IV", "PART TWO", "3.2 Results"). A page of contents lists headings and has none.
 * Pure; knows nothing about outlines or rows.
 */
import { divisionRank, isMostlyUpper } from "../division-words.ts";
import type { BodyStyle, Paragraph } from "./paragraphs.ts";

/** A heading's rank: its size in tenths of a point, or a rank for headings of body size. Larger is higher. */
export interface Heading {
  readonly paragraph: Paragraph;
  readonly rank: number;
}

/** Longest heading, in characters, and in lines. */
const MAX_LENGTH = 220;
const MAX_LINES = 5;
/** More headings by words alone than this on one page: a page of contents. */
const MAX_BY_WORDS = 4;

/** Rank of a bold line of body size: below the divisions that words name. */
const RANK_BOLD = 1;

/** The headings of one page. Ranks are comparable across the document. */
export function findHeadings(paragraphs: readonly Paragraph[], body: BodyStyle): Heading[] {
  const found: (Heading & { byWords: boolean })[] = [];
  for (const paragraph of paragraphs) {
    if (!couldBeHeading(paragraph)) continue;
    const byWords = divisionRank(paragraph.text);
    if (paragraph.size >= body.size * 1.15)
      found.push({ paragraph, rank: Math.round(paragraph.size * 10), byWords: false });
    else if (byWords > 0 && (standsAlone(paragraph) || paragraph.isBold))
      found.push({ paragraph, rank: byWords, byWords: true });
    else if (paragraph.isBold && looksLikeTitle(paragraph, body))
      found.push({ paragraph, rank: RANK_BOLD, byWords: false });
  }
  const isContents = found.filter((heading) => heading.byWords).length > MAX_BY_WORDS || endsInNumbers(paragraphs);
  return isContents ? found.filter((heading) => !heading.byWords && !/\d$/u.test(heading.paragraph.text)) : found;
}

/** Levels 1 to 6 for the ranks that occur: the highest rank is level 1. Ranks within 4% share a level. */
export function levelsOf(ranks: Iterable<number>): ReadonlyMap<number, number> {
  const levels = new Map<number, number>();
  let level = 0;
  let previous = Number.POSITIVE_INFINITY;
  for (const rank of [...new Set(ranks)].toSorted((one, other) => other - one)) {
    if (rank < previous * 0.96) {
      level = Math.min(6, level + 1);
      previous = rank;
    }
    levels.set(rank, level);
  }
  return levels;
}

function couldBeHeading({ text, lines, isCode, isHidden, isAside }: Paragraph): boolean {
  if (isCode || isHidden || isAside || lines.length > MAX_LINES || text.length > MAX_LENGTH) return false;
  return (
    /\p{L}{2}|\p{Script=Han}|^[IVXLC]+\.?$|^\d{1,3}\.?$/u.test(text) && !/[,;]$/u.test(text) && !/[.·•_]{4}/u.test(text)
  );
}

/** Short, and no sentence of running text. */
function standsAlone({ lines, text }: Paragraph): boolean {
  return lines.length <= 3 && (text.length < 80 || isMostlyUpper(text));
}

/** Bold alone makes a heading only of a short line that is no sentence. */
function looksLikeTitle({ lines, text, size }: Paragraph, body: BodyStyle): boolean {
  return (
    lines.length <= 2 &&
    text.length < 100 &&
    size >= body.size * 0.95 &&
    !/[.:]$/u.test(text) &&
    /^[\p{Lu}\d]/u.test(text)
  );
}

/** Most lines of the page end in a number: a page of contents or an index. */
function endsInNumbers(paragraphs: readonly Paragraph[]): boolean {
  const lines = paragraphs.flatMap((paragraph) => paragraph.lines).filter((line) => line.text.length > 3);
  return lines.length >= 6 && lines.filter((line) => /[\s.…]\d{1,4}$/u.test(line.text)).length > lines.length * 0.6;
}
