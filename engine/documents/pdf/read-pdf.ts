/**
 * A PDF to rows: pages with label and size, blocks with a box per printed line, an outline, what could not be read.
 * All pages are laid out first (running lines, body size and hyphens are known only from the whole), then written.
 * Knows the order of the steps; each step is its own file.
 */
import { throwIfCancelled } from "../../base/abort.ts";
import { EngineError } from "../../protocol/errors.ts";
import { oneLine } from "../clean-text.ts";
import { formatCount, tooLarge, unreadable } from "../document-errors.ts";
import { MAX_PDF_BYTES, MAX_PDF_PAGES } from "../limits.ts";
import type { Reading } from "../read-document.ts";
import type { RowWriter } from "../row-writer.ts";
import type { BlockRow } from "../rows.ts";
import { readWhole, type SourceFile } from "../source-file.ts";
import { layOutPage } from "./page-layout.ts";
import type { PageLayout } from "./page-model.ts";
import { outlineOfHeadings, readOwnOutline, type PdfOutlineEntry } from "./pdf-outline.ts";
import { openPdf, type OpenPdf, type PDFDocumentProxy } from "./pdf-runtime.ts";
import { planBlocks, type PlannedBlock } from "./plan-blocks.ts";
import { findRunningLines } from "./running-lines.ts";

/** PasswordRequired, DocumentTooLarge, DocumentUnreadable; a damaged part is a warning when other pages can be read. */
export async function readPdf(file: SourceFile, reading: Reading): Promise<void> {
  const { bytes, sha256 } = readWhole(file, MAX_PDF_BYTES);
  const pdf = await openPdf(bytes, file.name, reading.password);
  try {
    const { document } = pdf;
    checkPages(document.numPages, file.name);
    const { pages, failed } = await layOutPages(pdf, file.name, reading);
    const { omitted, report } = findRunningLines(pages);
    const blocks = planBlocks(pages, omitted);
    if (blocks.length === 0) throw withoutTextLayer(pages, failed, file.name);
    const entries = await chooseOutline(document, pages, blocks);
    const facts = await readFacts(document, file.name, blocks);
    const metadata = { ...facts.metadata, ...(report === "" ? {} : { "Left out": report }) };
    const { title, author } = facts;
    reading.writer.document({
      format: "pdf",
      title,
      author,
      metadata,
      sha256,
      sizeBytes: file.sizeBytes,
      pages: document.numPages,
    });
    writeBlocks(reading.writer, pages, blocks, entries);
    writeWarnings(reading.writer, pages, failed, document.numPages);
  } finally {
    await pdf.close();
  }
}

function checkPages(count: number, name: string): void {
  if (count === 0)
    throw unreadable(`${name} has no pages.`, "Open it in the program that made it and save it again as a PDF.");
  if (count > MAX_PDF_PAGES)
    throw tooLarge(`${name} has too many pages`, count, MAX_PDF_PAGES, "pages", "Split it into parts and open those.");
}

/** Pages by index; a damaged one stays as an empty page and is named in `failed`. */
async function layOutPages(
  pdf: OpenPdf,
  name: string,
  { report, signal }: Reading,
): Promise<{ pages: PageLayout[]; failed: number[] }> {
  const { document } = pdf;
  const labels = await document.getPageLabels().catch(() => null); // broken labels: the pages' numbers serve
  const pages: PageLayout[] = [];
  const failed: number[] = [];
  const total = document.numPages;
  for (let number = 1; number <= total; number += 1) {
    throwIfCancelled(signal);
    const label = labels?.[number - 1] || String(number);
    try {
      pages.push(await layOutPage(await document.getPage(number), label, pdf));
    } catch (error) {
      if (error instanceof EngineError) throw error;
      failed.push(number);
      pages.push({ page: number, label, width: 0, height: 0, base: [1, 0, 0, 1, 0, 0], lines: [], isPicture: false });
    }
    report({ done: number, total, unit: "pages" });
  }
  if (failed.length === total) {
    throw unreadable(
      `${name} is damaged: none of its ${formatCount(total, total === 1 ? "page" : "pages")} can be read.`,
      "Download or copy the file again, or open it in another program and save it as a new PDF.",
    );
  }
  return { pages, failed };
}

function withoutTextLayer(pages: readonly PageLayout[], failed: readonly number[], name: string): EngineError {
  const pictures = pages.filter((page) => page.isPicture).length;
  const read = pages.length - failed.length;
  if (pictures === 0) {
    return unreadable(
      `${name} has no text: its ${formatCount(read, read === 1 ? "page is" : "pages are")} empty.`,
      "Check that this is the right file.",
    );
  }
  return unreadable(
    `${name} is pictures of text: ${pictures} of its ${formatCount(pages.length, pages.length === 1 ? "page" : "pages")} hold a picture, none a text layer.`,
    "Run it through text recognition (OCR) in another program, save it as a searchable PDF, and open that.",
  );
}

/** The document's own outline, unless it says next to nothing where the headings say more. */
async function chooseOutline(
  document: PDFDocumentProxy,
  pages: readonly PageLayout[],
  blocks: readonly PlannedBlock[],
): Promise<readonly PdfOutlineEntry[]> {
  const own = await readOwnOutline(document, pages, blocks);
  const detected = outlineOfHeadings(blocks);
  return own.length >= 2 || own.length >= detected.length ? own : detected;
}

async function readFacts(
  document: PDFDocumentProxy,
  name: string,
  blocks: readonly PlannedBlock[],
): Promise<{ title: string; author: string; metadata: Record<string, string> }> {
  const read = await document.getMetadata().catch(() => null); // a damaged information dictionary is no reason to fail
  const info: Readonly<Record<string, unknown>> = { ...read?.info };
  const text = (key: string): string => {
    const value = info[key];
    return typeof value === "string" ? oneLine(value) : "";
  };
  const metadata: Record<string, string> = {};
  for (const key of ["Subject", "Keywords", "Creator", "Producer", "CreationDate"])
    if (text(key) !== "") metadata[key] = text(key);
  return { title: titleOf(text("Title"), name, blocks), author: text("Author"), metadata };
}

/** The stated title, unless a program left its own there; then the largest heading of the first page; then the name. */
function titleOf(stated: string, name: string, blocks: readonly PlannedBlock[]): string {
  const bare = name.replace(/\.pdf$/iu, "");
  const isLeftover =
    stated === "" ||
    /^(?:untitled|microsoft word|microsoft powerpoint|document\d*$|slide \d|.*\.(?:docx?|indd|dvi|tex|pdf|qxd|rtf)$)/iu.test(
      stated,
    );
  if (!isLeftover) return stated;
  const largest = blocks
    .filter((block) => block.page === 1 && block.kind === "heading")
    .toSorted((one, other) => other.paragraph.size - one.paragraph.size)[0];
  const heading = largest === undefined ? "" : oneLine(largest.paragraph.text);
  return heading.length >= 3 ? heading : bare;
}

function writeBlocks(
  writer: RowWriter,
  pages: readonly PageLayout[],
  blocks: readonly PlannedBlock[],
  entries: readonly PdfOutlineEntry[],
): void {
  markOutlined(blocks, entries);
  const written: number[] = [];
  let at = 0;
  for (const page of pages) {
    writer.page({
      page: page.page,
      label: page.label,
      width: page.width,
      height: page.height,
      isPicture: page.isPicture,
    });
    for (; at < blocks.length && blocks[at].page <= page.page; at += 1) {
      const { kind, level, continues, paragraph } = blocks[at];
      written.push(writer.blocks);
      writer.block({
        kind,
        text: paragraph.text,
        level,
        page: page.page,
        continues,
        hidden: paragraph.isHidden,
        lines: lineRows(blocks[at]),
      });
    }
  }
  for (const { block, ...entry } of entries)
    writer.outline({ ...entry, block: block === null ? null : (written[block] ?? null) });
}

/** A paragraph that the outline names is a heading of the outline's level. */
function markOutlined(blocks: readonly PlannedBlock[], entries: readonly PdfOutlineEntry[]): void {
  for (const { block, level } of entries) {
    if (block !== null && blocks[block].kind === "heading") blocks[block].level = level;
  }
}

function lineRows({ paragraph }: PlannedBlock): BlockRow["lines"] {
  return paragraph.lines.map((line, index) => {
    const { x0, y0, x1, y1 } = line.pageBox;
    const [from, to] = paragraph.ranges[index];
    return [from, to, round(x0), round(y0), round(x1), round(y1)];
  });
}

function round(points: number): number {
  return Math.round(points * 100) / 100;
}

/** Letters that pdf.js could not name come out of the private use area or as replacement characters. */
const NAMELESS = /[\uE000-\uF8FF\uFFFD]/gu;

function writeWarnings(
  writer: RowWriter,
  pages: readonly PageLayout[],
  failed: readonly number[],
  total: number,
): void {
  if (failed.length > 0) writer.warning(damageSentence(failed, total), failed[0]);
  const pictures = pages.filter((page) => page.isPicture);
  if (pictures.length > 0) {
    const which =
      pictures.length === 1
        ? `Page ${pictures[0].page} is a picture`
        : `${pictures.length} of ${total} pages are pictures`;
    writer.warning(`${which} of text without a text layer and could not be read.`, pictures[0].page);
  }
  const garbled = pages.filter((page) => {
    const text = page.lines.map((line) => line.text).join("");
    return (text.match(NAMELESS)?.length ?? 0) > text.length * 0.2;
  });
  if (garbled.length > 0) {
    const which = garbled.length === 1 ? `page ${garbled[0].page}` : `${garbled.length} pages`;
    writer.warning(
      `A font on ${which} does not say which letters it shows; the text there may be wrong.`,
      garbled[0].page,
    );
  }
  if (pages.some((page) => page.lines.some((line) => line.isHidden))) {
    const first = pages.find((page) => page.lines.some((line) => line.isHidden));
    writer.warning(
      "Some text of this document cannot be seen on its pages; it is marked as hidden.",
      first?.page ?? null,
    );
  }
}

/** Exported for its tests: the one sentence about damaged pages. */
export function damageSentence(failed: readonly number[], total: number): string {
  const [first] = failed;
  const isTail = failed.length === total - first + 1;
  if (isTail && first > 1) {
    const read = first === 2 ? "Page 1 was read." : `Pages 1 to ${first - 1} were read.`;
    return `This file is damaged from page ${first} on. ${read}`;
  }
  const shown = failed.slice(0, 12).join(", ");
  const more = failed.length > 12 ? ` and ${failed.length - 12} more` : "";
  const pages = failed.length === 1 ? `Page ${first} is` : `Pages ${shown}${more} are`;
  return `${pages} damaged and could not be read; the other ${total - failed.length} were.`;
}
