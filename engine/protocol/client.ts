/**
 * The asking side of the contract: promises for calls, async iterables for streams.
 * Runs in the renderer, the host and the command line over any FramePort. Knows nothing about transports, schemas or
 * reconnecting: one client lives as long as one connection. What it imports at run time must stay free of the schema
 * library, because the page bundles it.
 */
import type { CallName, CallParams, CallResult, StreamEvent, StreamName, StreamParams } from "./contract.ts";
import { EngineError, reviveError, type ErrorEnvelope } from "./errors.ts";
import type { Frame, FramePort } from "./frames.ts";
import { INITIAL_CREDIT } from "./limits.ts";
import { APP_VERSION, PROTOCOL_VERSION } from "./version.ts";

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: EngineError): void;
}

/** Aborting `signal` cancels the work behind a request, which then fails with `Cancelled`. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A stream being read, event by event. Leaving the loop early cancels it; `stop` keeps what there is and lets it end by
 * itself. A batch's credit goes back when the reader asks for what comes after it.
 */
export interface EventStream<T> extends AsyncIterable<T> {
  /** The same events as they came over the wire: a window draws a batch at a time. */
  batches(): AsyncIterable<readonly T[]>;
  stop(): void;
  cancel(): void;
}

export class EngineClient {
  readonly #port: FramePort;
  readonly #calls = new Map<number, PendingCall>();
  readonly #streams = new Map<number, StreamReader<unknown>>();
  readonly #greeted = Promise.withResolvers<void>();
  #nextId = 1;
  #closed: EngineError | null = null;

  /** Says hello at once. Requests may follow without waiting: they are answered after the hello. */
  constructor(port: FramePort) {
    this.#port = port;
    // A caller may never look at `ready`; its failure also reaches every request.
    this.#greeted.promise.catch(() => undefined);
    port.onFrame((raw) => this.#receive(raw as Frame));
    port.onClose(() => this.#fail(new EngineError("EngineCrashed", "the connection to the reading engine ended")));
    port.send({ kind: "hello", protocol: PROTOCOL_VERSION, build: APP_VERSION });
  }

  /** Settles when the engine has said hello. Errors: `VersionMismatch`; `EngineCrashed` when it went before that. */
  get ready(): Promise<void> {
    return this.#greeted.promise;
  }

  /** Errors: EngineError with the engine's code; `EngineCrashed` when the connection ends first. */
  call<M extends CallName>(method: M, params: CallParams<M>, options: RequestOptions = {}): Promise<CallResult<M>> {
    return this.callAny(method, params, options) as Promise<CallResult<M>>;
  }

  /** A call outside the public table (the host's own methods). The caller names the result. */
  callAny(method: string, params: unknown, options: RequestOptions = {}): Promise<unknown> {
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

  /** Errors reach the reader of the stream: as for `call`, after the events received before them. */
  stream<M extends StreamName>(
    method: M,
    params: StreamParams<M>,
    { signal }: RequestOptions = {},
  ): EventStream<StreamEvent<M>> {
    const id = this.#nextId++;
    const cancel = (): void => reader.cancel();
    const reader = new StreamReader<StreamEvent<M>>(id, this.#port, () => {
      this.#streams.delete(id);
      signal?.removeEventListener("abort", cancel);
    });
    const refusal = this.#closed ?? (signal?.aborted === true ? new EngineError("Cancelled", "cancelled") : null);
    if (refusal) {
      reader.fail(refusal);
      return reader;
    }
    this.#streams.set(id, reader);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#port.send({ kind: "request", id, method, params, credit: INITIAL_CREDIT });
    return reader;
  }

  /** Ends the connection; everything that waits fails with `Cancelled`. */
  close(): void {
    this.#fail(new EngineError("Cancelled", "the client was closed"));
    this.#port.close();
  }

  #receive(frame: Frame): void {
    if (frame.kind === "hello") {
      if (frame.protocol === PROTOCOL_VERSION) this.#greeted.resolve();
      else this.#fail(versionMismatch(frame.protocol, frame.build));
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
    this.#greeted.reject(error);
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
class StreamReader<T> implements EventStream<T> {
  readonly #id: number;
  readonly #port: FramePort;
  readonly #onDone: () => void;
  readonly #batches: (readonly T[])[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: EngineError | null = null;

  constructor(id: number, port: FramePort, onDone: () => void) {
    this.#id = id;
    this.#port = port;
    this.#onDone = onDone;
  }

  push(values: readonly unknown[]): void {
    // The engine checks events against the contract before they are sent.
    this.#batches.push(values as readonly T[]);
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

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly T[]> {
    try {
      for (;;) {
        const batch = this.#batches.shift();
        if (batch) {
          yield batch;
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
