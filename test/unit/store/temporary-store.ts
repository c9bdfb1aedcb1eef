/**
 * Real stores in temporary folders, and made-up texts to put into them. Nothing here is from a corpus.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { sha256 } from "../../../engine/base/hash.ts";
import type { BlockRow, ParserRow } from "../../../engine/documents/rows.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import type { ImportCounts, ImportOptions, LibraryStore } from "../../../engine/store/types.ts";
import { block, bookRows } from "../../../bench/retrieval/rows-of-text.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-store-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function temporaryStore(folder = temporaryFolder()): LibraryStore {
  const store = openStore(folder);
  onTestFinished(() => {
    store.close();
  });
  return store;
}

export async function importRows(
  store: LibraryStore,
  rows: Iterable<ParserRow>,
  options: Partial<ImportOptions> = {},
): Promise<ImportCounts> {
  const session = store.importDocument({ grant: "test", ...options });
  for (const row of rows) session.add(row);
  return session.finish();
}

export const importBook = (store: LibraryStore, title: string, text: string): Promise<ImportCounts> =>
  importRows(store, bookRows(title, text));

/** A document row with the given blocks and what else is wanted between. */
export function rowsOf(title: string, rows: readonly ParserRow[], format: "text" | "pdf" = "text"): ParserRow[] {
  const blocks = rows.filter(({ type }) => type === "block").length;
  const pages = rows.filter(({ type }) => type === "page").length;
  return [
    {
      type: "document",
      format,
      title,
      author: "",
      metadata: {},
      sha256: sha256(JSON.stringify([title, rows])),
      sizeBytes: 1,
      pages,
    },
    ...rows,
    { type: "end", blocks },
  ];
}

export const paragraphs = (...texts: readonly string[]): BlockRow[] => texts.map((text) => block(text));

export const pageRow = (page: number, label = `${page}`): ParserRow => ({
  type: "page",
  page,
  label,
  width: 600,
  height: 800,
  isPicture: false,
});

export { prose, random } from "./prose.ts";
