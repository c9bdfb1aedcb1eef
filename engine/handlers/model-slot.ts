/**
 * The models of this engine: the language model and the reader, each loaded once in the background, or the reason why not.
 * Everything but memory and generation works without the one; search decides alone without the other.
 */
import { EngineError, toEnvelope, type ErrorEnvelope } from "../protocol/index.ts";
import type { LanguageModel } from "../model/types.ts";
import type { PassageReader } from "../reading/reading.ts";

export class Slot<T extends AsyncDisposable> {
  readonly #loading: Promise<T>;
  #model: T | null = null;
  #error: ErrorEnvelope | null = null;

  constructor(loading: Promise<T>) {
    this.#loading = loading;
    this.#loading.then(
      (model) => (this.#model = model),
      (error: unknown) => (this.#error = toEnvelope(error)),
    );
  }

  /** The model if it is there now. */
  get now(): T | null {
    return this.#model;
  }
  get error(): ErrorEnvelope | null {
    return this.#error;
  }

  /** Errors: why it could not be loaded (ModelMissing, ModelIncompatible, ModelLoadFailed); `Cancelled`. */
  async get(signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw new EngineError("Cancelled", "cancelled");
    return await Promise.race([
      this.#loading,
      new Promise<never>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(new EngineError("Cancelled", "cancelled")), { once: true }),
      ),
    ]);
  }

  async close(): Promise<void> {
    await this.#model?.[Symbol.asyncDispose]();
  }
}

export type ModelSlot = Slot<LanguageModel>;
export type ReaderSlot = Slot<PassageReader>;
