/**
 * A text PDF of any number of pages for measuring: paragraphs of the sample book in another order, chapters every 20 pages.
 * Deterministic. Knows nothing about what is measured.
 */
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";

const PAGES_PER_CHAPTER = 20;
/** Of the page [612, 792] points, with the usual margins, this is full. */
const WORDS_PER_PAGE = 360;

export interface LongPdfOptions {
  readonly pages: number;
  /** Text to draw from, cut at blank lines. */
  readonly text: string;
  readonly seed?: number;
  /** Pages (from 1) to write differently: for measuring what an edit reads again. */
  readonly changed?: readonly number[];
}

/** Writes the file and returns how many words it holds. */
export async function writeLongPdf(path: string, options: LongPdfOptions): Promise<number> {
  const paragraphs = options.text.split(/\n\s*\n/).map((paragraph) => paragraph.replaceAll(/\s+/g, " ").trim());
  const usable = paragraphs.filter((paragraph) => paragraph.split(" ").length > 12);
  const next = randomFrom(options.seed ?? 1);
  const pdf = new PDFDocument({ size: "LETTER", margin: 72, info: { Title: `Long text of ${options.pages} pages` } });
  const file = createWriteStream(path);
  pdf.pipe(file);
  let words = 0;
  for (let page = 1; page <= options.pages; page++) {
    if (page > 1) pdf.addPage();
    const isOpening = (page - 1) % PAGES_PER_CHAPTER === 0;
    const chapter = Math.floor((page - 1) / PAGES_PER_CHAPTER) + 1;
    if (isOpening) {
      pdf.outline.addItem(`Chapter ${chapter}`);
      pdf.font("Helvetica-Bold").fontSize(18).text(`Chapter ${chapter}`).moveDown();
    }
    pdf.font("Times-Roman").fontSize(10.5);
    const target = isOpening ? WORDS_PER_PAGE - 60 : WORDS_PER_PAGE;
    let onPage = 0;
    while (onPage < target) {
      const source = usable[Math.floor(next() * usable.length)].split(" ");
      const taken = source.slice(0, Math.min(source.length, target - onPage));
      const mark = options.changed?.includes(page) ? "This page was changed. " : "";
      pdf.text(`${onPage === 0 ? mark : ""}${taken.join(" ")}`, { align: "justify" }).moveDown(0.4);
      onPage += taken.length;
    }
    words += onPage;
  }
  pdf.end();
  await finished(file);
  return words;
}

/** mulberry32: small, seeded, good enough to shuffle. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
