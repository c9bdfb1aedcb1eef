/**
 * The thread on which the reader computes, beside the language model's own. One question at a time, in order.
 * Knows nothing about search, answers.
 */
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { toEnvelope } from "../protocol/errors.ts";
import type { ReaderReply, ReaderRequest } from "./messages.ts";
import { ReaderSession } from "./session.ts";

/** A person waits for the reader, nobody for a book's memory: nicer than the engine, less nice than model/worker.ts. */
const NICENESS = 2;

assert(parentPort !== null, "worker.ts runs only as a worker thread");
const port = parentPort;
if (process.platform === "linux") setPriority(0, NICENESS);
let session: ReaderSession | null = null;
const running = new Map<number, AbortController>();
/** The runtime is entered by one run at a time. */
let last: Promise<void> = Promise.resolve();

port.on("message", (request: ReaderRequest) => {
  if (request.type === "cancel") {
    running.get(request.id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(request.id, controller);
  last = last.then(() => answer(request, controller.signal)).finally(() => running.delete(request.id));
});

async function answer(request: Exclude<ReaderRequest, { type: "cancel" }>, signal: AbortSignal): Promise<void> {
  const reply = (message: ReaderReply): void => port.postMessage(message);
  try {
    if (request.type === "load") {
      session = await ReaderSession.open(request.options);
      reply({ type: "loaded", id: request.id, hash: session.hash });
      return;
    }
    assert(session !== null, "the reader is asked before it is loaded");
    reply({ type: "read", id: request.id, readings: await session.read(request.question, request.passages, signal) });
  } catch (error) {
    reply({ type: "error", id: request.id, error: toEnvelope(error) });
  }
}
