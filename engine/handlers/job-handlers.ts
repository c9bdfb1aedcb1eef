/** Answers about jobs: starting imports and readings, following them, pausing, cancelling. */
import type { JobQueue } from "../jobs/job-queue.ts";
import type { CallHandlers, StreamHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";
import type { LibraryEvents } from "./library-events.ts";

type JobHandlers = Pick<
  CallHandlers,
  "document.import" | "document.read" | "job.list" | "job.dismiss" | "job.cancel" | "job.pause" | "job.resume"
> &
  Pick<StreamHandlers, "job.watch" | "library.watch">;

export interface JobParts {
  readonly queue: JobQueue;
  readonly store: LibraryStore;
  /** Passwords of imports under way; never written down. */
  readonly passwords: Map<string, string>;
  readonly events: LibraryEvents;
}

export function jobHandlers({ queue, store, events, passwords }: JobParts): JobHandlers {
  return {
    "document.import": ({ grant, name, password, read, isSample }) => {
      const job = queue.add("import", name, null, { grant, read, isSample });
      if (password !== undefined) passwords.set(job.id, password);
      return job;
    },
    "document.read": ({ documentId }) =>
      queue.add("read", store.documents.get(documentId).title, documentId, { documentId }),
    "job.list": () => queue.list(),
    "job.cancel": ({ jobId }) => queue.cancel(jobId),
    "job.pause": ({ jobId }) => queue.pause(jobId),
    "job.resume": ({ jobId }) => queue.resume(jobId),
    "job.dismiss": ({ jobId }) => {
      queue.dismiss(jobId);
      return {};
    },
    "job.watch": ({ jobId, after }, { signal }) => queue.watch(jobId, after, signal),
    "library.watch": (_params, { signal }) => events.hub.listen(signal),
  };
}
