/**
 * From all pages' paragraphs to the blocks of the document: kinds, heading levels, and which block goes on from the one
 * before. A word cut at the end of a page is put together in the first of its two blocks; footnotes that stand between
 * the two are moved before them. Pure; knows nothing about pdf.js or rows.
 */
import { findHeadings, levelsOf, type Heading } from "./headings.ts";
import { joint, vocabularyOf, type Vocabulary } from "./hyphens.ts";
import type { PageLayout, TextLine } from "./page-model.ts";
import { bodyStyleOf, toParagraphs, type BodyStyle, type Paragraph } from "./paragraphs.ts";

export interface PlannedBlock {
  readonly page: number;
  readonly kind: "heading" | "paragraph" | "list" | "code" | "caption" | "note";
  level: number;
  readonly paragraph: Paragraph;
  continues: boolean;
}

const CAPTION =
  /^(?:figure|fig\.|table|tab\.|plate|chart|box|listing|diagram|abb\.|abbildung|tabelle|tableau)\s*[\dIVX]+/iu;
const LIST = /^(?:[•▪◦‣·●○■□]|[–—*-]\s|\(?\d{1,3}[.)]\s|\(?[a-z]\)\s)/u;
const SENTENCE_END = /[.!?…。！？]["'”’»)\]]*$/u;

/** Blocks in reading order. `omitted`: lines to leave out, by page index. */
export function planBlocks(pages: readonly PageLayout[], omitted: readonly ReadonlySet<TextLine>[]): PlannedBlock[] {
  const body = bodyStyleOf(pages);
  const kept = pages.map((page, index) => page.lines.filter((line) => !omitted[index].has(line)));
  const vocabulary = vocabularyOf(kept.flatMap((lines) => lines.map((line) => line.text)));
  const blocks: PlannedBlock[] = [];
  const headings: Heading[] = [];
  for (const [index, page] of pages.entries()) {
    const paragraphs = toParagraphs(kept[index], body, vocabulary);
    const found = findHeadings(paragraphs, body);
    headings.push(...found);
    addPage(blocks, page, paragraphs, found, body, vocabulary);
  }
  setLevels(blocks, headings);
  return blocks;
}

function addPage(
  blocks: PlannedBlock[],
  page: PageLayout,
  paragraphs: readonly Paragraph[],
  headings: readonly Heading[],
  body: BodyStyle,
  vocabulary: Vocabulary,
): void {
  const isHeading = new Set(headings.map((heading) => heading.paragraph));
  const notes = footnotesOf(paragraphs, page, body);
  let column: number | null = null;
  for (const paragraph of paragraphs) {
    const kind = isHeading.has(paragraph) ? "heading" : notes.has(paragraph) ? "note" : kindOf(paragraph);
    const block: PlannedBlock = { page: page.page, kind, level: 0, paragraph, continues: false };
    // Only the first paragraph of a page or column can go on from the one before.
    if (kind === "paragraph" && paragraph.column !== column) goOn(blocks, block, vocabulary);
    if (kind === "paragraph") column = paragraph.column;
    blocks.push(block);
  }
}

function kindOf(paragraph: Paragraph): PlannedBlock["kind"] {
  if (paragraph.isAside) return "note";
  if (paragraph.isCode) return "code";
  if (CAPTION.test(paragraph.text) && paragraph.text.length < 600) return "caption";
  return LIST.test(paragraph.text) ? "list" : "paragraph";
}

/** Small print below the last body line of its column, in the lower half of the page. */
function footnotesOf(paragraphs: readonly Paragraph[], page: PageLayout, body: BodyStyle): ReadonlySet<Paragraph> {
  const notes = new Set<Paragraph>();
  const done = new Set<number>();
  for (const paragraph of paragraphs.toReversed()) {
    if (done.has(paragraph.column) || paragraph.isAside) continue;
    const isSmall = paragraph.size <= body.size * 0.92;
    if (isSmall && paragraph.lines[0].y0 > page.height * 0.5) notes.add(paragraph);
    else done.add(paragraph.column);
  }
  // A column of nothing but small print is no footnote.
  return paragraphs.some((paragraph) => !notes.has(paragraph)) ? notes : new Set();
}

/** Marks `block` as going on from the last paragraph, if it does, and moves the notes between them before both. */
function goOn(blocks: PlannedBlock[], block: PlannedBlock, vocabulary: Vocabulary): void {
  const at = blocks.findLastIndex((other) => other.kind !== "note" && other.kind !== "caption");
  const before = blocks[at];
  if (before === undefined || before.kind !== "paragraph" || block.page - before.page > 1) return;
  const [one, other] = [before.paragraph, block.paragraph];
  if (one.isHidden !== other.isHidden || Math.abs(one.size - other.size) > one.size * 0.08) return;
  const startsLower = /^["'“‘(]?\p{Ll}/u.test(other.text);
  const endsSentence = SENTENCE_END.test(one.text) || /[:;]$/u.test(one.text);
  // No paragraph begins with a small letter, whatever stands before it; after a quotation mark one may.
  if (endsSentence && !/^\p{Ll}/u.test(other.text)) return;
  if (!startsLower && !(runsToTheEnd(one) && beginsAtMargin(other))) return;
  block.continues = true;
  const between = blocks.splice(at + 1);
  blocks.splice(at, 0, ...between);
  joinCutWord(one, other, vocabulary);
}

/** The last line is about as long as the others: a short one ends a verse or a signature, not half a sentence. */
function runsToTheEnd({ lines, text }: Paragraph): boolean {
  if (lines.length === 1) return text.length >= 30;
  return lines[lines.length - 1].x1 >= Math.max(...lines.map((line) => line.x1)) * 0.85;
}

/** The first line has no indent. */
function beginsAtMargin({ lines }: Paragraph): boolean {
  return lines.length < 2 || lines[0].x0 < lines[1].x0 + lines[0].size * 0.4;
}

/** "para-" at the end of a page and "graph" on the next: the whole word goes to the first of the two. */
function joinCutWord(one: Paragraph, other: Paragraph, vocabulary: Vocabulary): void {
  if (!/\p{L}[-\u2010\u00AD]$/u.test(one.text)) return;
  const tail = /^\p{L}+(?:[.,;:!?’”"')]+)?\s*/u.exec(other.text)?.[0] ?? "";
  if (tail === "" || tail.length >= other.text.length) return;
  const { left } = joint(one.text, other.text, vocabulary);
  one.text = left + tail.trimEnd();
  const lastRange = one.ranges.at(-1);
  if (lastRange !== undefined) lastRange[1] = one.text.length;
  other.text = other.text.slice(tail.length);
  other.ranges = other.ranges.map(([from, to]) => [Math.max(0, from - tail.length), Math.max(0, to - tail.length)]);
}

/**
 * Levels by rank. A title page's large print does not push all chapters one level down: ranks that occur only among
 * the first pages, at most three times, share the level of the next rank.
 */
function setLevels(blocks: readonly PlannedBlock[], headings: readonly Heading[]): void {
  const rankOf = new Map(headings.map((heading) => [heading.paragraph, heading.rank]));
  const entries = blocks.filter((block) => block.kind === "heading");
  const levels = levelsOf(rankOf.values());
  const byLevel = (level: number): PlannedBlock[] =>
    entries.filter((block) => levels.get(rankOf.get(block.paragraph) ?? 0) === level);
  let shift = 0;
  const deepest = Math.max(0, ...levels.values());
  while (shift + 1 < deepest && byLevel(shift + 1).length <= 3 && byLevel(shift + 1).every((block) => block.page <= 4))
    shift += 1;
  for (const block of entries) {
    block.level = Math.max(1, (levels.get(rankOf.get(block.paragraph) ?? 0) ?? 1) - shift);
  }
}
