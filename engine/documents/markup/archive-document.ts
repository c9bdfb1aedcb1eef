/** A ZIP archive to the reader of what it holds, told by its entries. Knows EPUB and DOCX by their marks only. */
import { EngineError } from "../../protocol/errors.ts";
import type { Reading } from "../read-document.ts";
import type { SourceFile } from "../source-file.ts";
import { readDocx } from "./docx-file.ts";
import { readEpub } from "./epub-file.ts";
import { ZipArchive } from "./zip-archive.ts";

const OTHERS: readonly (readonly [string, string])[] = [
  ["xl/workbook.xml", "an Excel workbook (XLSX)"],
  ["ppt/presentation.xml", "a PowerPoint presentation (PPTX)"],
  ["content.xml", "an OpenDocument file (ODT, ODS or ODP)"],
  ["META-INF/MANIFEST.MF", "a Java archive"],
];

export async function readArchiveDocument(file: SourceFile, reading: Reading): Promise<void> {
  const archive = await ZipArchive.open(file);
  if (archive.has("META-INF/container.xml")) return readEpub(file, archive, reading);
  if (archive.has("word/document.xml")) return readDocx(file, archive, reading);
  const other = OTHERS.find(([path]) => archive.has(path));
  const looksLike = other === undefined ? "a ZIP archive" : other[1];
  throw new EngineError("UnsupportedFormat", `${file.name} is ${looksLike}, which Longleaf cannot read.`, {
    hint:
      other === undefined
        ? "Unpack it and open the folder, or one document in it."
        : "Save it as PDF or DOCX in the program that made it, and open that.",
  });
}
