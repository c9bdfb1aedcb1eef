/** Answers about documents: lists, contents, text by range, boxes, the leaf, removal. */
import { EngineError, type DocumentId, type PageText } from "../protocol/index.ts";
import type { CallHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";
import { leafOf } from "./leaf.ts";
import type { LibraryEvents } from "./library-events.ts";

/** Longest stretch of text that one call returns, in UTF-16 units. */
const MAX_TEXT = 4_000_000;
const SKIPPED_SHOWN = 200;

type DocumentHandlers = Pick<
  CallHandlers,
  | "document.list"
  | "document.show"
  | "document.text"
  | "document.boxes"
  | "document.files"
  | "document.leaf"
  | "document.remove"
  | "document.open"
>;

export function documentHandlers(
  store: LibraryStore,
  events: LibraryEvents,
  cancelJobsOf: (id: DocumentId) => Promise<void>,
): DocumentHandlers {
  return {
    "document.list": () => store.documents.list(),
    "document.show": ({ documentId }) => {
      const summary = store.documents.get(documentId);
      return {
        summary,
        outline: store.documents.outline(documentId),
        skipped: store.documents.skipped(documentId, SKIPPED_SHOWN),
        skippedTotal: store.documents.skippedTotal(documentId),
        metadata: store.documents.metadata(documentId),
        memoryBytesPerThousandTokens: bytesPerThousandTokens(store, documentId),
        chunks: store.chunks.count([documentId]),
      };
    },
    "document.text": (params) => textOf(store, params),
    "document.boxes": ({ documentId, start, end }) => store.texts.boxes(documentId, start, end),
    "document.files": ({ documentId }) => store.texts.files(documentId),
    "document.leaf": ({ documentId }) => leafOf(store, documentId),
    "document.remove": async ({ documentId }) => {
      store.documents.get(documentId);
      await cancelJobsOf(documentId);
      store.documents.remove(documentId);
      events.document(documentId);
      return {};
    },
    "document.open": ({ documentId }) => {
      store.documents.get(documentId);
      store.documents.setOpened(documentId, Date.now());
      events.document(documentId);
      return store.documents.get(documentId);
    },
  };
}

function bytesPerThousandTokens(store: LibraryStore, id: DocumentId): number {
  const read = store.memories.list(id).filter(({ state }) => state === "read");
  const tokens = read.reduce((sum, segment) => sum + segment.tokens, 0);
  const bytes = read.reduce((sum, segment) => sum + segment.bytes, 0);
  return tokens === 0 ? 0 : (bytes * 1_000) / tokens;
}

interface TextParams {
  readonly documentId: DocumentId;
  readonly page?: number | undefined;
  readonly file?: string | undefined;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

function textOf(store: LibraryStore, { documentId, page, file, start, end }: TextParams): PageText {
  store.documents.get(documentId);
  if (page !== undefined) return store.texts.pageText(documentId, page);
  if (file !== undefined) return store.texts.fileText(documentId, file);
  const from = start ?? 0;
  const to = Math.min(end ?? Number.MAX_SAFE_INTEGER, store.texts.length(documentId));
  if (to - from > MAX_TEXT)
    throw new EngineError(
      "InvalidRequest",
      `a range of ${to - from} characters, at most ${MAX_TEXT} are given at once`,
      {
        hint: "Ask for a page, a file or a shorter range.",
      },
    );
  const text = store.texts.text(documentId, from, to);
  return { page: null, label: null, file: null, start: from, text, isPicture: false, width: 0, height: 0 };
}
