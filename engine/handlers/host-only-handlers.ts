/** What the host alone may ask: a parser's progress passes in, a document's grant passes out. */
import type { ImportParts } from "../jobs/import-job.ts";
import type { HostOnlyHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";

export function hostOnlyHandlers(store: LibraryStore, progress: ImportParts["parseProgress"]): HostOnlyHandlers {
  return {
    "host.parseProgress": ({ jobId, done, total, unit }) => {
      progress.get(jobId)?.(done, total, unit);
      return {};
    },
    "host.sourceOf": ({ documentId }) => {
      const { grant, sha256, sizeBytes } = store.documents.source(documentId);
      return { grant, sha256, sizeBytes };
    },
  };
}
