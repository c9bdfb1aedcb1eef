/**
 * The engine process: composition root. Reads its config, opens the store, loads the model, registers the handlers.
 * Runs behind the permission wall; speaks only over its parent's channel (rpc/channels.ts).
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Turnstile } from "./base/turnstile.ts";
import { JOBS_AT_ONCE, PARSERS_AT_ONCE, engineConfig, type EngineConfig } from "./config.ts";
import { answerHandlers } from "./handlers/answer-handlers.ts";
import { chatHandlers } from "./handlers/chat-handlers.ts";
import { documentHandlers } from "./handlers/document-handlers.ts";
import { evaluateHandlers } from "./handlers/evaluate-handlers.ts";
import { hostOnlyHandlers } from "./handlers/host-only-handlers.ts";
import { infoHandlers } from "./handlers/info-handlers.ts";
import { jobHandlers } from "./handlers/job-handlers.ts";
import { LibraryEvents } from "./handlers/library-events.ts";
import { Slot } from "./handlers/model-slot.ts";
import { searchHandlers } from "./handlers/search-handlers.ts";
import { SummaryCache } from "./handlers/summary-cache.ts";
import { importJob, type ImportParts } from "./jobs/import-job.ts";
import { JobQueue } from "./jobs/job-queue.ts";
import { MemoryReader } from "./jobs/memory-reader.ts";
import { refreshMemories } from "./jobs/memory-refresh.ts";
import { loadModel } from "./model/client.ts";
import { EngineClient, EngineError, toEnvelope, type FramePort } from "./protocol/index.ts";
import { loadReader } from "./reading/client.ts";
import { createRetriever } from "./retrieval/retriever.ts";
import { ChannelHub } from "./rpc/channels.ts";
import { engineRoutes } from "./rpc/routes.ts";
import { serveConnection } from "./rpc/server.ts";
import { openStore } from "./store/open-store.ts";
import type { LibraryStore } from "./store/types.ts";

/** Memories that no document names any more are deleted this long after the start, when nobody waits for the engine. */
const TIDY_AFTER_MS = 30_000;
const HOST_CHANNEL = 0;
const ASK_HOST_CHANNEL = 1;

interface Engine {
  serve(channel: number, port: FramePort): void;
  close(): Promise<void>;
}

function compose(config: EngineConfig, store: LibraryStore, hub: ChannelHub): Engine {
  const events = new LibraryEvents(store);
  const host = new EngineClient(hub.open(ASK_HOST_CHANNEL));
  const cacheFolder = join(config.store, "compiled");
  const model = new Slot(loadModel({ folder: config.modelFolder, cacheFolder, provider: config.provider }));
  const passageReader = new Slot(loadReader({ folder: config.readerFolder, cacheFolder }));
  const reader = new MemoryReader(store, model, (id) => events.document(id));
  const passwords = new Map<string, string>();
  const parts: ImportParts = {
    store,
    host,
    reader,
    parsing: new Turnstile(PARSERS_AT_ONCE),
    parseProgress: new Map(),
    passwords,
    onDocument: (id) => events.document(id),
  };
  const queue = new JobQueue(store.jobs, { import: importJob(parts), read: reader.job }, { slots: JOBS_AT_ONCE });
  const following = new AbortController();
  void tellJobs(queue, events, following.signal);
  const retriever = createRetriever(store.chunks);
  const answering = {
    store,
    retriever,
    model,
    reader: passageReader,
    summaries: new SummaryCache(store, join(config.store, "summaries")),
  };
  const cancelJobsOf = async (id: string) => {
    const open = queue
      .list()
      .filter((job) => job.documentId === id && (job.state === "running" || job.state === "waiting"));
    await Promise.all(open.map((job) => queue.cancel(job.id)));
  };
  const handlers = {
    ...infoHandlers(store, model, passageReader),
    ...documentHandlers(store, events, cancelJobsOf),
    ...searchHandlers(store, retriever),
    ...answerHandlers(answering),
    ...evaluateHandlers(answering),
    ...jobHandlers({ queue, store, passwords, events }),
    ...chatHandlers(store),
  };
  const routes = engineRoutes(handlers);
  const hostRoutes = engineRoutes(handlers, hostOnlyHandlers(store, parts.parseProgress));
  queue.resumeAll();
  setTimeout(() => store.memories.collectGarbage(), TIDY_AFTER_MS).unref();
  void model.get(following.signal).then(
    (loaded) => refreshMemories(store, queue, loaded.info, join(config.store, "memory-model")),
    () => {}, // no model: its reason is told where it is missed
  );
  return {
    serve: (channel, port) => serveConnection(port, channel === HOST_CHANNEL ? hostRoutes : routes),
    async close() {
      following.abort();
      await queue.close();
      await model.close();
      await passageReader.close();
      store.close();
    },
  };
}

/** The window follows documents and jobs over one stream. */
async function tellJobs(queue: JobQueue, events: LibraryEvents, signal: AbortSignal): Promise<void> {
  for await (const job of queue.events.listen(signal)) events.job(job);
}

/** On a full disk what can be made again gives way, so that the library still opens. Errors: those of the store. */
function openStoreWithRoom(storeFolder: string): LibraryStore {
  const library = join(storeFolder, "..");
  try {
    return openStore(library);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "DiskFull") throw error;
    for (const cache of ["code", ".cache", "summaries"])
      rmSync(join(storeFolder, cache), { recursive: true, force: true });
    return openStore(library);
  }
}

function main(): void {
  let engine: Engine | null = null;
  const hub = new ChannelHub({ post: (message) => void process.send?.(message) }, (channel, port) =>
    engine?.serve(channel, port),
  );
  try {
    const config = engineConfig.parse(JSON.parse(process.argv[2] ?? "null"));
    engine = compose(config, openStoreWithRoom(config.store), hub);
  } catch (error) {
    process.send?.({ startError: toEnvelope(error) }, () => process.exit(1));
    return;
  }
  process.on("message", (message) => hub.receive(message));
  process.on("disconnect", () => void engine?.close().finally(() => process.exit(0)));
  process.send?.({ ready: true });
}

main();
