/** What the window follows: every change of a document or a job, told once. Knows no transport. */
import { EventHub } from "../base/event-hub.ts";
import type { DocumentId, Job, StreamEvent } from "../protocol/index.ts";
import type { LibraryStore } from "../store/types.ts";

export type LibraryEvent = StreamEvent<"library.watch">;

export class LibraryEvents {
  readonly #store: LibraryStore;
  readonly hub = new EventHub<LibraryEvent>();

  constructor(store: LibraryStore) {
    this.#store = store;
  }

  /** A document was added or changed; one that is gone is told as removed. */
  document(id: DocumentId): void {
    const document = this.#store.documents.find(id);
    this.hub.say(document ? { type: "document", document } : { type: "removed", documentId: id });
  }

  job(job: Job): void {
    this.hub.say({ type: "job", job });
  }
}
