/**
 * The engine's end of the line to the computing thread: requests out, replies matched by number.
 * Owns: the thread's life. When it dies, everything that waits ends with `EngineCrashed`.
 * Knows nothing about priorities or models.
 */
import { Worker } from "node:worker_threads";
import { EngineError, reviveError } from "../protocol/errors.ts";
import type { OperationName, ParametersOf, ResultOf, WorkerReply, WorkerRequest } from "./messages.ts";

interface Waiting {
  readonly onToken: (token: number, length: number) => void;
  readonly onEnd: (end: { readonly value: ResultOf<OperationName> } | { readonly error: EngineError }) => void;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly onToken?: (token: number, length: number) => void;
}

export class WorkerLink implements AsyncDisposable {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #death: EngineError | null = null;

  constructor() {
    this.#worker.on("message", (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on("error", (cause: unknown) =>
      this.#die(new EngineError("EngineCrashed", "the computing thread failed", { hint: "Restart Longleaf.", cause })),
    );
    this.#worker.on("exit", () =>
      this.#die(new EngineError("EngineCrashed", "the computing thread ended", { hint: "Restart Longleaf." })),
    );
    // An idle model must not keep the process alive.
    this.#worker.unref();
  }

  /** One operation. Errors: those of the operation; Cancelled; EngineCrashed. */
  async request<N extends OperationName>(
    operation: N,
    parameters: ParametersOf<N>,
    options: RequestOptions,
  ): Promise<ResultOf<N>> {
    if (this.#death !== null) throw this.#death;
    const id = this.#nextId++;
    const cancel = (): void => this.#worker.postMessage({ type: "cancel", id } satisfies WorkerRequest);
    const ended = new Promise<ResultOf<OperationName>>((resolve, reject) => {
      this.#waiting.set(id, {
        onToken: options.onToken ?? (() => undefined),
        onEnd: (end) => ("error" in end ? reject(end.error) : resolve(end.value)),
      });
    });
    this.#worker.ref();
    options.signal.addEventListener("abort", cancel, { once: true });
    try {
      this.#worker.postMessage({ type: "run", id, operation, parameters });
      // The worker answers each operation with its own result type; the id ties them together.
      return (await ended) as ResultOf<N>;
    } finally {
      options.signal.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#die(new EngineError("Internal", "the model was disposed and is used again"));
    await this.#worker.terminate();
  }

  #receive(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    if (reply.type === "token") waiting.onToken(reply.token, reply.length);
    else waiting.onEnd(reply.type === "error" ? { error: reviveError(reply.error) } : { value: reply.value });
  }

  #die(error: EngineError): void {
    this.#death ??= error;
    for (const waiting of this.#waiting.values()) waiting.onEnd({ error: this.#death });
  }
}
