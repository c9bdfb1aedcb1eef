/**
 * Documents of the evaluation as the program sees them: parsed and stored in a temporary library.
 * Owns: text > stored document, its sentences. Does not know: summaries.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { SentenceReader } from "../../../engine/summarizing/read-sentences.ts";
import { openDirectLibrary, type DirectLibrary } from "../direct.ts";
import type { SummarizedDocument } from "./human-summaries.ts";
import { wordsOf } from "./rouge.ts";

export interface StoredDocument {
  readonly id: DocumentId;
  readonly library: DirectLibrary;
  readonly reader: SentenceReader;
  /** Texts of the reader's sentences: what every system chooses among. */
  readonly sentences: readonly string[];
}

/** Textbooks carry Markdown headings; meetings and stories are plain text. The library is open while `use` runs. */
export async function withDocument<T>(
  document: SummarizedDocument,
  use: (stored: StoredDocument) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-summaries-"));
  const library = openDirectLibrary();
  try {
    const file = join(folder, `text.${document.kind === "textbook" ? "md" : "txt"}`);
    writeFileSync(file, document.context);
    const id = await library.addPath(file);
    const reader = new SentenceReader();
    for (const block of library.store.texts.blocks(id)) reader.add(block);
    const { table } = reader;
    const sentences = Array.from({ length: table.length }, (_, i) =>
      library.store.texts.text(id, table.starts.at(i), table.ends.at(i)),
    );
    return await use({ id, library, reader, sentences });
  } finally {
    library[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Words that every system may use: as many as the people's summary has, 60 to 250. */
export function budgetOf({ references }: SummarizedDocument): number {
  const lengths = references.map((reference) => wordsOf(reference).length);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return Math.max(60, Math.min(250, Math.round(mean)));
}
