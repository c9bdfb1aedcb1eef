/**
 * Makes the documents of the evaluation that are not taken over as they are: books and a textbook out of the corpus's
 * held-out part, as a PDF, a web page, plain text and Markdown. Same input, same bytes.
 *   node bench/evaluate/documents/make.ts <corpus folder>...
 * Owns: which text becomes which file. Does not know: questions. Where each comes from: SOURCES.md.
 */
import { execFileSync } from "node:child_process";
import { createWriteStream, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";

interface CorpusRow {
  readonly id: string;
  readonly title: string;
  readonly author?: string;
  readonly text: string;
}

const folders = process.argv.slice(2);
const FILES = ["books.jsonl.xz", "books-more.jsonl.xz", "docs.jsonl.xz", "docs-more.jsonl.xz"];
const HERE = import.meta.dirname;

/** Chapters of "Anatomy and Physiology 2e", in the book's order. */
const TEXTBOOK = [31, 39, 41, 44].map((chapter) => `openstax/anatomy-physiology/${chapter}`);

function readRows(ids: readonly string[]): Map<string, CorpusRow> {
  const found = new Map<string, CorpusRow>();
  for (const folder of folders)
    for (const name of FILES) {
      const path = join(folder, name);
      if (!existsSync(path)) continue;
      const lines = execFileSync("xz", ["-dc", path], { encoding: "utf8", maxBuffer: 1 << 30 }).split("\n");
      for (const line of lines) {
        const id = /"id": ?"([^"]*)"/u.exec(line)?.[1];
        if (id !== undefined && ids.includes(id)) found.set(id, JSON.parse(line));
      }
    }
  for (const id of ids) if (!found.has(id)) throw new Error(`no row ${id} in ${folders.join(", ")}`);
  return found;
}

interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

function sectionsOf({ text }: CorpusRow): Section[] {
  return text.split(/^#{1,4} /mu).map((part, at) => {
    const border = at === 0 ? 0 : part.indexOf("\n");
    const paragraphs = part.slice(border).split(/\n\s*\n/u);
    return {
      title: part.slice(0, border).trim(),
      paragraphs: paragraphs.map((paragraph) => paragraph.replace(/\s+/gu, " ").trim()).filter((p) => p !== ""),
    };
  });
}

/** A small-format page set in a standard font, chapters on new pages, with bookmarks and page numbers. */
async function writePdf(path: string, row: CorpusRow): Promise<void> {
  const date = new Date("2026-01-01T00:00:00Z");
  const pdf = new PDFDocument({
    size: [396, 612],
    margins: { top: 54, bottom: 54, left: 52, right: 52 },
    info: { Title: row.title, Author: row.author ?? "", CreationDate: date, ModDate: date },
  });
  const file = createWriteStream(path);
  pdf.pipe(file);
  let page = 1;
  const number = (): void => {
    const { bottom } = pdf.page.margins;
    pdf.page.margins.bottom = 0;
    pdf.font("Times-Roman").fontSize(9).text(String(page), 52, 578, { width: 292, align: "center", lineBreak: false });
    pdf.page.margins.bottom = bottom;
    pdf.x = 52;
    pdf.y = 54;
    pdf.font("Times-Roman").fontSize(10.5);
  };
  number();
  pdf.on("pageAdded", () => {
    page += 1;
    number();
  });
  pdf.font("Times-Bold").fontSize(20).text(row.title, { align: "center" });
  pdf
    .font("Times-Roman")
    .fontSize(12)
    .text(row.author ?? "", { align: "center" });
  for (const { title, paragraphs } of sectionsOf(row)) {
    if (title !== "") {
      pdf.addPage();
      pdf.outline.addItem(title);
      pdf.font("Times-Bold").fontSize(14).text(title, { align: "center" }).moveDown(1.5);
    }
    pdf.font("Times-Roman").fontSize(10.5);
    for (const paragraph of paragraphs)
      pdf.font("Times-Roman").fontSize(10.5).text(paragraph, { align: "justify", indent: 14, lineGap: 2 });
  }
  pdf.end();
  await finished(file);
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function webPage(row: CorpusRow): string {
  const body = sectionsOf(row).map(({ title, paragraphs }) => {
    const heading = title === "" ? `<h1>${escaped(row.title)}</h1>\n` : `<h2>${escaped(title)}</h2>\n`;
    return heading + paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`).join("\n");
  });
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${escaped(row.title)}</title></head>\n<body>\n<article>\n${body.join("\n")}\n</article>\n</body>\n</html>\n`;
}

function plainText(row: CorpusRow): string {
  const parts = sectionsOf(row).map(({ title, paragraphs }) => [title.toUpperCase(), ...paragraphs].join("\n\n"));
  return `${row.title.toUpperCase()}\n\nby ${row.author ?? ""}\n\n${parts.join("\n\n\n").trim()}\n`;
}

const HOTEL = "classic/Wilkie Collins/The Haunted Hotel";
const ESSAY = "classic/John Stuart Mill/The Subjection of Women";
const WILLOWS = "classic/Kenneth Grahame/The Wind in the Willows";
const BACKWARD = "classic/Edward Bellamy/Looking Backward";
const rows = readRows([HOTEL, ESSAY, WILLOWS, BACKWARD, ...TEXTBOOK]);
const row = (id: string): CorpusRow => {
  const found = rows.get(id);
  if (found === undefined) throw new Error(id);
  return found;
};
await writePdf(join(HERE, "haunted-hotel.pdf"), row(HOTEL));
await writePdf(join(HERE, "subjection-of-women.pdf"), row(ESSAY));
writeFileSync(join(HERE, "wind-in-the-willows.html"), webPage(row(WILLOWS)));
writeFileSync(join(HERE, "looking-backward.txt"), plainText(row(BACKWARD)));
writeFileSync(join(HERE, "anatomy.md"), TEXTBOOK.map((id) => `# ${row(id).title}\n\n${row(id).text}\n`).join("\n"));
