/** Answers a search: ranked passages with their places and matched words. */
import type { CallHandlers } from "../rpc/handlers.ts";
import type { Retriever } from "../retrieval/types.ts";
import type { LibraryStore } from "../store/types.ts";

export function searchHandlers(store: LibraryStore, retriever: Retriever): Pick<CallHandlers, "search.query"> {
  return {
    "search.query": ({ scope, query, limit }, { signal }) => {
      const started = performance.now();
      const documents = scope ?? store.documents.list().map(({ id }) => id);
      for (const id of documents) store.documents.get(id);
      const passages = documents.length === 0 ? [] : retriever.search(query, documents, { limit, signal });
      const hits = passages.map(({ documentId, start, end, text, score, marks }) => ({
        ...store.texts.place(documentId, start, end),
        text,
        score,
        marks: marks.map(([from, to]): [number, number] => [from, to]),
      }));
      return { hits, tookMs: performance.now() - started };
    },
  };
}
