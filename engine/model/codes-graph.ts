/**
 * Residual codes inside a graph: predictions from the text, codewords for what they miss, and rows made again from both.
 * The same nodes stand in the encoder, which chooses codes, and in the restorer, which is given them: so both predict
 * the same. Owns: those nodes and how their weights are laid out. Knows nothing about attention or storage.
 *
 * Shapes   R rows (tokens), D' = K D; inputs float32 (1, R, window C); rows of a layer (1, R, 2 D'): keys, then values
 * Source   training/codes.py
 */
import type { CodesAdapter } from "./adapter.ts";
import type { OnnxGraph } from "./onnx.ts";
import { NEAR } from "./signature.ts";
import { TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

export type Half = "k" | "v";
export const HALVES: readonly Half[] = ["k", "v"];

export class CodesWriter {
  readonly #graph: OnnxGraph;
  readonly #stock: TransformerWriter;
  /** Writes the adapter's own linear layers. */
  readonly #own: TransformerWriter;
  readonly #adapter: CodesAdapter;

  constructor(graph: OnnxGraph, stock: TransformerWriter, options: WriterOptions, adapter: CodesAdapter) {
    this.#graph = graph;
    this.#stock = stock;
    this.#own = new TransformerWriter(graph, { ...options, source: adapter.tensors });
    this.#adapter = adapter;
  }

  /** D': numbers of a token's keys in one layer. */
  get width(): number {
    const { kvHeads, headDim } = this.#stock.config.shape;
    return kvHeads * headDim;
  }

  /** Declares the graph's inputs of the nearest tokens; returns what predicts besides the layer before. */
  inputs(): string {
    const { window } = this.#adapter;
    const { hidden } = this.#stock.config.shape;
    const ids = this.#graph.input(NEAR.ids, "int64", [1, "R_window"]);
    const isThere = this.#graph.input(NEAR.isThere, "float32", ["R", window, 1]);
    const { normed } = this.#stock.norm(
      { sum: this.#stock.embed(ids), delta: null },
      "model.layers.0.input_layernorm.weight",
    );
    const near = this.#graph.node("Mul", [this.#reshape(normed, -1, window, hidden), isThere]);
    return this.#reshape(near, 1, -1, window * hidden);
  }

  /** Rows of the first layer, which follow from the token alone; keys before rotary. */
  firstRows(ids: string): string {
    const w = this.#stock;
    const { normed } = w.norm({ sum: w.embed(ids), delta: null }, "model.layers.0.input_layernorm.weight");
    const [key = "", value = ""] = w.project(normed, 0, ["k", "v"]);
    return this.rows(w.normHeads(key, 0, "k"), value);
  }

  rows(key: string, value: string): string {
    return this.#graph.node("Concat", [key, value], { axis: -1 });
  }

  /** Keys and values of a layer as they are expected, each (1, R, D'), from the reconstructed rows `before`. */
  predict(layer: number, inputs: string, before: string): Readonly<Record<Half, string>> {
    const { window, tensors } = this.#adapter;
    const outWidth = 2 * this.width;
    const inWidth = window * this.#stock.config.shape.hidden + outWidth;
    const name = `layers.${layer}.predictor`;
    const product = this.#own.linear(this.#graph.node("Concat", [inputs, before], { axis: -1 }), {
      name: `codes.${name}`,
      tensors: [name],
      biases: [],
      outWidth,
      inWidth,
    });
    const bias = this.#own.weight(`codes.layers.${layer}.bias`, "float32", [outWidth], () =>
      tensors.read(`layers.${layer}.bias`),
    );
    const [k = "", v = ""] = this.#own.split(this.#graph.node("Add", [product, bias]), [this.width, this.width]);
    return { k, v };
  }

  /** Nearest codewords int64 (groups, R) of residuals (1, R, D'). */
  choose(layer: number, half: Half, residual: string): string {
    const g = this.#graph;
    const { groups, entries } = this.#adapter;
    const size = this.width / groups;
    const turned = g.node("FusedMatMul", [residual, this.#square(layer, half, "analysis")], { transB: 1 });
    const byGroups = g.node("Transpose", [this.#reshape(turned, -1, groups, size)], { perm: [1, 0, 2] });
    const name = `codes.layers.${layer}.${half}`;
    // |z - c|² less |z|², which all codewords share.
    const search = this.#own.weight(`${name}.search`, "float32", [groups, size, entries], () =>
      searchTable(this.#books(layer, half), groups, entries, size),
    );
    const norms = this.#own.weight(`${name}.norms`, "float32", [groups, 1, entries], () =>
      squaredNorms(this.#books(layer, half), groups * entries, size),
    );
    const distances = g.node("Add", [g.node("MatMul", [byGroups, search]), norms]);
    return g.node("ArgMin", [distances], { axis: -1, keepdims: 0 });
  }

  /** What codewords int64 (groups, R) stand for: (1, R, D'). */
  residual(layer: number, half: Half, codes: string): string {
    const g = this.#graph;
    const { groups, entries } = this.#adapter;
    const size = this.width / groups;
    const offsets = g.constant(
      "int64",
      [groups, 1],
      Array.from({ length: groups }, (_, i) => i * entries),
    );
    const books = this.#own.weight(`codes.layers.${layer}.${half}.books`, "float32", [groups * entries, size], () =>
      this.#books(layer, half),
    );
    const words = g.node("Gather", [books, g.node("Add", [codes, offsets])], { axis: 0 });
    const joined = this.#reshape(g.node("Transpose", [words], { perm: [1, 0, 2] }), 1, -1, this.width);
    return g.node("FusedMatMul", [joined, this.#square(layer, half, "synthesis")], { transB: 1 });
  }

  #books(layer: number, half: Half): Float32Array {
    return this.#adapter.tensors.read(`layers.${layer}.${half}.codebooks`);
  }

  #square(layer: number, half: Half, part: "analysis" | "synthesis"): string {
    const name = `layers.${layer}.${half}.${part}`;
    return this.#own.weight(`codes.${name}`, "float32", [this.width, this.width], () =>
      this.#adapter.tensors.read(name),
    );
  }

  #reshape(x: string, ...dims: number[]): string {
    return this.#graph.node("Reshape", [x, this.#graph.constant("int64", [dims.length], dims)]);
  }
}

/** (groups, size, entries): -2 times each codeword, as a column. */
function searchTable(books: Float32Array, groups: number, entries: number, size: number): Float32Array {
  const out = new Float32Array(books.length);
  for (let group = 0; group < groups; group++)
    for (let entry = 0; entry < entries; entry++)
      for (let i = 0; i < size; i++)
        out[(group * size + i) * entries + entry] = -2 * (books[(group * entries + entry) * size + i] ?? 0);
  return out;
}

function squaredNorms(books: Float32Array, words: number, size: number): Float32Array {
  return Float32Array.from({ length: words }, (_, word) => {
    let sum = 0;
    for (let i = word * size; i < (word + 1) * size; i++) sum += (books[i] ?? 0) ** 2;
    return sum;
  });
}
