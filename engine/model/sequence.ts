/**
 * One sequence under way, on the runtime's side of the seam: a cache, the tokens not yet fed, the logits after the last.
 * Owns: prefill in slices, scoring, generation, tail folding, and that each run is followed by a look at the signal.
 * Knows nothing about messages, queues, prompts.
 *
 * The last token is fed only when its logits are wanted: prefill of one slice less, and scoring gets the likelihood of
 * its first id from the same run as the rest.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Decoder } from "./decoder.ts";
import { numbersOf, type Restorer } from "./codes.ts";
import type { Encoder } from "./encoder.ts";
import { KvCache, rowsAsMemory } from "./kv-cache.ts";
import { logLikelihood, Sampler } from "./sampler.ts";
import { checkIds } from "./raw-layout.ts";
import type { GenerateOptions, MemoryInfo, NumberedMemory, ViewEntry } from "./types.ts";

export interface SequenceParts {
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly restorer: Restorer | null;
  readonly memory: MemoryInfo;
}

export class Sequence {
  readonly #decoder: Decoder;
  readonly #encoder: Encoder;
  readonly #restorer: Restorer | null;
  readonly #memory: MemoryInfo;
  readonly #cache: KvCache;
  #pending: number[] = [];
  #logits: Float32Array | null = null;

  constructor(parts: SequenceParts) {
    this.#decoder = parts.decoder;
    this.#encoder = parts.encoder;
    this.#restorer = parts.restorer;
    this.#memory = parts.memory;
    this.#cache = new KvCache(this.#decoder.config.shape, this.#decoder.frequencies);
  }

  get length(): number {
    return this.#cache.length + this.#pending.length;
  }

  /** Lays entries out in order. Errors: ContextOverflow before anything is computed. */
  async open(entries: readonly ViewEntry[], signal: AbortSignal): Promise<void> {
    const positions = entries.reduce(
      (sum, one) => sum + (one.kind === "tokens" ? one.ids.length : one.memory.slots),
      0,
    );
    this.#checkRoom(positions);
    this.#cache.reserve(this.length + positions);
    for (const entry of entries) {
      if (entry.kind === "tokens") {
        await this.prefill(entry.ids, signal);
      } else {
        await this.#feed(this.#pending.splice(0), signal);
        this.#cache.appendMemory(await numbersOf(entry.memory, this.#restorer));
        this.#logits = null;
      }
    }
  }

  async prefill(ids: readonly number[], signal: AbortSignal): Promise<void> {
    if (ids.length === 0) return;
    checkIds(ids, this.#decoder.config.shape.vocabulary);
    this.#checkRoom(ids.length);
    this.#logits = null;
    const waiting = [...this.#pending, ...ids];
    this.#pending = waiting.slice(-1);
    try {
      await this.#feed(waiting.slice(0, -1), signal);
    } catch (error) {
      // Cancelled half-way: the state stays consistent, with what was fed so far.
      this.#pending = [];
      throw error;
    }
  }

  async nextLogits(signal: AbortSignal): Promise<Float32Array> {
    if (this.#logits !== null) return this.#logits;
    const [id] = this.#pending;
    if (id === undefined)
      throw new EngineError(
        "InvalidRequest",
        "nothing to continue: the view ends with a memory; append at least one token",
      );
    throwIfCancelled(signal);
    this.#logits = await this.#decoder.run(this.#cache, [id], { kind: "logits" });
    this.#pending = [];
    return this.#logits;
  }

  /** Natural-log likelihoods (T) of `ids`; they become part of the sequence. */
  async score(ids: readonly number[], signal: AbortSignal): Promise<Float32Array> {
    checkIds(ids, this.#decoder.config.shape.vocabulary);
    this.#checkRoom(ids.length);
    const out = new Float32Array(ids.length);
    const [first, last] = [ids[0], ids.at(-1)];
    if (first === undefined || last === undefined) return out;
    const fed = [...this.#pending, ...ids.slice(0, -1)];
    let scored = 0;
    if (this.#pending.length === 0) out[scored++] = logLikelihood(await this.nextLogits(signal), first);
    this.#pending = [];
    this.#logits = null;
    for (let at = 0; at < fed.length; at += this.#decoder.sliceLength) {
      throwIfCancelled(signal);
      const slice = fed.slice(at, at + this.#decoder.sliceLength);
      const targets = ids.slice(scored, scored + slice.length);
      out.set(await this.#decoder.run(this.#cache, slice, { kind: "likelihoods", targets }), scored);
      scored += slice.length;
    }
    this.#pending = [last];
    return out;
  }

  /** Ids as chosen; each is part of the sequence when it is yielded. */
  async *generate(options: GenerateOptions): AsyncGenerator<number> {
    const sampler = new Sampler(options);
    const stopIds = new Set(options.stopIds ?? []);
    for (let count = 0; count < options.maxTokens; count++) {
      const id = sampler.pick(await this.nextLogits(options.signal));
      throwIfCancelled(options.signal);
      if (stopIds.has(id)) return;
      if (this.length >= this.#maxPositions) {
        const hasRoom = options.whenFull !== "stop" && (await this.fold(options.signal)) > 0;
        if (!hasRoom) return;
      }
      this.#pending = [id];
      this.#logits = null;
      yield id;
    }
  }

  /** Gives up everything after the first `length` positions. */
  truncate(length: number): void {
    if (length === this.length) return;
    const { tailStart } = this.#cache;
    if (length > this.length || length < tailStart)
      throw new EngineError("InvalidRequest", `cut at ${length}; ${tailStart} to ${this.length} is possible`);
    this.#logits = null;
    // The token before the cut has to be fed again, for its logits.
    const keepUntil = Math.max(tailStart, length - 1);
    this.#pending = this.#cache.tailIds.slice(keepUntil - tailStart, length - tailStart);
    this.#cache.truncate(keepUntil);
  }

  /** Slots gained, 0 when the tail is shorter than a segment. Errors: Cancelled. */
  async fold(signal: AbortSignal): Promise<number> {
    const { segmentLength } = this.#memory;
    const ids = this.#cache.tailIds.slice(0, segmentLength);
    if (ids.length < segmentLength) return 0;
    const encoded = await this.#encoder.encode(ids, foldRatio(this.#memory), signal);
    const memory = await numbersOf(encoded, this.#restorer);
    this.#cache.foldTail(segmentLength, memory);
    return memory.slots;
  }

  async exportRows(start: number, count: number, signal: AbortSignal): Promise<NumberedMemory> {
    // The pending token has no row yet; its logits are kept for whoever asks next.
    if (start + count > this.#cache.length && this.#pending.length > 0) await this.nextLogits(signal);
    const { kvHeads, headDim } = this.#decoder.config.shape;
    return rowsAsMemory(this.#cache.tailRows(start, count), kvHeads * headDim);
  }

  get #maxPositions(): number {
    return this.#decoder.config.maxPositions;
  }

  async #feed(ids: readonly number[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < ids.length; at += this.#decoder.sliceLength) {
      throwIfCancelled(signal);
      await this.#decoder.run(this.#cache, ids.slice(at, at + this.#decoder.sliceLength), { kind: "rows only" });
    }
  }

  #checkRoom(count: number): void {
    if (this.length + count <= this.#maxPositions) return;
    throw new EngineError(
      "ContextOverflow",
      `${this.length} + ${count} positions; this model has ${this.#maxPositions}`,
      { hint: "Show fewer memories or passages." },
    );
  }
}

/** Folding must gain room, so codes of which every token could be shown are thinned as far as they may be. */
function foldRatio({ ratios, defaultRatio }: MemoryInfo): number {
  return defaultRatio > 1 ? defaultRatio : Math.max(...ratios);
}
