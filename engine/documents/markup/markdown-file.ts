/** A Markdown file to rows. Knows the order of the steps; the blocks are markdown-blocks.ts. */
import { basename } from "node:path";
import { cleanText } from "../clean-text.ts";
import { withoutText } from "../document-errors.ts";
import { MAX_MARKUP_BYTES } from "../limits.ts";
import type { Reading } from "../read-document.ts";
import { readWhole, type SourceFile } from "../source-file.ts";
import { DETECT_BYTES, decodeAll, decodingWarning, detectEncoding } from "../text/decode-text.ts";
import { readTextFile } from "../text/text-file.ts";
import { markdownBlocks } from "./markdown-blocks.ts";

/** Larger files are read as plain text, line numbers and all, and say so. */
export async function readMarkdownFile(file: SourceFile, reading: Reading): Promise<void> {
  const { writer, report } = reading;
  if (file.sizeBytes > MAX_MARKUP_BYTES) {
    await readTextFile(file, reading);
    writer.warning("This Markdown file is so large that it was read as plain text: its headings were not looked for.");
    return;
  }
  const { bytes, sha256 } = readWhole(file, MAX_MARKUP_BYTES);
  const encoding = detectEncoding(bytes.subarray(0, DETECT_BYTES));
  const { text, replaced } = decodeAll(bytes, encoding);
  const { blocks, facts } = markdownBlocks(cleanText(text));
  const firstHeading = blocks.find((block) => block.kind === "heading" && block.level === 1);
  const title = facts.title || firstHeading?.text || basename(file.name).replace(/\.[^.]{1,8}$/u, "");
  writer.document({
    format: "markdown",
    title,
    author: facts.author,
    metadata: { Encoding: encoding.name },
    sha256,
    sizeBytes: file.sizeBytes,
    pages: 0,
  });
  for (const draft of blocks) {
    const index = writer.block(draft);
    if (draft.kind === "heading" && index !== null)
      writer.outline({ level: draft.level ?? 1, title: draft.text, page: null, block: index });
  }
  report({ done: file.sizeBytes, total: file.sizeBytes, unit: "bytes" });
  if (writer.blocks === 0) throw withoutText(file.name);
  const warning = decodingWarning(encoding, replaced);
  if (warning !== null) writer.warning(warning);
}
