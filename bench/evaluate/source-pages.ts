/**
 * Does cited text really stand on the page that is named for it? Checked against the page as pdf.js reads it, without
 * our own layout, paragraphs or store.
 * Owns: that check. Documents without pages have none.
 */
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { openPdf } from "../../engine/documents/pdf/pdf-runtime.ts";
import { tokens } from "./comparing.ts";
import type { Cited } from "./marks.ts";

/** Letters and digits of each page from 1, without white space (a line may cut a word); empty for other than PDFs. */
export async function sourcePages(path: string): Promise<Map<number, string>> {
  const pages = new Map<number, string>();
  if (extname(path) !== ".pdf") return pages;
  const pdf = await openPdf(new Uint8Array(readFileSync(path)), basename(path), undefined);
  try {
    for (let number = 1; number <= pdf.document.numPages; number += 1) {
      const page = await pdf.document.getPage(number);
      const { items } = await page.getTextContent();
      const pieces = items.map((item) => ("str" in item ? item.str : ""));
      pages.set(number, letters(pieces.join("")));
      page.cleanup();
    }
  } finally {
    await pdf.close();
  }
  return pages;
}

const letters = (text: string): string => tokens(text).join("");

/** So many letters of a citation's beginning have to stand on its page, */
const FIRST_LETTERS = 24;
/** or, where the page ends before, so many at least, and the others on the next page. */
const LEAST_LETTERS = 6;

export function standsOnPage(
  pages: ReadonlyMap<number, string>,
  { page, text }: Pick<Cited, "page" | "text">,
): boolean {
  if (page === null) return false;
  const first = letters(text).slice(0, FIRST_LETTERS);
  const here = pages.get(page) ?? "";
  if (first !== "" && here.includes(first)) return true;
  const next = pages.get(page + 1) ?? "";
  for (let cut = first.length - 1; cut >= LEAST_LETTERS; cut -= 1)
    if (here.includes(first.slice(0, cut)) && next.includes(first.slice(cut))) return true;
  return false;
}
