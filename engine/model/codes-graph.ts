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
import { once, TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

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

  /** Declares `ids` of a segment's tokens (1, T); returns what the first layer makes of them: (1, T, C). */
  embedded(): string {
    const w = this.#stock;
    const ids = this.#graph.input(NEAR.ids, "int64", [1, "T"]);
    return w.norm({ sum: w.embed(ids), delta: null }, "model.layers.0.input_layernorm.weight").normed;
  }

  /** What predicts besides the layer before: of each of R rows the embeddings of its nearest tokens. */
  inputs(embedded: string): string {
    const g = this.#graph;
    const { window } = this.#adapter;
    const { hidden } = this.#stock.config.shape;
    const rows = g.input(NEAR.rows, "int64", ["R_window"]);
    // Row 0 stands for what is not there.
    const nothing = this.#own.weight("codes.nothing", "float32", [1, hidden], () => new Float32Array(hidden));
    const all = g.node("Concat", [nothing, this.#reshape(embedded, -1, hidden)], { axis: 0 });
    return this.#reshape(g.node("Gather", [all, rows], { axis: 0 }), 1, -1, window * hidden);
  }

  /** Rows of the first layer, which follow from the token alone, of the tokens that `inputs` begin with; keys before rotary. */
  firstRows(inputs: string): string {
    const w = this.#stock;
    const { window } = this.#adapter;
    const { hidden } = w.config.shape;
    const [own = ""] = window === 1 ? [inputs] : w.split(inputs, [hidden, (window - 1) * hidden]);
    const [key = "", value = ""] = w.project(own, 0, ["k", "v"]);
    return this.rows(w.normHeads(key, 0, "k"), value);
  }

  rows(key: string, value: string): string {
    return this.#graph.node("Concat", [key, value], { axis: -1 });
  }

  /** Keys and values of a layer as they are expected, each (1, R, D'), from the reconstructed rows `before`. */
  predict(layer: number, inputs: string, before: string): Readonly<Record<Half, string>> {
    const { window, tensors } = this.#adapter;
    const outWidth = 2 * this.width;
    const part = (x: string, from: "near" | "before", inWidth: number): string => {
      const name = `layers.${layer}.predictor.${from}`;
      return this.#own.linear(x, { name: `codes.${name}`, tensors: [name], biases: [], outWidth, inWidth });
    };
    const product = this.#graph.node("Add", [
      part(inputs, "near", window * this.#stock.config.shape.hidden),
      part(before, "before", outWidth),
    ]);
    const bias = this.#own.weight(`codes.layers.${layer}.bias`, "float32", [outWidth], () =>
      tensors.read(`layers.${layer}.bias`),
    );
    const [k = "", v = ""] = this.#own.split(this.#graph.node("Add", [product, bias]), [this.width, this.width]);
    return { k, v };
  }

  /** Nearest codewords int64 (R, groups) of residuals (1, R, D'). */
  choose(layer: number, half: Half, residual: string): string {
    const g = this.#graph;
    const { groups, entries } = this.#adapter;
    const size = this.width / groups;
    const turned = g.node("FusedMatMul", [residual, this.#square(layer, half, "analysis")], { transB: 1 });
    const parts = g.names(groups);
    g.nodes("Split", [this.#reshape(turned, -1, this.width)], parts, { axis: 1, num_outputs: groups });
    // Group by group: the distances of one stay in the processor's cache.
    const nearest = parts.map((part, group) => {
      const name = `codes.layers.${layer}.${half}.${group}`;
      const words = once(() => this.#books(layer, half).subarray(group * entries * size, (group + 1) * entries * size));
      // |z - c|² less |z|², which all codewords share.
      const search = this.#own.weight(`${name}.search`, "float32", [entries, size], () => words().map((x) => -2 * x));
      const norms = this.#own.weight(`${name}.norms`, "float32", [entries], () => squaredNorms(words(), entries, size));
      const distances = g.node("Gemm", [part, search, norms], { transB: 1 });
      return g.node("ArgMin", [distances], { axis: -1, keepdims: 1 });
    });
    return g.node("Concat", nearest, { axis: 1 });
  }

  /** What codewords int64 (R, groups) stand for: (1, R, D'). */
  residual(layer: number, half: Half, codes: string): string {
    const g = this.#graph;
    const { groups, entries } = this.#adapter;
    const offsets = g.constant(
      "int64",
      [1, groups],
      Array.from({ length: groups }, (_, i) => i * entries),
    );
    const dims = [groups * entries, this.width / groups];
    const books = this.#own.weight(`codes.layers.${layer}.${half}.books`, "float32", dims, () =>
      this.#books(layer, half),
    );
    const words = g.node("Gather", [books, g.node("Add", [codes, offsets])], { axis: 0 });
    const joined = this.#reshape(words, 1, -1, this.width);
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

function squaredNorms(books: Float32Array, words: number, size: number): Float32Array {
  return Float32Array.from({ length: words }, (_, word) => {
    let sum = 0;
    for (let i = word * size; i < (word + 1) * size; i++) sum += (books[i] ?? 0) ** 2;
    return sum;
  });
}
