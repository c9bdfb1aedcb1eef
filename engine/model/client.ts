/**
 * A language model as the engine's thread uses it: every call goes through one lane to the computing thread.
 * Owns: priorities, the names of sequences, turning tokens into an async iterable. Computes nothing.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { openModelTokenizer } from "../tokenizer/model-tokenizer.ts";
import type { ModelTokenizer } from "../tokenizer/types.ts";
import { Lane } from "./lane.ts";
import type { OperationName, ParametersOf, ResultOf } from "./messages.ts";
import type { ScoredTokens } from "./score-tokens.ts";
import { TokenStream } from "./token-stream.ts";
import type {
  CallOptions,
  DecodeState,
  GenerateOptions,
  LanguageModel,
  LoadModelOptions,
  ModelInfo,
  NumberedMemory,
  Priority,
  SegmentMemory,
  ViewEntry,
} from "./types.ts";
import { WorkerLink } from "./worker-link.ts";

/** Starts the computing thread and loads the package there. Errors: ModelMissing, ModelIncompatible, ModelLoadFailed. */
export async function loadModel(options: LoadModelOptions): Promise<LanguageModel> {
  const tokenizer = openModelTokenizer(options.folder);
  const link = new WorkerLink();
  try {
    const info = await link.request("load", options, { signal: neverAborted() });
    return new WorkerModel(link, info, tokenizer);
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

class WorkerModel implements LanguageModel {
  readonly info: ModelInfo;
  readonly tokenizer: ModelTokenizer;
  readonly #channel: Channel;
  #nextSequence = 1;

  constructor(link: WorkerLink, info: ModelInfo, tokenizer: ModelTokenizer) {
    this.info = info;
    this.tokenizer = tokenizer;
    this.#channel = new Channel(link);
  }

  encodeSegment(ids: readonly number[], options: CallOptions & { readonly ratio?: number }): Promise<SegmentMemory> {
    const ratio = options.ratio ?? this.info.memory.defaultRatio;
    return this.#channel.call("encode", { ids, ratio }, options.priority ?? "background", options.signal);
  }

  async openView(entries: readonly ViewEntry[], options: CallOptions): Promise<DecodeState> {
    const sequence = this.#nextSequence++;
    const length = await this.#channel.call(
      "open",
      { sequence, entries },
      options.priority ?? "foreground",
      options.signal,
    );
    return new WorkerSequence(this.#channel, sequence, length);
  }

  scoreBehind(tokens: ScoredTokens, options: CallOptions): Promise<Float32Array> {
    return this.#channel.call("scoreBehind", tokens, options.priority ?? "foreground", options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel.close();
  }
}

class WorkerSequence implements DecodeState {
  readonly #channel: Channel;
  readonly #sequence: number;
  #length: number;
  #isClosed = false;

  constructor(channel: Channel, sequence: number, length: number) {
    this.#channel = channel;
    this.#sequence = sequence;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  async prefill(ids: readonly number[], options: CallOptions): Promise<void> {
    this.#length = await this.#call("prefill", { sequence: this.#sequence, ids }, options);
  }

  nextLogits(options: CallOptions): Promise<Float32Array> {
    return this.#call("nextLogits", { sequence: this.#sequence }, options);
  }

  async score(ids: readonly number[], options: CallOptions): Promise<Float32Array> {
    const likelihoods = await this.#call("score", { sequence: this.#sequence, ids }, options);
    this.#length += ids.length;
    return likelihoods;
  }

  async *generate(options: GenerateOptions): AsyncGenerator<number> {
    const { signal, ...plain } = options;
    throwIfCancelled(signal);
    // Leaving the loop cancels, and so does the caller's signal.
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const tokens = new TokenStream();
    const ended = this.#channel
      .call("generate", { sequence: this.#sequence, options: plain }, "foreground", either, (token, length) => {
        this.#length = length;
        tokens.push(token);
      })
      .then(
        (length) => {
          this.#length = length;
          tokens.end();
        },
        (error: unknown) => tokens.fail(error),
      );
    try {
      yield* tokens;
    } finally {
      left.abort();
      await ended;
    }
  }

  async truncate(length: number): Promise<void> {
    const options = { signal: neverAborted() };
    this.#length = await this.#call("truncate", { sequence: this.#sequence, length }, options);
  }

  async fold(options: CallOptions): Promise<number> {
    const { slots, length } = await this.#call("fold", { sequence: this.#sequence }, options);
    this.#length = length;
    return slots;
  }

  exportRows(start: number, count: number): Promise<NumberedMemory> {
    return this.#call("exportRows", { sequence: this.#sequence, start, count }, { signal: neverAborted() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#channel.call("close", { sequence: this.#sequence }, "foreground", neverAborted());
  }

  #call<N extends OperationName>(
    operation: N,
    parameters: ParametersOf<N>,
    options: CallOptions,
  ): Promise<ResultOf<N>> {
    return this.#channel.call(operation, parameters, options.priority ?? "foreground", options.signal);
  }
}

/** Lane and link together: one operation at a time reaches the computing thread. */
class Channel {
  readonly #lane = new Lane();
  readonly #link: WorkerLink;

  constructor(link: WorkerLink) {
    this.#link = link;
  }

  call<N extends OperationName>(
    operation: N,
    parameters: ParametersOf<N>,
    priority: Priority,
    signal: AbortSignal,
    onToken?: (token: number, length: number) => void,
  ): Promise<ResultOf<N>> {
    return this.#lane.run(priority, signal, () =>
      this.#link.request(operation, parameters, onToken === undefined ? { signal } : { signal, onToken }),
    );
  }

  async close(): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
