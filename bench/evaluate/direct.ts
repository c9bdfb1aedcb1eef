/**
 * Answering without processes: a store in a temporary folder, search and composers beside it. For haystacks and tuning.
 * The samples go through the program's own host instead (main.ts).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnswerSources } from "../../engine/answering/types.ts";
import { lexiconFile } from "../../engine/host/layout.ts";
import { Lexicon } from "../../engine/lexicon/lexicon.ts";
import type { ParserRow } from "../../engine/documents/rows.ts";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { PassageReader } from "../../engine/reading/reading.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import { openStore } from "../../engine/store/open-store.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { summarizeDocument } from "../../engine/summarizing/summarize.ts";

export interface DirectLibrary extends Disposable {
  readonly store: LibraryStore;
  readonly sources: AnswerSources;
  addRows(rows: readonly ParserRow[]): Promise<DocumentId>;
  /** Parses a file or folder in this process. */
  addPath(path: string): Promise<DocumentId>;
}

/** Without a reader, search alone decides; it stays the caller's to close. */
export function openDirectLibrary(reader: PassageReader | null = null): DirectLibrary {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-evaluate-"));
  const store = openStore(folder);
  const sources: AnswerSources = {
    retriever: createRetriever(store.chunks),
    texts: store.texts,
    documents: store.documents,
    chunks: store.chunks,
    summary: (id, signal) => summarizeDocument(id, store, { signal }),
    remembering: null,
    reader,
    lexicon: new Lexicon(lexiconFile),
  };
  const addRows = async (rows: readonly ParserRow[]): Promise<DocumentId> => {
    const session = store.importDocument({ grant: `evaluate-${Math.random()}` });
    for (const row of rows) session.add(row);
    return (await session.finish()).documentId;
  };
  return {
    store,
    sources,
    addRows,
    async addPath(path) {
      const { readDocument } = await import("../../engine/documents/read-document.ts");
      const rows: ParserRow[] = [];
      await readDocument(
        { source: path },
        { write: (row) => void rows.push(row) },
        () => {},
        new AbortController().signal,
      );
      return addRows(rows);
    },
    [Symbol.dispose]() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
