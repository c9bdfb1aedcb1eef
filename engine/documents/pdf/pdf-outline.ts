/**
 * The outline of a PDF: its own, with destinations resolved to a page and the first block it covers, or, where it has
 * none, the detected headings. Knows pdf.js's outline calls through pdf-runtime's types; knows nothing about rows.
 */
import { oneLine } from "../clean-text.ts";
import { MAX_OUTLINE_ENTRIES } from "../limits.ts";
import type { PageLayout } from "./page-model.ts";
import type { PDFDocumentProxy } from "./pdf-runtime.ts";
import type { PlannedBlock } from "./plan-blocks.ts";

/** `block`: index into the planned blocks. */
export interface PdfOutlineEntry {
  readonly level: number;
  readonly title: string;
  readonly page: number | null;
  readonly block: number | null;
}

interface RawEntry {
  readonly level: number;
  readonly title: string;
  readonly destination: unknown;
}

/** A number alone, or "Chapter IV": its title stands in the next heading. */
const NUMBER_ONLY =
  /^(?:(?:chapter|book|part|section|letter|canto|act|scene|kapitel|teil|chapitre)\s+)?(?:[ivxlcdm]+|\d{1,4}|\p{L}+)[.:]?$/iu;
const BARE_NUMBER = /^(?:[ivxlcdm]+|\d{1,4})[.:]?$/iu;

/** The document's own outline; empty when it has none or it cannot be read. */
export async function readOwnOutline(
  document: PDFDocumentProxy,
  pages: readonly PageLayout[],
  blocks: readonly PlannedBlock[],
): Promise<PdfOutlineEntry[]> {
  const entries: PdfOutlineEntry[] = [];
  const firstOn = firstBlocks(blocks);
  for (const raw of await rawEntries(document)) {
    const place = await resolve(document, raw.destination).catch(() => null); // a dead link in the outline: title only
    const page = place === null ? undefined : pages[place.pageIndex];
    if (place === null || page === undefined) {
      entries.push({ level: raw.level, title: raw.title, page: null, block: null });
      continue;
    }
    const y = place.y === null ? 0 : page.base[1] * (place.x ?? 0) + page.base[3] * place.y + page.base[5];
    entries.push({
      level: raw.level,
      title: raw.title,
      page: page.page,
      block: blockAt(blocks, firstOn, page.page, y, raw.title),
    });
  }
  return entries;
}

/** Headings as an outline; a number alone is joined with the heading below it. */
export function outlineOfHeadings(blocks: readonly PlannedBlock[]): PdfOutlineEntry[] {
  const entries: PdfOutlineEntry[] = [];
  for (let at = 0; at < blocks.length; at += 1) {
    const block = blocks[at];
    if (block.kind !== "heading") continue;
    const next = blocks[at + 1];
    const text = oneLine(block.paragraph.text);
    const isNumber = BARE_NUMBER.test(text) || (NUMBER_ONLY.test(text) && /\s/u.test(text));
    const takesNext =
      isNumber &&
      next?.kind === "heading" &&
      next.page === block.page &&
      !NUMBER_ONLY.test(oneLine(next.paragraph.text));
    const level = takesNext ? Math.min(block.level, next.level) : block.level;
    const title = takesNext ? `${text.replace(/[.:]$/u, "")}. ${oneLine(next.paragraph.text)}` : text;
    entries.push({ level, title, page: block.page, block: at });
    if (takesNext) at += 1;
  }
  return entries;
}

async function rawEntries(document: PDFDocumentProxy): Promise<RawEntry[]> {
  const roots = await document.getOutline().catch(() => null); // no outline is better than no document
  const entries: RawEntry[] = [];
  type Node = NonNullable<typeof roots>[number];
  const stack: { node: Node; level: number }[] = (roots ?? []).map((node) => ({ node, level: 1 })).toReversed();
  while (stack.length > 0 && entries.length < MAX_OUTLINE_ENTRIES) {
    const top = stack.pop();
    if (top === undefined) break;
    const title = oneLine(top.node.title);
    if (title !== "") entries.push({ level: Math.min(12, top.level), title, destination: top.node.dest });
    const children = Array.isArray(top.node.items) ? top.node.items : [];
    for (const node of children.toReversed()) stack.push({ node, level: top.level + 1 });
  }
  return entries;
}

async function resolve(
  document: PDFDocumentProxy,
  destination: unknown,
): Promise<{ pageIndex: number; x: number | null; y: number | null } | null> {
  const explicit: unknown = typeof destination === "string" ? await document.getDestination(destination) : destination;
  if (!Array.isArray(explicit)) return null;
  const target: unknown = explicit[0];
  let pageIndex: number;
  if (typeof target === "number") pageIndex = target;
  else if (isReference(target)) pageIndex = await document.getPageIndex(target);
  else return null;
  const kind: unknown =
    typeof explicit[1] === "object" && explicit[1] !== null ? Reflect.get(explicit[1], "name") : null;
  const number = (value: unknown): number | null =>
    typeof value === "number" && Number.isFinite(value) ? value : null;
  if (kind === "XYZ") return { pageIndex, x: number(explicit[2]), y: number(explicit[3]) };
  if (kind === "FitH" || kind === "FitBH") return { pageIndex, x: null, y: number(explicit[2]) };
  if (kind === "FitR") return { pageIndex, x: number(explicit[2]), y: number(explicit[5]) };
  return { pageIndex, x: null, y: null };
}

function isReference(value: unknown): value is { num: number; gen: number } {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "num") === "number";
}

/** Index of the first block by page. */
function firstBlocks(blocks: readonly PlannedBlock[]): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  for (const [index, block] of blocks.entries()) if (!first.has(block.page)) first.set(block.page, index);
  return first;
}

/** The block that bears the title, else the first one at or below `y`, else the first one after the page. */
function blockAt(
  blocks: readonly PlannedBlock[],
  firstOn: ReadonlyMap<number, number>,
  page: number,
  y: number,
  title: string,
): number | null {
  const start = firstOn.get(page);
  if (start === undefined) {
    const after = blocks.findIndex((block) => block.page > page);
    return after < 0 ? null : after;
  }
  let below: number | null = null;
  const wanted = letters(title);
  for (let at = start; at < blocks.length && blocks[at].page === page; at += 1) {
    const { paragraph, kind } = blocks[at];
    const text = letters(paragraph.text);
    if (
      wanted.length > 2 &&
      kind !== "note" &&
      (text === wanted || (text.length < wanted.length * 3 && text.startsWith(wanted)))
    )
      return at;
    const bottom = paragraph.lines.at(-1)?.pageBox.y1 ?? 0;
    if (below === null && bottom >= y - 2) below = at;
  }
  return below ?? start;
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}
