/**
 * The asking side of the contract: promises for calls, async iterables for streams.
 * Runs in the renderer, the host and the command line over any FramePort. Knows nothing about transports or schemas.
 */
import type { CallName, CallParams, CallResult, StreamEvent, StreamName, StreamParams } from "./contract.ts";
import { EngineError, reviveError, type ErrorEnvelope } from "./errors.ts";
import { INITIAL_CREDIT, type Frame, type FramePort } from "./frames.ts";
import { APP_VERSION, PROTOCOL_VERSION } from "./version.ts";

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: EngineError): void;
}

/** A stream being read. Leaving the loop early cancels it; `stop` keeps what there is and lets it end by itself. */
export interface EventStream<T> extends AsyncIterable<T> {
  stop(): void;
  cancel(): void;
}

export class EngineClient {
  readonly #port: FramePort;
  readonly #calls = new Map<number, PendingCall>();
  readonly #streams = new Map<number, StreamReader>();
  #nextId = 1;
  #closed: EngineError | null = null;

  constructor(port: FramePort) {
    this.#port = port;
    port.onFrame((raw) => this.#receive(raw as Frame));
    port.onClose(() => this.#fail(new EngineError("EngineCrashed", "the connection to the reading engine ended")));
    port.send({ kind: "hello", protocol: PROTOCOL_VERSION, build: APP_VERSION });
  }

  /** Errors: EngineError with the engine's code; `EngineCrashed` when the connection ends first. */
  call<M extends CallName>(
    method: M,
    params: CallParams<M>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<CallResult<M>> {
    return this.callAny(method, params, options) as Promise<CallResult<M>>;
  }

  /** A call outside the public table (the host's own methods). The caller names the result. */
  callAny(method: string, params: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      if (options.signal?.aborted) return reject(new EngineError("Cancelled", "cancelled"));
      const id = this.#nextId++;
      const cancel = () => this.#port.send({ kind: "cancel", id });
      const settled = () => options.signal?.removeEventListener("abort", cancel);
      this.#calls.set(id, {
        resolve: (value) => (settled(), resolve(value)),
        reject: (error) => (settled(), reject(error)),
      });
      options.signal?.addEventListener("abort", cancel, { once: true });
      this.#port.send({ kind: "request", id, method, params });
    });
  }

  stream<M extends StreamName>(
    method: M,
    params: StreamParams<M>,
    options: { readonly signal?: AbortSignal } = {},
  ): EventStream<StreamEvent<M>> {
    const id = this.#nextId++;
    const reader = new StreamReader(id, this.#port, () => this.#streams.delete(id));
    if (this.#closed) {
      reader.fail(this.#closed);
      return reader as EventStream<StreamEvent<M>>;
    }
    this.#streams.set(id, reader);
    options.signal?.addEventListener("abort", () => reader.cancel(), { once: true });
    this.#port.send({ kind: "request", id, method, params, credit: INITIAL_CREDIT });
    if (options.signal?.aborted) reader.cancel();
    return reader as EventStream<StreamEvent<M>>;
  }

  close(): void {
    this.#port.close();
    this.#fail(new EngineError("Cancelled", "the client was closed"));
  }

  #receive(frame: Frame): void {
    if (frame.kind === "hello") {
      if (frame.protocol !== PROTOCOL_VERSION) this.#fail(versionMismatch(frame.protocol, frame.build));
      return;
    }
    if (frame.kind === "request" || !("id" in frame)) return;
    const call = this.#calls.get(frame.id);
    const stream = this.#streams.get(frame.id);
    if (frame.kind === "result") call?.resolve(frame.value);
    else if (frame.kind === "error") {
      const error = reviveError(frame.error as ErrorEnvelope);
      call?.reject(error);
      stream?.fail(error);
    } else if (frame.kind === "events") stream?.push(frame.values);
    else if (frame.kind === "end") stream?.end();
    if (frame.kind === "result" || frame.kind === "error") this.#calls.delete(frame.id);
  }

  #fail(error: EngineError): void {
    if (this.#closed) return;
    this.#closed = error;
    for (const call of this.#calls.values()) call.reject(error);
    for (const stream of [...this.#streams.values()]) stream.fail(error);
    this.#calls.clear();
  }
}

export function versionMismatch(protocol: number, build: string): EngineError {
  return new EngineError(
    "VersionMismatch",
    `this part speaks protocol ${PROTOCOL_VERSION} (${APP_VERSION}), the other ${protocol} (${build})`,
    { hint: "Close every Longleaf window and command, then start it again." },
  );
}

/** Buffers events until they are read; gives one credit back for each batch that was read to its end. */
class StreamReader implements EventStream<unknown> {
  readonly #id: number;
  readonly #port: FramePort;
  readonly #onDone: () => void;
  readonly #batches: unknown[][] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: EngineError | null = null;

  constructor(id: number, port: FramePort, onDone: () => void) {
    this.#id = id;
    this.#port = port;
    this.#onDone = onDone;
  }

  push(values: readonly unknown[]): void {
    this.#batches.push([...values]);
    this.#wake?.();
  }
  end(): void {
    this.#ended = true;
    this.#onDone();
    this.#wake?.();
  }
  fail(error: EngineError): void {
    this.#error ??= error;
    this.end();
  }
  stop(): void {
    if (!this.#ended) this.#port.send({ kind: "stop", id: this.#id });
  }
  cancel(): void {
    if (this.#ended) return;
    this.#port.send({ kind: "cancel", id: this.#id });
    this.fail(new EngineError("Cancelled", "cancelled"));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const batch = this.#batches.shift();
        if (batch) {
          yield* batch;
          if (!this.#ended) this.#port.send({ kind: "credit", id: this.#id, count: 1 });
          continue;
        }
        if (this.#error) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
      }
    } finally {
      if (!this.#ended) this.cancel();
    }
  }
}
