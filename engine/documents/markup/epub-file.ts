/**
 * An EPUB to rows: the pages of its spine in order, its own contents as the outline. A page that is missing or broken
 * is a warning while others can be read. Knows the order of the steps; package and blocks are their own files.
 */
import { throwIfCancelled } from "../../base/abort.ts";
import { EngineError } from "../../protocol/errors.ts";
import { shorten } from "../clean-text.ts";
import { unreadable, withoutText } from "../document-errors.ts";
import type { Reading } from "../read-document.ts";
import type { SourceFile } from "../source-file.ts";
import { parsePage } from "./dom.ts";
import { domBlocks } from "./dom-blocks.ts";
import { readPackage, textOfEntry, type EpubEntry } from "./epub-package.ts";
import type { ZipArchive } from "./zip-archive.ts";

export async function readEpub(file: SourceFile, archive: ZipArchive, reading: Reading): Promise<void> {
  const { writer, report, signal } = reading;
  await refuseProtected(archive, file.name);
  const book = await readPackage(archive, file.name);
  archive.checkTogether(book.spine);
  const title = book.title === "" ? file.name.replace(/\.epub$/iu, "") : book.title;
  const { author, metadata, spine } = book;
  writer.document({
    format: "epub",
    title,
    author,
    metadata,
    sha256: archive.sha256,
    sizeBytes: file.sizeBytes,
    pages: 0,
  });
  /** First block by "path" and "path#fragment". */
  const places = new Map<string, number>();
  const headings: { level: number; title: string; block: number }[] = [];
  const missing: string[] = [];
  for (const [index, path] of spine.entries()) {
    throwIfCancelled(signal);
    if (!(await readSpinePage(archive, path, reading, places, headings))) missing.push(path);
    report({ done: index + 1, total: spine.length, unit: "pages" });
  }
  if (writer.blocks === 0)
    throw missing.length > 0
      ? unreadable(`${file.name} is damaged: none of its pages can be read.`, "Download the book again.")
      : withoutText(file.name);
  writeOutline(writer, book.contents, headings, places);
  if (missing.length > 0) {
    const which =
      missing.length === 1 ? `its part ${shorten(missing[0], 80)}` : `${missing.length} of its ${spine.length} parts`;
    writer.warning(`This book is incomplete: ${which} could not be read. The others were.`);
  }
}

/** False when the page is not there or broken. */
async function readSpinePage(
  archive: ZipArchive,
  path: string,
  { writer }: Reading,
  places: Map<string, number>,
  headings: { level: number; title: string; block: number }[],
): Promise<boolean> {
  const text = await textOfEntry(archive, path).catch((error: unknown) => {
    // A bomb ends the whole book; a broken part does not.
    if (error instanceof EngineError && error.code === "DocumentUnreadable") return null;
    throw error;
  });
  if (text === null) return false;
  places.set(path, writer.blocks);
  domBlocks(parsePage(text, true), {
    block: (draft) => {
      const index = writer.block(draft);
      if (draft.kind === "heading" && index !== null)
        headings.push({ level: draft.level ?? 1, title: draft.text, block: index });
    },
    anchor: (id) => {
      const key = `${path}#${id}`;
      if (!places.has(key)) places.set(key, writer.blocks);
    },
  });
  return true;
}

/** The book's own contents; its headings where it has none. */
function writeOutline(
  writer: Reading["writer"],
  contents: readonly EpubEntry[],
  headings: readonly { level: number; title: string; block: number }[],
  places: ReadonlyMap<string, number>,
): void {
  if (contents.length === 0) {
    for (const heading of headings) writer.outline({ ...heading, page: null });
    return;
  }
  const last = writer.blocks - 1;
  for (const { level, title, path, fragment } of contents) {
    const place = places.get(`${path}#${fragment}`) ?? places.get(path) ?? null;
    writer.outline({ level, title, page: null, block: place === null ? null : Math.min(place, last) });
  }
}

/** META-INF/encryption.xml also lists disguised fonts, which do not matter; disguised pages do. */
async function refuseProtected(archive: ZipArchive, name: string): Promise<void> {
  const list = await textOfEntry(archive, "META-INF/encryption.xml");
  const hidesPages = list !== null && /URI=["'][^"']*\.x?html?["']/iu.test(list);
  if (!hidesPages) return;
  throw unreadable(
    `${name} is copy-protected (DRM): its pages are encrypted.`,
    "Longleaf reads books without copy protection. Ask the seller for one.",
  );
}
