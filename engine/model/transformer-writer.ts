/**
 * The pieces that encoder and decoder graphs are made of: embedding, norms, linear layers, rotary, feed-forward, head.
 * Owns: how each piece looks in each quantisation, and the names of weights. Knows nothing about attention masks or caches.
 *
 * Linear layers   float32    MatMul
 *                 rowwise8   activations in 8 bits per row, weights in 8 bits per output (runtime.md 2: fastest on CPU)
 *                 blocks8    MatMulNBits; also runs on WebGPU
 */
import type { ModelConfig } from "./model-config.ts";
import { CAST_TO_UINT8, type ElementType, type OnnxGraph, type TensorBytes } from "./onnx.ts";
import { blockSizeFor, quantizeBlocks, quantizeColumns, stack, transpose, type WeightRange } from "./quantize.ts";
import type { TensorSource } from "./weight-source.ts";
import type { WeightsFile } from "./weights-file.ts";

export type LinearKind = "float32" | "rowwise8" | "blocks8";

export interface WriterOptions {
  readonly config: ModelConfig;
  readonly source: TensorSource;
  readonly file: WeightsFile;
  readonly linear: LinearKind;
  readonly weightRange: WeightRange;
}

/** A residual stream between two pieces: `delta` is still to be added to `sum`; the next norm does both at once. */
export interface Stream {
  readonly sum: string;
  readonly delta: string | null;
}

/** Weights that are multiplied as one matrix: rows of `tensors` under each other. */
export interface LinearWeights {
  readonly name: string;
  readonly tensors: readonly string[];
  readonly biases: readonly string[];
  readonly outWidth: number;
  readonly inWidth: number;
}

type Projection = "q" | "k" | "v";

export class TransformerWriter {
  readonly graph: OnnxGraph;
  readonly config: ModelConfig;
  readonly #options: WriterOptions;
  readonly #quantizedRows = new Map<string, readonly [values: string, scales: string]>();

  constructor(graph: OnnxGraph, options: WriterOptions) {
    this.graph = graph;
    this.config = options.config;
    this.#options = options;
  }

  /** ids int64 (1, T) to float32 (1, T, C). */
  embed(ids: string): string {
    const { vocabulary, hidden } = this.config.shape;
    const tensor = "model.embed_tokens.weight";
    const blockSize = this.#tableBlock();
    if (blockSize === null) {
      const table = this.weight("embedding", "float32", [vocabulary, hidden], () => this.#options.source.read(tensor));
      return this.graph.node("Gather", [table, ids], { axis: 0 });
    }
    const [values, scales] = this.#blockTable("embedding", tensor, blockSize);
    const flat = this.graph.node("Reshape", [values, this.graph.constant("int64", [2], [vocabulary, hidden])]);
    return this.graph.node("GatherBlockQuantized", [flat, ids, scales], {
      bits: 8,
      block_size: blockSize,
      gather_axis: 0,
      quantize_axis: 1,
    });
  }

  /** Normed hidden rows (1, R, C) to logits (1, R, V). */
  head(x: string): string {
    const { vocabulary, hidden } = this.config.shape;
    const { isHeadTied } = this.config;
    const [name, tensor] = isHeadTied ? ["embedding", "model.embed_tokens.weight"] : ["head", "lm_head.weight"];
    const blockSize = this.#tableBlock();
    if (blockSize === null) {
      const table = this.weight(name, "float32", [vocabulary, hidden], () => this.#options.source.read(tensor));
      return this.graph.node("FusedMatMul", [x, table], { transB: 1 });
    }
    const [values, scales] = this.#blockTable(name, tensor, blockSize);
    return this.graph.node("MatMulNBits", [x, values, scales], {
      K: hidden,
      N: vocabulary,
      bits: 8,
      block_size: blockSize,
      accuracy_level: 4,
    });
  }

  /** RMSNorm of the stream's sum; returns the normed rows and the stream with its delta added. */
  norm(stream: Stream, tensor: string): { normed: string; stream: Stream } {
    const gain = this.weight(tensor, "float32", [this.config.shape.hidden], () => this.#options.source.read(tensor));
    const epsilon = { float: this.config.normEpsilon };
    if (stream.delta === null) {
      const normed = this.graph.node("SimplifiedLayerNormalization", [stream.sum, gain], { epsilon, axis: -1 });
      return { normed, stream };
    }
    const [normed = "", sum = ""] = this.graph.names(2);
    this.graph.nodes("SkipSimplifiedLayerNormalization", [stream.sum, stream.delta, gain], [normed, "", "", sum], {
      epsilon,
    });
    return { normed, stream: { sum, delta: null } };
  }

  /** Projections of normed rows, each (1, T, heads D), heads already normed where the family does so. */
  project(x: string, layer: number, targets: readonly Projection[]): string[] {
    const widths = targets.map((target) => this.#heads(target) * this.config.shape.headDim);
    const prefix = `model.layers.${layer}.self_attn.`;
    const packed = this.linear(x, {
      name: `layer${layer}.${targets.join("")}`,
      tensors: targets.map((target) => `${prefix}${target}_proj.weight`),
      biases: this.config.hasAttentionBias ? targets.map((target) => `${prefix}${target}_proj.bias`) : [],
      outWidth: widths.reduce((a, b) => a + b, 0),
      inWidth: this.config.shape.hidden,
    });
    return this.split(packed, widths);
  }

  /** Columns of (1, T, N) as several values. */
  split(x: string, widths: readonly number[]): string[] {
    const outputs = this.graph.names(widths.length);
    this.graph.nodes("Split", [x, this.graph.constant("int64", [widths.length], widths)], outputs, { axis: -1 });
    return outputs;
  }

  /** Qwen3's RMSNorm of each head of a projection; other families pass through. Comes after LoRA, before rotary. */
  normHeads(x: string, layer: number, target: "q" | "k"): string {
    if (!this.config.family.normsHeads) return x;
    const { headDim } = this.config.shape;
    const heads = this.#heads(target);
    const tensor = `model.layers.${layer}.self_attn.${target}_norm.weight`;
    const gain = this.weight(tensor, "float32", [headDim], () => this.#options.source.read(tensor));
    const split = this.graph.node("Reshape", [x, this.graph.constant("int64", [4], [1, -1, heads, headDim])]);
    const epsilon = { float: this.config.normEpsilon };
    const normed = this.graph.node("SimplifiedLayerNormalization", [split, gain], { epsilon, axis: -1 });
    return this.graph.node("Reshape", [normed, this.graph.constant("int64", [3], [1, -1, heads * headDim])]);
  }

  /** Rotates (1, T, heads D); `cosine` and `sine` hold one row per token, so that any position is possible. */
  rotate(x: string, target: "q" | "k", cosine: string, sine: string): string {
    const first = this.graph.constant("int64", [1], [0]);
    return this.graph.node("RotaryEmbedding", [x, first, cosine, sine], {
      num_heads: this.#heads(target),
      interleaved: 0,
    });
  }

  /** Attention rows (1, T, H D) through the output projection. */
  output(x: string, layer: number): string {
    const { hidden, heads, headDim } = this.config.shape;
    return this.linear(
      x,
      single(`layer${layer}.o`, `model.layers.${layer}.self_attn.o_proj.weight`, hidden, heads * headDim),
    );
  }

  /** SwiGLU of normed rows. */
  feedForward(x: string, layer: number): string {
    const { hidden, ffn } = this.config.shape;
    const part = (name: string, input: string, out: number, into: number): string =>
      this.linear(input, single(`layer${layer}.${name}`, `model.layers.${layer}.mlp.${name}_proj.weight`, out, into));
    const gate = this.graph.node("QuickGelu", [part("gate", x, ffn, hidden)], { alpha: { float: 1 } });
    const gated = this.graph.node("Mul", [gate, part("up", x, ffn, hidden)]);
    return part("down", gated, hidden, ffn);
  }

  /** Rows (1, T, in) to (1, T, out), bias included. */
  linear(x: string, weights: LinearWeights): string {
    const { name, outWidth, biases } = weights;
    const { source, linear } = this.#options;
    const product = this.#product(x, weights, linear);
    if (biases.length === 0) return product;
    const bias = this.weight(`${name}.bias`, "float32", [outWidth], () => stack(biases.map((one) => source.read(one))));
    return this.graph.node("Add", [product, bias]);
  }

  /** A weight of the shared file as an initialiser of this graph. */
  weight(name: string, type: ElementType, dims: readonly number[], make: () => TensorBytes): string {
    return this.graph.initializer(name, this.#options.file.store(name, type, dims, make));
  }

  #heads(target: Projection): number {
    return target === "q" ? this.config.shape.heads : this.config.shape.kvHeads;
  }

  #tableBlock(): number | null {
    return this.#options.linear === "float32" ? null : blockSizeFor(this.config.shape.hidden);
  }

  #blockTable(name: string, tensor: string, blockSize: number): readonly [values: string, scales: string] {
    const { vocabulary, hidden } = this.config.shape;
    return this.#blockWeights(single(name, tensor, vocabulary, hidden), blockSize);
  }

  #blockWeights(weights: LinearWeights, blockSize: number): readonly [values: string, scales: string] {
    const { name, outWidth, inWidth } = weights;
    const quantized = once(() => quantizeBlocks(this.#read(weights), blockSize, this.#rowScales(weights)));
    const blocks = inWidth / blockSize;
    return [
      this.weight(`${name}.blocks`, "uint8", [outWidth, blocks, blockSize], () => quantized().values),
      this.weight(`${name}.block_scales`, "float32", [outWidth, blocks], () => quantized().scales),
    ];
  }

  #read(weights: LinearWeights): Float32Array {
    return stack(weights.tensors.map((tensor) => this.#options.source.read(tensor)));
  }

  /** Of all rows, or null where one of the tensors is not stored in 8-bit rows. */
  #rowScales(weights: LinearWeights): Float32Array | null {
    const parts = weights.tensors.flatMap((tensor) => this.#options.source.rowScales(tensor) ?? []);
    return parts.length === weights.tensors.length ? stack(parts) : null;
  }

  #product(x: string, weights: LinearWeights, linear: LinearKind): string {
    const { name, outWidth, inWidth } = weights;
    const blockSize = blockSizeFor(inWidth);
    if (linear === "blocks8" && blockSize !== null) {
      const [values, scales] = this.#blockWeights(weights, blockSize);
      const attributes = { K: inWidth, N: outWidth, bits: 8, block_size: blockSize, accuracy_level: 4 };
      return this.graph.node("MatMulNBits", [x, values, scales], attributes);
    }
    if (linear !== "rowwise8") {
      const matrix = this.weight(name, "float32", [inWidth, outWidth], () =>
        transpose(this.#read(weights), outWidth, inWidth),
      );
      return this.graph.node("MatMul", [x, matrix]);
    }
    const quantized = once(() => quantizeColumns(this.#read(weights), outWidth, inWidth, this.#options.weightRange));
    const values = this.weight(`${name}.columns`, "int8", [inWidth, outWidth], () => quantized().values);
    const scales = this.weight(`${name}.column_scales`, "float32", [outWidth], () => quantized().scales);
    const [rows, rowScales] = this.#quantizeRows(x);
    const one = this.graph.constant("float32", [1], [1]);
    const zeroPoint = this.graph.constant("uint8", [], [128]);
    const product = this.graph.node("MatMulIntegerToFloat", [rows, values, one, scales, zeroPoint]);
    return this.graph.node("Mul", [product, rowScales]);
  }

  /** Rows of activations to uint8 with zero point 128 and one scale each; shared by all that read the same rows. */
  #quantizeRows(x: string): readonly [values: string, scales: string] {
    const known = this.#quantizedRows.get(x);
    if (known !== undefined) return known;
    const g = this.graph;
    const lastAxis = g.constant("int64", [1], [-1]);
    const largest = g.node("ReduceMax", [g.node("Abs", [x]), lastAxis], { keepdims: 1 });
    // A row of zeros must not divide by zero.
    const safe = g.node("Add", [largest, g.constant("float32", [1], [1e-9])]);
    const scales = g.node("Mul", [safe, g.constant("float32", [1], [1 / 127])]);
    const shifted = g.node("Add", [g.node("Div", [x, scales]), g.constant("float32", [1], [128.5])]);
    const entry = [g.node("Cast", [shifted], { to: CAST_TO_UINT8 }), scales] as const;
    this.#quantizedRows.set(x, entry);
    return entry;
  }
}

function single(name: string, tensor: string, outWidth: number, inWidth: number): LinearWeights {
  return { name, tensors: [tensor], biases: [], outWidth, inWidth };
}

/** The value of `make`, computed at most once. */
export function once<T>(make: () => T): () => T {
  let value: { readonly made: T } | null = null;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}
