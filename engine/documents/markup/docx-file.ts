/**
 * A DOCX to rows, through mammoth. Only the parts that hold text are handed to it, unpacked under our limits and packed
 * again without compression: mammoth itself would unpack anything. Equations are left out and counted.
 * The ONLY importer of mammoth. Knows nothing about other formats.
 */
import mammoth from "mammoth";
import { oneLine } from "../clean-text.ts";
import { unreadable, withoutText } from "../document-errors.ts";
import type { Reading } from "../read-document.ts";
import type { SourceFile } from "../source-file.ts";
import { firstOf, parsePage, parseXml, textOf } from "./dom.ts";
import { domBlocks } from "./dom-blocks.ts";
import { storeZip } from "./store-zip.ts";
import type { ZipArchive } from "./zip-archive.ts";

const TEXT_PARTS = /^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/[\w.-]+\.xml|word\/_rels\/[\w.-]+\.rels)$/u;
/** Parts that mammoth never needs. */
const NOT_NEEDED = /^word\/(?:settings|webSettings|fontTable|theme\d*)\.xml$/u;

export async function readDocx(file: SourceFile, archive: ZipArchive, reading: Reading): Promise<void> {
  const { writer, report } = reading;
  const parts = await readTextParts(archive, file.name);
  const main = parts.get("word/document.xml");
  const equations =
    main === undefined
      ? 0
      : (Buffer.from(main)
          .toString("utf8")
          .match(/<m:oMath[\s>]/gu)?.length ?? 0);
  report({ done: Math.floor((file.sizeBytes * 1) / 3), total: file.sizeBytes, unit: "bytes" });
  const html = await toHtml(parts, file.name);
  report({ done: Math.floor((file.sizeBytes * 2) / 3), total: file.sizeBytes, unit: "bytes" });
  const facts = await readCore(archive);
  const drafts: Parameters<Reading["writer"]["block"]>[0][] = [];
  domBlocks(parsePage(html, false), { block: (draft) => drafts.push(draft) });
  const firstHeading = drafts.find((draft) => draft.kind === "heading");
  const title = facts.title || firstHeading?.text || file.name.replace(/\.docx$/iu, "");
  writer.document({
    format: "docx",
    title,
    author: facts.author,
    metadata: facts.metadata,
    sha256: archive.sha256,
    sizeBytes: file.sizeBytes,
    pages: 0,
  });
  for (const draft of drafts) {
    const index = writer.block(draft);
    if (draft.kind === "heading" && index !== null)
      writer.outline({ level: draft.level ?? 1, title: draft.text, page: null, block: index });
  }
  report({ done: file.sizeBytes, total: file.sizeBytes, unit: "bytes" });
  if (writer.blocks === 0) throw withoutText(file.name);
  if (equations > 0) {
    writer.warning(
      equations === 1
        ? "1 equation could not be read and was left out."
        : `${equations.toLocaleString("en-US")} equations could not be read and were left out.`,
    );
  }
}

async function readTextParts(archive: ZipArchive, name: string): Promise<Map<string, Uint8Array>> {
  const parts = new Map<string, Uint8Array>();
  for (const path of archive.names) {
    if (!TEXT_PARTS.test(path) || NOT_NEEDED.test(path)) continue;
    const bytes = await archive.read(path);
    if (bytes === null) continue;
    // Word never writes a document type; only entity tricks need one.
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("<!DOCTYPE")) {
      throw unreadable(
        `${name} was refused: its part ${path} declares entities, which no Word document does.`,
        "Do not trust this file. If it is yours, save it anew in Word.",
      );
    }
    parts.set(path, bytes);
  }
  return parts;
}

async function toHtml(parts: ReadonlyMap<string, Uint8Array>, name: string): Promise<string> {
  try {
    const options = {
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
      includeEmbeddedStyleMap: false,
    };
    const result = await mammoth.convertToHtml({ buffer: storeZip(parts) }, options);
    return result.value;
  } catch (cause) {
    if (cause instanceof RangeError) throw cause; // nested too deeply: read-document says so
    throw unreadable(
      `${name} is damaged: its text is not well-formed.`,
      "Open it in Word or LibreOffice and save it anew.",
      cause,
    );
  }
}

async function readCore(
  archive: ZipArchive,
): Promise<{ title: string; author: string; metadata: Record<string, string> }> {
  const bytes = archive.has("docProps/core.xml") ? await archive.read("docProps/core.xml") : null;
  if (bytes === null) return { title: "", author: "", metadata: {} };
  const core = parseXml(Buffer.from(bytes).toString("utf8"));
  const text = (name: string): string => {
    const node = firstOf(core, name);
    return node === null ? "" : oneLine(textOf(node));
  };
  const metadata: Record<string, string> = {};
  for (const name of ["subject", "keywords", "created", "modified"]) if (text(name) !== "") metadata[name] = text(name);
  return { title: text("title"), author: text("creator"), metadata };
}
