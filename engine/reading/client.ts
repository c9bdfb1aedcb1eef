/**
 * The reader as the engine's thread uses it: requests to its own computing thread, replies matched by number.
 * Owns: that thread's life. Knows nothing about graphs.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError, reviveError } from "../protocol/errors.ts";
import type { ReaderReply, ReaderRequest } from "./messages.ts";
import type { PassageReader, Reading } from "./reading.ts";

/** More gain nothing for rows of a hundred tokens. */
const MAX_THREADS = 4;

interface Waiting {
  resolve(reply: ReaderReply): void;
  reject(error: unknown): void;
}

/** Starts the thread and loads the package there. Errors: ModelMissing, ModelIncompatible, ModelLoadFailed. */
export async function loadReader(options: {
  readonly folder: string;
  readonly cacheFolder: string;
}): Promise<PassageReader> {
  const link = new ReaderLink();
  try {
    const threads = Math.min(MAX_THREADS, availableParallelism());
    const reply = await link.request((id) => ({ type: "load", id, options: { ...options, threads } }));
    if (reply.type !== "loaded") throw new EngineError("Internal", "the reader answered out of turn");
    return new WorkerReader(link, reply.hash);
  } catch (error) {
    await link.close();
    throw error;
  }
}

class WorkerReader implements PassageReader {
  readonly hash: string;
  readonly #link: ReaderLink;

  constructor(link: ReaderLink, hash: string) {
    this.#link = link;
    this.hash = hash;
  }

  async read(question: string, passages: readonly string[], signal: AbortSignal): Promise<Reading[]> {
    throwIfCancelled(signal);
    if (passages.length === 0) return [];
    const reply = await this.#link.request((id) => ({ type: "read", id, question, passages }), signal);
    if (reply.type !== "read") throw new EngineError("Internal", "the reader answered out of turn");
    return [...reply.readings];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.close();
  }
}

class ReaderLink {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #death: EngineError | null = null;

  constructor() {
    this.#worker.on("message", (reply: ReaderReply) => {
      const waiting = this.#waiting.get(reply.id);
      if (reply.type === "error") waiting?.reject(reviveError(reply.error));
      else waiting?.resolve(reply);
    });
    const died = (cause?: unknown): void =>
      this.#die(new EngineError("EngineCrashed", "the reading thread ended", { hint: "Restart Longleaf.", cause }));
    this.#worker.on("error", died);
    this.#worker.on("exit", () => died());
    // An idle reader must not keep the process alive.
    this.#worker.unref();
  }

  async request(make: (id: number) => ReaderRequest, signal?: AbortSignal): Promise<ReaderReply> {
    if (this.#death !== null) throw this.#death;
    const id = this.#nextId++;
    const cancel = (): void => this.#worker.postMessage({ type: "cancel", id } satisfies ReaderRequest);
    this.#worker.ref();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise<ReaderReply>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#worker.postMessage(make(id));
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    this.#die(new EngineError("Internal", "the reader was closed and is used again"));
    await this.#worker.terminate();
  }

  #die(error: EngineError): void {
    this.#death ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#death);
  }
}
