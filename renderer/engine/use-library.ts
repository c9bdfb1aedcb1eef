/** Hooks over the library store: follow it once per connection, pick a document, pick its job. */
import { useEffect } from "react";
import type { DocumentSummary, Job } from "../../engine/protocol/dto.ts";
import { useClient } from "./engine-context.tsx";
import { followLibrary, useLibrary } from "./library-store.ts";

/** Mounted once, at the root. */
export function useFollowLibrary(): void {
  const client = useClient();
  useEffect(() => {
    if (client === null) return undefined;
    const abort = new AbortController();
    void followLibrary(client, abort.signal); // turns its failures into state
    return () => abort.abort();
  }, [client]);
}

export function useDocument(documentId: string | null): DocumentSummary | undefined {
  return useLibrary((state) => (documentId === null ? undefined : state.documents.get(documentId)));
}

/** The unfinished job of a document, if it has one; else its newest failed one. */
export function useJobOf(documentId: string): Job | undefined {
  return useLibrary((state) => jobOf(state.jobs.values(), documentId));
}

export function isActive(job: Job): boolean {
  return job.state === "waiting" || job.state === "running" || job.state === "paused";
}

export function jobOf(jobs: Iterable<Job>, documentId: string): Job | undefined {
  let failed: Job | undefined;
  for (const job of jobs) {
    if (job.documentId !== documentId) continue;
    if (isActive(job)) return job;
    if (job.state === "failed") failed = job;
  }
  return failed;
}
