/**
 * The text of the sample book from its row of the corpus: front matter and chapters of paragraphs.
 * Owns: what counts as a chapter, a headline, a paragraph. Does not know: pages, type.
 */
import { execFileSync } from "node:child_process";

export interface BookRow {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly year: number;
  readonly source: string;
  readonly commit: string;
  readonly licence: string;
  readonly text: string;
}

export interface Paragraph {
  readonly kind: "text" | "headline";
  readonly text: string;
}

export interface Chapter {
  /** "CHAPTER 1", or "" for the foreword. */
  readonly number: string;
  readonly title: string;
  readonly paragraphs: readonly Paragraph[];
}

export interface Book {
  readonly row: BookRow;
  /** The verse before the foreword, line by line. */
  readonly motto: readonly string[];
  readonly foreword: Chapter;
  readonly chapters: readonly Chapter[];
}

const BOOK_ID = "classic/Arthur Conan Doyle/The Lost World";

/** Reads the row out of the packed corpus (`xz` must be on the path). */
export function readBook(corpusFile: string): Book {
  const lines = execFileSync("xz", ["-dc", corpusFile], { encoding: "utf8", maxBuffer: 1 << 30 }).split("\n");
  const line = lines.find((candidate) => candidate.includes(`"${BOOK_ID}"`));
  if (line === undefined) throw new Error(`${corpusFile} has no row ${BOOK_ID}`);
  const row: BookRow = JSON.parse(line);
  const [opening = "", ...sections] = row.text.split(/^#{2,3} /m);
  const chapters = sections.map(readChapter);
  const foreword = chapters.shift();
  if (foreword === undefined || chapters.length !== 16) throw new Error("expected a foreword and 16 chapters");
  return { row, motto: opening.trim().split("\n"), foreword, chapters };
}

function readChapter(section: string): Chapter {
  const border = section.indexOf("\n");
  const heading = section.slice(0, border).trim();
  const parts = /^(CHAPTER \d+) - "(.*)"$/.exec(heading);
  const paragraphs = section
    .slice(border)
    .split(/\n\s*\n/)
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .flatMap(readParagraph);
  return { number: parts?.[1] ?? "", title: parts?.[2] ?? heading, paragraphs };
}

/** A bold block is the newspaper's stack of headlines: one line each. */
function readParagraph(text: string): Paragraph[] {
  if (!text.startsWith("**")) return [{ kind: "text", text: text.replace(/\s+/g, " ") }];
  const lines = text.replaceAll("**", "").split("\n");
  return lines.map((line) => ({ kind: "headline", text: line.trim() }));
}
