/**
 * The one language model of this engine: loaded once in the background, or the reason why not.
 * Everything but memory and generation works without it.
 */
import { EngineError, toEnvelope, type ErrorEnvelope } from "../protocol/index.ts";
import type { LanguageModel, LoadModelOptions } from "../model/types.ts";

export class ModelSlot {
  readonly #loading: Promise<LanguageModel>;
  #model: LanguageModel | null = null;
  #error: ErrorEnvelope | null = null;

  constructor(load: (options: LoadModelOptions) => Promise<LanguageModel>, options: LoadModelOptions) {
    this.#loading = load(options);
    this.#loading.then(
      (model) => (this.#model = model),
      (error: unknown) => (this.#error = toEnvelope(error)),
    );
  }

  /** The model if it is there now. */
  get now(): LanguageModel | null {
    return this.#model;
  }
  get error(): ErrorEnvelope | null {
    return this.#error;
  }

  /** Errors: why it could not be loaded (ModelMissing, ModelIncompatible, ModelLoadFailed); `Cancelled`. */
  async get(signal: AbortSignal): Promise<LanguageModel> {
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
