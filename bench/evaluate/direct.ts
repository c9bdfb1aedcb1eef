/**
 * Answering without processes: a store in a temporary folder, search and composers beside it. For haystacks and tuning.
 * The samples go through the program's own host instead (main.ts).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnswerSources } from "../../engine/answering/types.ts";
import type { ParserRow } from "../../engine/documents/rows.ts";
import type { LanguageModel } from "../../engine/model/types.ts";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { PassageReader } from "../../engine/reading/reading.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import { openStore } from "../../engine/store/open-store.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { summarizeDocument } from "../../engine/summarizing/summarize.ts";
import { remember, rememberingOf } from "./language-model.ts";

export interface DirectLibrary extends Disposable {
  readonly store: LibraryStore;
  readonly sources: AnswerSources;
  addRows(rows: readonly ParserRow[]): Promise<DocumentId>;
  /** Parses a file or folder in this process. */
  addPath(path: string): Promise<DocumentId>;
  /** Reads a document into memory, where there is a model. */
  remember(id: DocumentId): Promise<void>;
}

/**
 * Without a reader, search alone decides; without a model, nothing is read into memory. Both stay the caller's to close.
 */
export function openDirectLibrary(
  reader: PassageReader | null = null,
  model: LanguageModel | null = null,
): DirectLibrary {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-evaluate-"));
  const store = openStore(folder);
  const sources: AnswerSources = {
    retriever: createRetriever(store.chunks),
    texts: store.texts,
    documents: store.documents,
    chunks: store.chunks,
    summary: (id, signal) => summarizeDocument(id, store, { signal }),
    remembering: model === null ? null : rememberingOf(store, model),
    reader,
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
    remember: (id) => (model === null ? Promise.resolve() : remember(store, model, id)),
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
