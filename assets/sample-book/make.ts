/**
 * Sets the sample book as a PDF: title, imprint, contents, foreword (roman page labels), sixteen chapters, bookmarks.
 *   node assets/sample-book/make.ts <books.jsonl.xz> <font folder: literata, literata-italic, old-standard .woff2>
 * Owns: the page. The text comes from book.ts, line ends from typography.ts. Same input, same bytes: dates are fixed.
 */
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import PDFDocument from "pdfkit";
import { readBook } from "./book.ts";
import type { Book, Chapter } from "./book.ts";
import { staticFont } from "./static-font.ts";
import { breakLines, curlyQuotes } from "./typography.ts";
import type { SetLine } from "./typography.ts";

/** Points; a page of 5.5 by 8.5 inches. */
const PAGE = { width: 396, height: 612, left: 52, right: 52, head: 38, top: 62, foot: 568 };
const MEASURE = PAGE.width - PAGE.left - PAGE.right;
const TEXT = { size: 10.4, leading: 14.6, indent: 15 };
const LINES_PER_PAGE = 34;
const INK = "#1a1a1a";

/** One sheet to be drawn: what stands on it, and its label. */
interface Sheet {
  readonly draw: () => void;
  readonly bookmark?: string;
}

class Press {
  readonly doc: InstanceType<typeof PDFDocument>;
  readonly book: Book;

  constructor(book: Book, fontFolder: string) {
    this.book = book;
    const fixedDate = new Date("2026-01-01T00:00:00Z");
    this.doc = new PDFDocument({
      size: [PAGE.width, PAGE.height],
      margin: 0,
      autoFirstPage: false,
      pdfVersion: "1.7",
      lang: "en",
      info: {
        Title: book.row.title,
        Author: book.row.author,
        Subject: `First published ${book.row.year}. ${book.row.licence}; text: ${book.row.source}`,
        CreationDate: fixedDate,
        ModDate: fixedDate,
      },
    });
    const upright = readFileSync(join(fontFolder, "literata.woff2"));
    const italic = readFileSync(join(fontFolder, "literata-italic.woff2"));
    const display = readFileSync(join(fontFolder, "old-standard.woff2"));
    this.doc.registerFont("text", staticFont(upright));
    this.doc.registerFont("title", staticFont(display));
    this.doc.registerFont("italic", staticFont(italic));
  }

  widthOf(font: string, size: number, text: string): number {
    return this.doc.font(font).fontSize(size).widthOfString(text);
  }

  put(font: string, size: number, text: string, x: number, y: number, wordSpacing = 0): void {
    this.doc.font(font).fontSize(size).fillColor(INK).text(text, x, y, { lineBreak: false, wordSpacing });
  }

  centred(font: string, size: number, text: string, y: number): void {
    this.put(font, size, text, (PAGE.width - this.widthOf(font, size, text)) / 2, y);
  }

  line(line: SetLine, y: number): void {
    const indent = line.isFirst ? TEXT.indent : 0;
    const gaps = line.text.split(" ").length - 1;
    const room = MEASURE - indent - this.widthOf("text", TEXT.size, line.text);
    const wordSpacing = gaps > 0 && (!line.isLast || room < 0) ? room / gaps : 0;
    this.put("text", TEXT.size, line.text, PAGE.left + indent, y, wordSpacing);
  }

  runningHead(number: number, chapter: Chapter): void {
    const isLeft = number % 2 === 0;
    const head = isLeft ? this.book.row.title : curlyQuotes(chapter.title);
    const label = String(number);
    const x = isLeft ? PAGE.left : PAGE.width - PAGE.right - this.widthOf("text", 9, label);
    if (isLeft) this.put("text", 9, label, x, PAGE.head);
    this.centred("italic", 9, head, PAGE.head);
    if (!isLeft) this.put("text", 9, label, x, PAGE.head);
  }

  footNumber(label: string): void {
    this.centred("text", 9, label, PAGE.foot);
  }
}

interface Row {
  readonly line: SetLine | null;
  readonly headline?: string;
}

function chapterRows(press: Press, chapter: Chapter): Row[] {
  const widthOf = (text: string): number => press.widthOf("text", TEXT.size, text);
  const space = widthOf(" ");
  return chapter.paragraphs.flatMap((paragraph, i): Row[] => {
    if (paragraph.kind === "headline") return [{ line: null, headline: curlyQuotes(paragraph.text) }];
    const lines = breakLines(curlyQuotes(paragraph.text), MEASURE, TEXT.indent, space, widthOf);
    const gap: Row[] = chapter.paragraphs[i - 1]?.kind === "headline" ? [{ line: null }] : [];
    return [...gap, ...lines.map((line) => ({ line }))];
  });
}

/** Cuts rows into pages; no page ends with a paragraph's first line, none begins with its last. */
function paginate(rows: readonly Row[], firstRoom: number): Row[][] {
  const pages: Row[][] = [];
  for (let at = 0; at < rows.length; ) {
    const room = pages.length === 0 ? firstRoom : LINES_PER_PAGE;
    let end = Math.min(rows.length, at + room);
    const last = rows[end - 1]?.line;
    const next = rows[end]?.line;
    const isOrphan = last?.isFirst === true && !last.isLast;
    const isWidow = next?.isLast === true && !next.isFirst;
    if (end < rows.length && (isOrphan || isWidow)) end -= 1;
    pages.push(rows.slice(at, end));
    at = end;
  }
  return pages;
}

function drawRows(press: Press, rows: readonly Row[], top: number): void {
  rows.forEach((row, i) => {
    const y = top + i * TEXT.leading;
    if (row.line !== null) press.line(row.line, y);
    else if (row.headline !== undefined) press.centred("text", TEXT.size, row.headline, y);
  });
}

/** Opening page of a chapter: number, title, text lower on the page. */
const OPENING_LINES = 24;

function chapterSheets(press: Press, chapter: Chapter, firstNumber: number): Sheet[] {
  return paginate(chapterRows(press, chapter), OPENING_LINES).map((rows, i) => {
    if (i > 0) {
      return {
        draw: () => {
          press.runningHead(firstNumber + i, chapter);
          drawRows(press, rows, PAGE.top);
        },
      };
    }
    return {
      bookmark: chapterLabel(chapter),
      draw: () => {
        press.centred("text", 9, chapter.number, 108);
        drawTitle(press, chapter);
        drawRows(press, rows, PAGE.top + (LINES_PER_PAGE - OPENING_LINES) * TEXT.leading);
        press.footNumber(String(firstNumber));
      },
    };
  });
}

function drawTitle(press: Press, chapter: Chapter): void {
  const title = `“${curlyQuotes(chapter.title)}”`;
  const widthOf = (text: string): number => press.widthOf("title", 19, text);
  const lines = breakLines(title, 250, 0, widthOf(" "), widthOf);
  lines.forEach((line, i) => press.centred("title", 19, line.text, 132 + i * 25));
}

function chapterLabel(chapter: Chapter): string {
  const number = chapter.number.replace("CHAPTER", "Chapter");
  return `${number}. ${curlyQuotes(chapter.title)}`;
}

function frontSheets(press: Press, contents: readonly { title: string; number: number }[]): Sheet[] {
  const { row, motto, foreword } = press.book;
  const source = [
    `First published in ${row.year}. This text is in the public domain.`,
    `Text: ${row.source},`,
    `commit ${row.commit.slice(0, 12)}.`,
    "Set in Literata and Old Standard (SIL Open Font License 1.1)",
    "as the sample book of Longleaf.",
  ];
  return [
    {
      draw: () => {
        press.centred("title", 38, row.title, 176);
        press.centred("italic", 13, "by", 246);
        press.centred("text", 14, row.author, 268);
        press.centred("text", 11, String(row.year), 520);
      },
    },
    {
      draw: () => {
        source.forEach((line, i) => press.centred("text", 9, line, 470 + i * 14));
        motto.forEach((line, i) => press.put("italic", 11, curlyQuotes(line), 112, 150 + i * 17));
      },
    },
    { bookmark: "Contents", draw: () => drawContents(press, contents) },
    {
      bookmark: "Foreword",
      draw: () => {
        press.centred("title", 19, foreword.title, 132);
        drawRows(press, chapterRows(press, foreword), PAGE.top + 10 * TEXT.leading);
        press.footNumber("iv");
      },
    },
  ];
}

function drawContents(press: Press, contents: readonly { title: string; number: number }[]): void {
  press.centred("title", 19, "Contents", 92);
  contents.forEach(({ title, number }, i) => {
    const y = 148 + i * 22;
    const label = String(number);
    const labelWidth = press.widthOf("text", 10, label);
    press.put("text", 10, title, PAGE.left, y);
    const from = PAGE.left + press.widthOf("text", 10, title) + 6;
    const dot = press.widthOf("text", 10, " .");
    const dots = Math.max(0, Math.floor((PAGE.width - PAGE.right - labelWidth - 6 - from) / dot));
    const x = PAGE.width - PAGE.right - labelWidth - 6 - dots * dot;
    if (dots > 0) press.put("text", 10, " .".repeat(dots), x, y);
    press.put("text", 10, label, PAGE.width - PAGE.right - labelWidth, y);
  });
  press.footNumber("iii");
}

/** The document's catalog, which pdfkit keeps to itself: it has no call for page labels. */
function catalogOf(doc: object): Record<string, unknown> {
  return (doc as { readonly _root: { readonly data: Record<string, unknown> } })._root.data;
}

function makeBook(corpusFile: string, fontFolder: string, outFile: string): number {
  const press = new Press(readBook(corpusFile), fontFolder);
  const body: Sheet[] = [];
  const contents: { title: string; number: number }[] = [];
  for (const chapter of press.book.chapters) {
    contents.push({ title: chapterLabel(chapter), number: body.length + 1 });
    body.push(...chapterSheets(press, chapter, body.length + 1));
  }
  const front = frontSheets(press, contents);
  press.doc.pipe(createWriteStream(outFile));
  for (const sheet of [...front, ...body]) {
    press.doc.addPage();
    if (sheet.bookmark !== undefined) press.doc.outline.addItem(sheet.bookmark);
    sheet.draw();
  }
  // PDF 32000-1, 12.4.2: roman labels before the first chapter, then arabic from 1.
  catalogOf(press.doc)["PageLabels"] = { Nums: [0, { S: "r" }, front.length, { S: "D", St: 1 }] };
  press.doc.end();
  return front.length + body.length;
}

const [corpusFile, fontFolder] = process.argv.slice(2);
if (corpusFile === undefined || fontFolder === undefined) {
  console.error("usage: node assets/sample-book/make.ts <books.jsonl.xz> <folder with the .woff2 fonts>");
  process.exitCode = 2;
} else {
  const outFile = join(import.meta.dirname, "the-lost-world.pdf");
  console.log(`${makeBook(corpusFile, fontFolder, outFile)} pages in ${outFile}`);
}
