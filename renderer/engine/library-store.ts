/**
 * The library's documents and jobs as the engine tells them: a list at the start, then every change.
 * Server truth: nothing here is edited by the page. Knows nothing about how it is drawn.
 */
import { create } from "zustand";
import type { StreamEvent } from "../../engine/protocol/contract.ts";
import type { DocumentSummary, Job } from "../../engine/protocol/dto.ts";
import type { EngineError } from "../../engine/protocol/errors.ts";
import type { EngineClient } from "../../engine/protocol/client.ts";
import { asEngineError } from "./use-call.ts";
import { readStream } from "./use-stream.ts";

export interface LibraryState {
  readonly isLoaded: boolean;
  readonly error: EngineError | null;
  readonly documents: ReadonlyMap<string, DocumentSummary>;
  readonly jobs: ReadonlyMap<string, Job>;
}

export const useLibrary = create<LibraryState>(() => ({
  isLoaded: false,
  error: null,
  documents: new Map(),
  jobs: new Map(),
}));

/** Follows the library until the signal fires or the connection ends. Errors become state. */
export async function followLibrary(client: EngineClient, signal: AbortSignal): Promise<void> {
  try {
    const changes = readStream<"library.watch">(client.stream("library.watch", {}, { signal }), (events) =>
      useLibrary.setState((state) => events.reduce(applyChange, state)),
    );
    // Its end is awaited below; until then its failure must not count as unheard.
    changes.catch(() => undefined);
    // The lists are asked for after the watch began, so that no change falls between the two.
    const [documents, jobs] = await Promise.all([
      client.call("document.list", {}, { signal }),
      client.call("job.list", {}, { signal }),
    ]);
    useLibrary.setState((state) => ({
      isLoaded: true,
      error: null,
      documents: new Map(documents.map((document) => [document.id, document])),
      jobs: newest(state.jobs, jobs),
    }));
    await changes;
  } catch (error) {
    if (!signal.aborted) useLibrary.setState({ error: asEngineError(error) });
  }
}

function newest(known: ReadonlyMap<string, Job>, listed: readonly Job[]): Map<string, Job> {
  const jobs = new Map(listed.map((job) => [job.id as string, job]));
  for (const [id, job] of known) {
    const other = jobs.get(id);
    if (other !== undefined && other.seq < job.seq) jobs.set(id, job);
  }
  return jobs;
}

/** One change of the library applied to its state. A job never goes back to an older `seq`. */
export function applyChange(state: LibraryState, event: StreamEvent<"library.watch">): LibraryState {
  switch (event.type) {
    case "document":
      return { ...state, documents: new Map(state.documents).set(event.document.id, event.document) };
    case "removed": {
      const documents = new Map(state.documents);
      documents.delete(event.documentId);
      return { ...state, documents };
    }
    case "job": {
      const known = state.jobs.get(event.job.id);
      if (known !== undefined && known.seq > event.job.seq) return state;
      return { ...state, jobs: new Map(state.jobs).set(event.job.id, event.job) };
    }
  }
}
