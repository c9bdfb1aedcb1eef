/**
 * The page's end of the contract: call, stream, stop, cancel over one FramePort.
 * Owns: request ids, the hello, credit, the revival of errors. Knows nothing about transports, React or reconnecting:
 * one client lives as long as one connection. Results are trusted to be what the contract says; tests check them.
 */
import type {
  CallName,
  CallParams,
  CallResult,
  StreamEvent,
  StreamName,
  StreamParams,
} from "../../engine/protocol/contract.ts";
import { EngineError, reviveError, type ErrorEnvelope } from "../../engine/protocol/errors.ts";
import type { Frame, FramePort } from "../../engine/protocol/frames.ts";
import { APP_VERSION, PROTOCOL_VERSION } from "../../engine/protocol/version.ts";

/** Event batches that a stream of this page may have in flight unread. */
const STREAM_CREDIT = 8;

interface Waiting {
  readonly onResult: (value: unknown) => void;
  readonly onError: (error: EngineError) => void;
  readonly onEvents: (values: readonly unknown[]) => void;
  readonly onEnd: () => void;
}

/** A stream being read. Each step is one batch of events; asking for the next one says that the last was drawn. */
export interface EngineStream<E> extends AsyncIterable<readonly E[]> {
  /** Keep what there is: the stream goes on to its own end with finishReason "stopped". */
  stop(): void;
}

export class EngineClient {
  readonly #port: FramePort;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #closed: EngineError | undefined;
  readonly #ready: Promise<void>;

  /** Says hello at once; `ready` settles when the engine has answered with the same protocol version. */
  constructor(port: FramePort) {
    this.#port = port;
    this.#ready = new Promise((resolve, reject) => {
      port.onFrame((frame) => this.#receive(frame, resolve, reject));
      port.onClose(() => {
        const error = new EngineError("EngineCrashed", "the connection to the engine was closed");
        this.#fail(error);
        reject(error);
      });
    });
    // A caller may never look at `ready`; its failure also reaches every request.
    this.#ready.catch(() => undefined);
    port.send({ kind: "hello", protocol: PROTOCOL_VERSION, build: APP_VERSION });
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  /** One request, one result. Aborting the signal cancels the work and rejects with `Cancelled`. */
  async call<M extends CallName>(method: M, params: CallParams<M>, signal?: AbortSignal): Promise<CallResult<M>> {
    await this.#ready;
    throwIfClosed(this.#closed);
    return new Promise<CallResult<M>>((resolve, reject) => {
      const id = this.#nextId++;
      const leave = this.#onAbort(id, signal, reject);
      this.#waiting.set(id, {
        onResult: (value) => {
          leave();
          // The engine checks results against the contract before they are sent.
          resolve(value as CallResult<M>);
        },
        onError: (error) => {
          leave();
          reject(error);
        },
        onEvents: () => undefined,
        onEnd: () => reject(new EngineError("Internal", `${method} ended without a result`)),
      });
      if (this.#waiting.has(id) && !signal?.aborted) this.#port.send({ kind: "request", id, method, params });
    });
  }

  /** A stream of event batches. Leaving the loop, or aborting the signal, cancels the work behind it. */
  stream<M extends StreamName>(method: M, params: StreamParams<M>, signal: AbortSignal): EngineStream<StreamEvent<M>> {
    const id = this.#nextId++;
    const queue = new BatchQueue<StreamEvent<M>>();
    const open = async (): Promise<void> => {
      await this.#ready;
      throwIfClosed(this.#closed);
      const leave = this.#onAbort(id, signal, (error) => queue.fail(error));
      this.#waiting.set(id, {
        onResult: () => queue.end(),
        onError: (error) => {
          leave();
          queue.fail(error);
        },
        onEvents: (values) => queue.push(values as readonly StreamEvent<M>[]),
        onEnd: () => {
          leave();
          queue.end();
        },
      });
      if (!signal.aborted) this.#port.send({ kind: "request", id, method, params, credit: STREAM_CREDIT });
    };
    open().catch((error: unknown) => queue.fail(error));
    const close = (): void => {
      if (this.#waiting.delete(id)) this.#port.send({ kind: "cancel", id });
    };
    return {
      stop: () => {
        if (this.#waiting.has(id)) this.#port.send({ kind: "stop", id });
      },
      [Symbol.asyncIterator]: () => queue.iterate(() => this.#give(id), close),
    };
  }

  /** Ends the connection; everything that waits fails with `Cancelled`. */
  close(): void {
    this.#fail(new EngineError("Cancelled", "the page closed the connection"));
    this.#port.close();
  }

  #give(id: number): void {
    if (this.#waiting.has(id)) this.#port.send({ kind: "credit", id, count: 1 });
  }

  /** Wires a signal to a `cancel` frame; returns how to unwire it. */
  #onAbort(id: number, signal: AbortSignal | undefined, reject: (error: EngineError) => void): () => void {
    if (signal === undefined) return () => undefined;
    const abort = (): void => {
      if (this.#waiting.delete(id)) this.#port.send({ kind: "cancel", id });
      reject(new EngineError("Cancelled", "cancelled"));
    };
    if (signal.aborted) queueMicrotask(abort);
    else signal.addEventListener("abort", abort, { once: true });
    return () => signal.removeEventListener("abort", abort);
  }

  #receive(raw: unknown, onReady: () => void, onRefused: (error: EngineError) => void): void {
    const frame = raw as Frame;
    switch (frame.kind) {
      case "hello": {
        if (frame.protocol === PROTOCOL_VERSION) return onReady();
        const error = new EngineError(
          "VersionMismatch",
          `the window speaks protocol ${PROTOCOL_VERSION}, the engine ${frame.protocol} (${frame.build})`,
        );
        this.#fail(error);
        return onRefused(error);
      }
      case "result":
        return this.#take(frame.id)?.onResult(frame.value);
      case "error":
        return this.#take(frame.id)?.onError(reviveError(frame.error as ErrorEnvelope));
      case "events":
        return this.#waiting.get(frame.id)?.onEvents(frame.values);
      case "end":
        return this.#take(frame.id)?.onEnd();
      case "request":
      case "cancel":
      case "stop":
      case "credit":
        // The engine asks nothing of a page.
        return undefined;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #fail(error: EngineError): void {
    this.#closed ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.onError(error);
  }
}

function throwIfClosed(error: EngineError | undefined): void {
  if (error !== undefined) throw error;
}

/** Batches between the wire and one reader, in order; errors come after what was received before them. */
class BatchQueue<E> {
  readonly #batches: (readonly E[])[] = [];
  #wake: (() => void) | undefined;
  #error: unknown;
  #isOver = false;

  push(batch: readonly E[]): void {
    this.#batches.push(batch);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#error = error;
    this.end();
  }

  async *iterate(onDrawn: () => void, onLeave: () => void): AsyncGenerator<readonly E[]> {
    try {
      for (;;) {
        const batch = this.#batches.shift();
        if (batch !== undefined) {
          yield batch;
          onDrawn();
          continue;
        }
        if (this.#isOver) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      onLeave();
    }
  }
}
