/**
 * Which format some bytes are: first by what they begin with, then by the name's ending.
 * A wrong ending never makes hostile bytes reach the wrong reader. Pure; knows nothing about reading.
 */
import type { DocumentFormat } from "../protocol/dto.ts";

/** `zip`: an EPUB or DOCX, told apart by its entries. `unknown`: binary, with a name for what it looks like. */
export type Sniffed =
  | { readonly kind: Exclude<DocumentFormat, "repository" | "epub" | "docx"> | "zip" }
  | { readonly kind: "unknown"; readonly looksLike: string };

/** Bytes that sniffing wants to see. */
export const SNIFF_BYTES = 8_192;

const MARKDOWN_ENDINGS = new Set(["md", "markdown", "mdown", "mkd", "mdx"]);
const HTML_ENDINGS = new Set(["html", "htm", "xhtml", "xht"]);

/** Formats without a reader, by their first bytes, in the words of a person. */
const FOREIGN: readonly { readonly bytes: readonly number[]; readonly at?: number; readonly name: string }[] = [
  {
    bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
    name: "an old or a protected Office file (.doc, .xls, .ppt)",
  },
  { bytes: [0x89, 0x50, 0x4e, 0x47], name: "a PNG picture" },
  { bytes: [0xff, 0xd8, 0xff], name: "a JPEG picture" },
  { bytes: [0x47, 0x49, 0x46, 0x38], name: "a GIF picture" },
  { bytes: [0x49, 0x49, 0x2a, 0x00], name: "a TIFF picture" },
  { bytes: [0x4d, 0x4d, 0x00, 0x2a], name: "a TIFF picture" },
  { bytes: [0x1f, 0x8b], name: "a gzip archive" },
  { bytes: [0x42, 0x5a, 0x68], name: "a bzip2 archive" },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], name: "an xz archive" },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], name: "a 7-Zip archive" },
  { bytes: [0x52, 0x61, 0x72, 0x21], name: "a RAR archive" },
  { bytes: [0x41, 0x54, 0x26, 0x54, 0x46, 0x4f, 0x52, 0x4d], name: "a DjVu document" },
  { bytes: [0x7f, 0x45, 0x4c, 0x46], name: "a program" },
  { bytes: [0x4d, 0x5a], name: "a program" },
  { bytes: [0x25, 0x21, 0x50, 0x53], name: "a PostScript file" },
  { bytes: [0x7b, 0x5c, 0x72, 0x74, 0x66], name: "an RTF document" },
  { bytes: [0x42, 0x4f, 0x4f, 0x4b, 0x4d, 0x4f, 0x42, 0x49], at: 60, name: "a Kindle book (MOBI)" },
  { bytes: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66], name: "an SQLite database" },
];

/** `head`: the first SNIFF_BYTES of the file. `name`: for its ending only. */
export function sniffFormat(head: Uint8Array, name: string): Sniffed {
  const dot = name.lastIndexOf(".");
  const ending = dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
  const latin = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  // Readers accept a PDF whose header comes within the first KiB, after mail headers or a byte order mark.
  if (latin.slice(0, 1_024).includes("%PDF-") && (ending === "pdf" || latin.slice(0, 8).includes("%PDF-")))
    return { kind: "pdf" };
  if (latin.startsWith("PK\u0003\u0004") || latin.startsWith("PK\u0005\u0006")) return { kind: "zip" };
  for (const { bytes, at = 0, name: looksLike } of FOREIGN) {
    if (bytes.every((byte, index) => head[at + index] === byte)) return { kind: "unknown", looksLike };
  }
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!isWide && isBinary(head)) {
    // A damaged PDF may have lost its header; its reader says so better than "unknown" would.
    return ending === "pdf" ? { kind: "pdf" } : { kind: "unknown", looksLike: "a binary file" };
  }
  if (ending === "pdf") return { kind: "pdf" };
  if (HTML_ENDINGS.has(ending) || startsAsHtml(latin, isWide)) return { kind: "html" };
  if (MARKDOWN_ENDINGS.has(ending)) return { kind: "markdown" };
  return { kind: "text" };
}

function startsAsHtml(latin: string, isWide: boolean): boolean {
  const text = isWide ? latin.replaceAll("\u0000", "") : latin;
  const start = text
    .replace(/^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, "")
    .trimStart()
    .slice(0, 200)
    .toLowerCase();
  return start.startsWith("<!doctype html") || start.startsWith("<html");
}

/**
 * More than one NUL or control byte in thirty: no text encoding but UTF-16 and UTF-32 has those. UTF-16 without a mark
 * shows as NULs at every other place, and counts as text.
 */
function isBinary(head: Uint8Array): boolean {
  const nulls: [number, number] = [0, 0];
  let control = 0;
  for (const [index, byte] of head.entries()) {
    if (byte === 0) nulls[(index % 2) as 0 | 1] += 1;
    else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) control += 1;
  }
  const half = head.length / 2;
  const isUtf16 = half > 8 && Math.max(...nulls) > half * 0.4 && Math.min(...nulls) < half * 0.05;
  if (isUtf16) return false;
  return nulls[0] + nulls[1] > head.length / 100 || control > head.length / 30;
}
