/**
 * The thread that computes. A model run blocks its thread, so it must not be the engine's.
 * Owns: one loaded model and its open sequences. Cancels are looked at between runs: the runtime lets messages in there.
 * It steps back
 * when the engine's thread wants a core, so that search answers while reading goes on.
 * Knows nothing about priorities of calls (client.ts sends one thing at a time), documents, prompts.
 */
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { EngineError, toEnvelope } from "../protocol/errors.ts";
import { LoadedModel } from "./loaded-model.ts";
import type { OperationName, ParametersOf, ResultOf, WorkerReply, WorkerRequest } from "./messages.ts";
import { scoreBehind } from "./score-tokens.ts";
import type { Sequence } from "./sequence.ts";

type Handlers = {
  readonly [N in OperationName]: (parameters: ParametersOf<N>, signal: AbortSignal, id: number) => Promise<ResultOf<N>>;
};

/** Above 0 is nicer to others; the runtime's own threads inherit it. */
const NICENESS = 10;

assert(parentPort !== null, "worker.ts runs only as a worker thread");
// On Linux this is the thread's own; elsewhere it would slow the whole engine down.
if (process.platform === "linux") setPriority(0, NICENESS);
serve(parentPort);

function serve(port: NonNullable<typeof parentPort>): void {
  const running = new Map<number, AbortController>();
  const handlers = makeHandlers((reply) => port.postMessage(reply));
  port.on("message", (request: WorkerRequest) => {
    if (request.type === "cancel") {
      running.get(request.id)?.abort();
      return;
    }
    const controller = new AbortController();
    running.set(request.id, controller);
    void answer(request, controller.signal).finally(() => running.delete(request.id));
  });

  async function answer(request: WorkerRequest & { type: "run" }, signal: AbortSignal): Promise<void> {
    try {
      const value = await dispatch(handlers, request, signal);
      port.postMessage({ type: "result", id: request.id, value } satisfies WorkerReply, transferable(value));
    } catch (error) {
      port.postMessage({ type: "error", id: request.id, error: toEnvelope(error) } satisfies WorkerReply);
    }
  }
}

function dispatch(
  handlers: Handlers,
  request: WorkerRequest & { type: "run" },
  signal: AbortSignal,
): Promise<ResultOf<OperationName>> {
  const { id } = request;
  switch (request.operation) {
    case "load":
      return handlers.load(request.parameters, signal, id);
    case "encode":
      return handlers.encode(request.parameters, signal, id);
    case "open":
      return handlers.open(request.parameters, signal, id);
    case "prefill":
      return handlers.prefill(request.parameters, signal, id);
    case "nextLogits":
      return handlers.nextLogits(request.parameters, signal, id);
    case "score":
      return handlers.score(request.parameters, signal, id);
    case "scoreBehind":
      return handlers.scoreBehind(request.parameters, signal, id);
    case "generate":
      return handlers.generate(request.parameters, signal, id);
    case "truncate":
      return handlers.truncate(request.parameters, signal, id);
    case "fold":
      return handlers.fold(request.parameters, signal, id);
    case "exportRows":
      return handlers.exportRows(request.parameters, signal, id);
    case "close":
      return handlers.close(request.parameters, signal, id);
    case "unload":
      return handlers.unload(request.parameters, signal, id);
  }
}

function makeHandlers(send: (reply: WorkerReply) => void): Handlers {
  let model: LoadedModel | null = null;
  const sequences = new Map<number, Sequence>();
  const loaded = (): LoadedModel => {
    if (model === null) throw new EngineError("ModelMissing", "no model is loaded");
    return model;
  };
  const sequenceOf = (key: number): Sequence => {
    const sequence = sequences.get(key);
    assert(sequence !== undefined, `sequence ${key} was closed`);
    return sequence;
  };
  return {
    load: async (options) => {
      model = await LoadedModel.load(options);
      return model.info;
    },
    encode: ({ ids, ratio }, signal) => loaded().encoder.encode(ids, ratio, signal),
    open: async ({ sequence: key, entries }, signal) => {
      const sequence = loaded().openSequence();
      await sequence.open(entries, signal);
      sequences.set(key, sequence);
      return sequence.length;
    },
    prefill: async ({ sequence, ids }, signal) => {
      await sequenceOf(sequence).prefill(ids, signal);
      return sequenceOf(sequence).length;
    },
    // A copy: the original stays with the sequence and must not be transferred away.
    nextLogits: async ({ sequence }, signal) => (await sequenceOf(sequence).nextLogits(signal)).slice(),
    score: ({ sequence, ids }, signal) => sequenceOf(sequence).score(ids, signal),
    scoreBehind: (parameters, signal) => scoreBehind(loaded(), parameters, signal),
    generate: async ({ sequence: key, options }, signal, id) => {
      const sequence = sequenceOf(key);
      for await (const token of sequence.generate({ ...options, signal }))
        send({ type: "token", id, token, length: sequence.length });
      return sequence.length;
    },
    truncate: async ({ sequence, length }) => {
      sequenceOf(sequence).truncate(length);
      return sequenceOf(sequence).length;
    },
    fold: async ({ sequence }, signal) => ({
      slots: await sequenceOf(sequence).fold(signal),
      length: sequenceOf(sequence).length,
    }),
    exportRows: ({ sequence, start, count }, signal) => sequenceOf(sequence).exportRows(start, count, signal),
    close: async ({ sequence }) => {
      sequences.delete(sequence);
      return null;
    },
    unload: async () => {
      sequences.clear();
      await model?.[Symbol.asyncDispose]();
      model = null;
      return null;
    },
  };
}

/** Large results move to the other thread instead of being copied. */
function transferable(value: ResultOf<OperationName>): ArrayBuffer[] {
  if (value instanceof Float32Array) return ownBuffer(value);
  if (value !== null && typeof value === "object" && "payload" in value) return ownBuffer(value.payload);
  if (value !== null && typeof value === "object" && "codes" in value) return ownBuffer(value.codes);
  return [];
}

function ownBuffer(data: Float32Array | Uint16Array | Uint8Array): ArrayBuffer[] {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength ? [data.buffer] : [];
}
