/**
 * A plain text file to rows, as a stream: only its first part and the paragraph in hand lie in memory.
 * Knows the order of the steps; encodings and blocks are their own files.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { throwIfCancelled } from "../../base/abort.ts";
import { oneLine } from "../clean-text.ts";
import { withoutText } from "../document-errors.ts";
import { MAX_TEXT_BYTES } from "../limits.ts";
import type { Reading } from "../read-document.ts";
import { readHead, readPieces, type SourceFile } from "../source-file.ts";
import { DETECT_BYTES, decodeAll, decodingWarning, detectEncoding, TextStream } from "./decode-text.ts";
import { TextBlocks, type TextBlock } from "./text-blocks.ts";

/** A line that is longer is handed over in parts. */
const LONG_LINE = 1 << 18;

/** DocumentTooLarge before a byte is read; DocumentUnreadable when there is nothing but white space. */
export async function readTextFile(file: SourceFile, reading: Reading): Promise<void> {
  const { writer, report, signal } = reading;
  const hash = createHash("sha256");
  for (const piece of readPieces(file, MAX_TEXT_BYTES)) {
    throwIfCancelled(signal);
    hash.update(piece);
  }
  const head = readHead(file, DETECT_BYTES);
  const encoding = detectEncoding(head);
  const start = decodeAll(head.subarray(0, 16_384), encoding).text;
  const { title, author } = statedFacts(start);
  writer.document({
    format: "text",
    title: title === "" ? basename(file.name).replace(/\.[^.]{1,8}$/u, "") : title,
    author,
    metadata: { Encoding: encoding.name },
    sha256: hash.digest("hex"),
    sizeBytes: file.sizeBytes,
    pages: 0,
  });
  const blocks = new TextBlocks((block) => writeTextBlock(writer, block));
  const stream = new TextStream(encoding);
  let rest = "";
  let done = 0;
  for (const piece of readPieces(file, MAX_TEXT_BYTES)) {
    throwIfCancelled(signal);
    rest = addLines(blocks, rest + stream.write(piece));
    done += piece.length;
    report({ done, total: file.sizeBytes, unit: "bytes" });
  }
  addLines(blocks, `${rest}${stream.end()}\n`);
  blocks.end();
  if (writer.blocks === 0) throw withoutText(file.name);
  const warning = decodingWarning(encoding, stream.replaced);
  if (warning !== null) writer.warning(warning);
}

/** One block, and its outline entry when it is a heading. */
export function writeTextBlock(writer: Reading["writer"], block: TextBlock): void {
  const index = writer.block(block);
  if (block.kind === "heading" && index !== null)
    writer.outline({ level: block.level, title: block.text, page: null, block: index });
}

/** Hands whole lines over and returns what follows the last line end. A "\r" at the very end waits for its "\n". */
function addLines(blocks: TextBlocks, text: string): string {
  const lines = text.split(/\r\n|\n|\r(?!$)/u);
  const rest = lines.pop() ?? "";
  for (const line of lines) blocks.add(line);
  // A file without line ends must not be scanned again with every piece.
  if (rest.length < LONG_LINE) return rest;
  const space = rest.lastIndexOf(" ");
  const cut = space > LONG_LINE / 2 ? space + 1 : rest.length - 1;
  blocks.addPart(rest.slice(0, cut));
  return rest.slice(cut);
}

/** Electronic editions of old books say who and what in their first lines. */
function statedFacts(start: string): { title: string; author: string } {
  const stated = (key: string): string =>
    oneLine(new RegExp(`^${key}:[ \\t]+(.{2,200})$`, "mu").exec(start)?.[1] ?? "");
  const author = stated("Author");
  // "Title:" alone occurs in all kinds of files; together the two are a header.
  return author === "" ? { title: "", author: "" } : { title: stated("Title"), author };
}
