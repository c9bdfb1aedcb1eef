/**
 * Plain text as the rows a parser would write: a paged book with headings ("## …"), or files of a repository.
 * For benchmarks and tests only. Owns: synthetic pages and boxes. Does not know: the store.
 */
import { sha256 } from "../../engine/base/hash.ts";
import type { BlockRow, ParserRow } from "../../engine/documents/rows.ts";

const PAGE_CHARACTERS = 2_300;
const LINE_CHARACTERS = 75;

export function block(text: string, more: Partial<BlockRow> = {}): BlockRow {
  return {
    type: "block",
    kind: "paragraph",
    text,
    level: 0,
    page: null,
    line: null,
    endLine: null,
    continues: false,
    hidden: false,
    lines: [],
    ...more,
  };
}

/** A book: paragraphs at blank lines, about 2,300 characters a page, a box per 75 characters. */
export function* bookRows(title: string, text: string): Generator<ParserRow> {
  const paragraphs = text.split(/\n\s*\n/u).filter((paragraph) => paragraph.trim() !== "");
  const pages = Math.max(1, Math.ceil(text.length / PAGE_CHARACTERS));
  yield {
    type: "document",
    format: "pdf",
    title,
    author: "",
    metadata: {},
    sha256: sha256(title + text),
    sizeBytes: text.length,
    pages,
  };
  let page = 0;
  let filled = PAGE_CHARACTERS;
  let blocks = 0;
  for (const paragraph of paragraphs) {
    if (filled >= PAGE_CHARACTERS) {
      page += 1;
      filled = 0;
      yield { type: "page", page, label: `${page}`, width: 612, height: 792, isPicture: false };
    }
    const heading = /^(#+)\s+(.*)$/su.exec(paragraph.trim());
    const body = (heading?.[2] ?? paragraph).trim().replace(/\s+/gu, " ").slice(0, 20_000);
    if (body === "") continue;
    const depth = heading?.[1]?.length ?? 0;
    yield block(body, { kind: depth > 0 ? "heading" : "paragraph", level: depth, page, lines: linesOf(body, filled) });
    blocks += 1;
    filled += body.length;
  }
  yield { type: "end", blocks };
}

function linesOf(text: string, above: number): BlockRow["lines"] {
  const lines: BlockRow["lines"] = [];
  for (let start = 0; start < text.length; start += LINE_CHARACTERS) {
    const end = Math.min(text.length, start + LINE_CHARACTERS);
    const y = 72 + ((above + start) / PAGE_CHARACTERS) * 600;
    lines.push([start, end, 72, y, 72 + ((end - start) / LINE_CHARACTERS) * 468, y + 12]);
  }
  return lines;
}

export interface SourceFile {
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

/** A repository: one code block per file and 200 lines. `known` files with the same content are sent as unchanged. */
export function* repositoryRows(
  title: string,
  files: readonly SourceFile[],
  known: Readonly<Record<string, string>> = {},
): Generator<ParserRow> {
  const hashes = files.map((file) => `${file.path} ${sha256(file.text)}`);
  yield {
    type: "document",
    format: "repository",
    title,
    author: "",
    metadata: {},
    sha256: sha256(hashes.join("\n")),
    sizeBytes: files.reduce((sum, { text }) => sum + text.length, 0),
    pages: 0,
  };
  let blocks = 0;
  for (const { path, language, text } of files) {
    const lines = text.split("\n");
    const hash = sha256(text);
    const unchanged = known[path] === hash;
    yield { type: "file", path, language, sizeBytes: text.length, sha256: hash, lines: lines.length, unchanged };
    if (unchanged) continue;
    for (let from = 0; from < lines.length; from += 200) {
      const part = lines.slice(from, from + 200);
      const content = part.join("\n").slice(0, 20_000);
      if (content.trim() === "") continue;
      yield block(content, { kind: "code", line: from + 1, endLine: from + part.length });
      blocks += 1;
    }
  }
  yield { type: "end", blocks };
}
