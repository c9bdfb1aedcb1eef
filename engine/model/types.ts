/**
 * What the rest of the engine may know about a language model: ids go in, ids and memories come out.
 * Owns: the seam between engine/model and its users. Knows nothing about documents, prompts, files of the store.
 *
 * Shape letters everywhere in engine/model and engine/memory: T tokens, M memory slots, L layers, H query heads,
 * K key/value heads, D head width, C hidden width, V vocabulary.
 */
import type { ScoredTokens } from "./score-tokens.ts";
import type { ModelTokenizer } from "../tokenizer/types.ts";

/** Where the graphs run. `webgpu` is used only after a known-answer check against `cpu` on this very device. */
export type Provider = "cpu" | "webgpu";

/**
 * `int8`: rows of activations and columns of weights in 8 bits, but for small decoders, which can afford to be exact.
 * `float32`: everything, for parity with PyTorch.
 */
export type Quantization = "int8" | "float32";

/** A question waits for at most one segment of background reading, never the other way round. */
export type Priority = "foreground" | "background";

/** `stride`: untrained; every r-th token read a second time. The honest control that a trained memory must beat. */
export type MemoryKind = "residual-codes-kv" | "span-tiled-gist-kv" | "stride";

/** In how many bits a number of a memory is kept, or its codes; see engine/memory/codec.ts. */
export type StoredPrecision = "int8" | "int4" | "codes";

export interface MemoryInfo {
  readonly kind: MemoryKind;
  readonly isTrained: boolean;
  /** Tokens of a full segment. */
  readonly segmentLength: number;
  /** Source tokens per memory slot that the adapter was trained for, or that a view of its codes may show. */
  readonly ratios: readonly number[];
  readonly defaultRatio: number;
  /** Tokens before the segment that its memory may depend on; 0 today. */
  readonly leftContext: number;
  /** Most slots in one view that it was trained with; null: as many as fit. */
  readonly maxSlots: number | null;
  /** How its memories are to be kept: what the adapter was trained to bear. */
  readonly precision: StoredPrecision;
  /** How many times smaller than keys and values of all tokens in 16 bits it is kept. */
  readonly compression: number;
}

export interface ModelShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocabulary: number;
}

export interface ModelInfo {
  /** Folder name of the package. */
  readonly name: string;
  /** `model_type` of config.json: llama, qwen2, qwen3, mistral. */
  readonly family: string;
  readonly parameters: number;
  readonly shape: ModelShape;
  /** Positions the model may use: memory slots + tokens. */
  readonly maxPositions: number;
  readonly memory: MemoryInfo;
  /** Hex sha256. `adapter` is empty for an untrained memory. */
  readonly hashes: { readonly weights: string; readonly tokenizer: string; readonly adapter: string };
  /** Changes whenever compiled graphs could give other numbers; part of every memory's key. Includes the quantisation. */
  readonly graphVersion: string;
  readonly quantization: Quantization;
  readonly provider: Provider;
  /** Why the provider is not the one asked for; empty when it is. */
  readonly providerReason: string;
}

/** What is kept of a segment. */
export type SegmentMemory = NumberedMemory | CodedMemory;

/** The text and what it does not tell: numbers of codewords, from which the model makes keys and values again. */
export interface CodedMemory {
  readonly layers: number;
  /** Shown to a model: M = ceil(T / ratio). */
  readonly slots: number;
  /** Numbers per layer and slot once they are made again: 2 K D. */
  readonly width: number;
  /** Every ratio-th token is shown; codes are there for all, so another view may show more. */
  readonly ratio: number;
  /** Source tokens behind it: T. */
  readonly tokens: number;
  /** (T) token ids. */
  readonly ids: Uint32Array;
  /** (T, G), G = (L - 1) 2 groups; training/codes.py. */
  readonly codes: Uint8Array;
}

/**
 * Keys and values of M rows in every layer.
 *
 * Shapes   payload  float16 bits  (L, M, 2 K D)   a slot's keys (K, D) before rotary, then its values (K, D)
 */
export interface NumberedMemory {
  readonly layers: number;
  readonly slots: number;
  /** Numbers per layer and slot: 2 K D. */
  readonly width: number;
  /** Source tokens per slot; 1 for raw keys and values. */
  readonly ratio: number;
  /** Source tokens behind it. */
  readonly tokens: number;
  readonly payload: Uint16Array;
}

export function isCoded(memory: SegmentMemory): memory is CodedMemory {
  return "codes" in memory;
}

/** The same codes, of which a model is shown every `ratio`-th token. */
export function thinned(memory: CodedMemory, ratio: number): CodedMemory {
  return { ...memory, ratio, slots: Math.ceil(memory.tokens / ratio) };
}

/** A piece of what the decoder sees, in order. Memories take one position per slot, tokens one each. */
export type ViewEntry =
  | { readonly kind: "tokens"; readonly ids: readonly number[] }
  | { readonly kind: "memory"; readonly memory: SegmentMemory };

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Default: foreground for views and generation, background for segments. */
  readonly priority?: Priority;
}

export interface GenerateOptions {
  readonly signal: AbortSignal;
  /** At most this many ids are produced. */
  readonly maxTokens: number;
  /** 0 is greedy (default). */
  readonly temperature?: number;
  /** Keep the k likeliest ids; 0 keeps all (default). */
  readonly topK?: number;
  /** Keep the likeliest ids up to this mass; 1 keeps all (default). */
  readonly topP?: number;
  /** Same view, options and seed: same ids on the same device. Default 0. */
  readonly seed?: number;
  /** Ends before such an id; it is not produced. */
  readonly stopIds?: readonly number[];
  /** Default: the oldest local tokens become memory when positions run out. `stop`: generation ends there. */
  readonly whenFull?: "fold" | "stop";
}

/** One sequence under way: caches, positions, the token to be fed next. Dispose it. */
export interface DecodeState extends AsyncDisposable {
  /** Positions in use: memory slots + tokens. */
  readonly length: number;
  /** Appends tokens. Errors: ContextOverflow, Cancelled. Runs in slices, each its own model call. */
  prefill(ids: readonly number[], options: CallOptions): Promise<void>;
  /** Raw logits (V) of the token to come. */
  nextLogits(options: CallOptions): Promise<Float32Array>;
  /** Natural-log likelihood of each of `ids`, given all before it; the ids are then part of the state. */
  score(ids: readonly number[], options: CallOptions): Promise<Float32Array>;
  /** Ids as they are chosen. They become part of the state. Breaking out of the loop cancels. */
  generate(options: GenerateOptions): AsyncIterable<number>;
  /** Forgets all tokens after the first `length` positions. Memories are never cut. */
  truncate(length: number): Promise<void>;
  /**
   * Tail folding: the FIRST `segmentLength` tokens after the last memory become memory slots in their place, all later
   * tokens move up. Source: methods.md 1.7 (the reference code drops the last ones). Returns the slots gained, 0 when too short.
   */
  fold(options: CallOptions): Promise<number>;
  /** Keys and values of `count` tokens from position `start` as a memory with ratio 1, exact for their true left context. */
  exportRows(start: number, count: number): Promise<NumberedMemory>;
}

export interface LanguageModel extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly tokenizer: ModelTokenizer;
  /**
   * Reads one segment. A pure function of (weights, adapter, ids, ratio): same bytes in any order or company.
   * Errors: InvalidRequest for an empty or over-long segment, Cancelled within one model call.
   */
  encodeSegment(ids: readonly number[], options: CallOptions & { readonly ratio?: number }): Promise<SegmentMemory>;
  /** Lays the entries out at positions 0.. and reads the token entries. Errors: ContextOverflow, ModelIncompatible. */
  openView(entries: readonly ViewEntry[], options: CallOptions): Promise<DecodeState>;
  /**
   * Mean natural-log likelihood of the same tokens behind each of several memories, in few runs.
   * Errors: InvalidRequest, ModelIncompatible, ContextOverflow, Cancelled.
   */
  scoreBehind(tokens: ScoredTokens, options: CallOptions): Promise<Float32Array>;
}

export interface LoadModelOptions {
  /** Folder of the package. */
  readonly folder: string;
  /** Compiled graphs are kept here, content-addressed. */
  readonly cacheFolder: string;
  readonly provider?: Provider;
  readonly quantization?: Quantization;
  /** CPU threads of one model call. Default: all cores, at most 8. */
  readonly threads?: number;
}
