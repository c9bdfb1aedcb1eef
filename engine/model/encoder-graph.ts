/**
 * The encoder: one segment in, un-rotated keys and values of its gist rows out, per layer.
 * Owns: the two calls on one set of weights, and what may be skipped. Knows nothing about documents or storage.
 *
 * Call A   raw rows: stock causal prefill at positions 0..l-1.
 * Call B   gist rows: LoRA here only; gist j at the position of its span's last token sees raw rows of its span and
 *          before, and gists up to itself.
 * Kept     keys (before rotary) and values of the gist rows. So the last layer needs no attention, and the raw rows end
 *          with the keys and values of the layer before it: nothing later reads them.
 *
 * Shapes   ids int64 (1, T), gist_ids int64 (1, M), gist_mask float32 (1, M, T + M)
 *          memory_i float32 (1, M, 2 K D)
 * Source   methods.md T3.3 "span-tiled gist KV", after UIO-LLMs (Li et al. 2024, arXiv:2406.18173) and CCM (Kim et al.
 *          2023, arXiv:2312.03414); ours differs by the two calls and by gists that start as their span's last token.
 */
import { assert } from "../base/assert.ts";
import type { LoraTarget, GistAdapter } from "./adapter.ts";
import { attend, byHeads, type KeyValues } from "./attention.ts";
import { OnnxGraph } from "./onnx.ts";
import { feedForward, RawRows, settled } from "./raw-rows.ts";
import { ENCODER } from "./signature.ts";
import { type Stream, TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

/** Layers [from, to) of the model. A large model is encoded in several runs, so that none blocks for long. */
export interface EncoderPart {
  readonly from: number;
  readonly to: number;
}

/** The ONNX graph of one part, serialised. */
export function writeEncoder(options: WriterOptions, adapter: GistAdapter, part: EncoderPart): Uint8Array {
  return new EncoderWriter(options, adapter).write(part);
}

class EncoderWriter {
  readonly #graph = new OnnxGraph("encoder");
  readonly #writer: TransformerWriter;
  readonly #raw: RawRows;
  readonly #adapter: GistAdapter;
  readonly #lastLayer: number;

  constructor(options: WriterOptions, adapter: GistAdapter) {
    this.#writer = new TransformerWriter(this.#graph, options);
    this.#raw = new RawRows(this.#graph, this.#writer);
    this.#adapter = adapter;
    this.#lastLayer = options.config.shape.layers - 1;
  }

  write(part: EncoderPart): Uint8Array {
    this.#declareInputs();
    let { raw, gist } = this.#start(part);
    for (let layer = part.from; layer < part.to; layer++) {
      const normed = this.#writer.norm(gist, `model.layers.${layer}.input_layernorm.weight`);
      const [query, key, value] = this.#projectGists(normed.normed, layer);
      this.#expose(layer, key, value);
      if (query === null) break;
      const read = this.#readRaw(raw, layer);
      raw = read.raw;
      const attended = this.#attendGists(query, key, value, read.past);
      const delta = this.#withLora(this.#writer.output(attended, layer), attended, layer, "o_proj");
      gist = feedForward(this.#writer, { sum: normed.stream.sum, delta }, layer);
    }
    this.#end(part, raw, gist);
    return this.#graph.serialize();
  }

  #declareInputs(): void {
    const half = this.#writer.config.shape.headDim / 2;
    this.#raw.declareInputs();
    this.#graph.input(ENCODER.gistCosine, "float32", ["M", half]);
    this.#graph.input(ENCODER.gistSine, "float32", ["M", half]);
    this.#graph.input(ENCODER.gistMask, "float32", [1, "M", "T_and_M"]);
    this.#graph.input(ENCODER.gistSizes, "int64", [2]);
  }

  /** Streams that enter this part; raw rows are absent where nothing reads them any more. */
  #start(part: EncoderPart): { raw: Stream | null; gist: Stream } {
    const { hidden } = this.#writer.config.shape;
    const readsRaw = part.from < this.#lastLayer;
    if (part.from > 0) {
      const gist = { sum: this.#graph.input(ENCODER.gistStream, "float32", [1, "M", hidden]), delta: null };
      if (!readsRaw) return { raw: null, gist };
      return { raw: { sum: this.#graph.input(ENCODER.rawStream, "float32", [1, "T", hidden]), delta: null }, gist };
    }
    const spanEnds = this.#writer.embed(this.#graph.input(ENCODER.gistIds, "int64", [1, "M"]));
    const { embed } = this.#adapter;
    const gist = {
      sum:
        embed === null
          ? spanEnds
          : this.#graph.node("Add", [spanEnds, this.#writer.weight("memory.embed", "float32", [hidden], () => embed)]),
      delta: null,
    };
    const ids = this.#graph.input(ENCODER.ids, "int64", [1, "T"]);
    return { raw: readsRaw ? { sum: this.#writer.embed(ids), delta: null } : null, gist };
  }

  /** Query (null in the last layer), key and value of the gist rows, un-rotated, LoRA included. */
  #projectGists(x: string, layer: number): [query: string | null, key: string, value: string] {
    const w = this.#writer;
    if (layer === this.#lastLayer) {
      const [key = "", value = ""] = w.project(x, layer, ["k", "v"]);
      const tuned = this.#withLora(key, x, layer, "k_proj");
      return [null, w.normHeads(tuned, layer, "k"), this.#withLora(value, x, layer, "v_proj")];
    }
    const [query = "", key = "", value = ""] = w.project(x, layer, ["q", "k", "v"]);
    return [
      w.normHeads(this.#withLora(query, x, layer, "q_proj"), layer, "q"),
      w.normHeads(this.#withLora(key, x, layer, "k_proj"), layer, "k"),
      this.#withLora(value, x, layer, "v_proj"),
    ];
  }

  #withLora(product: string, x: string, layer: number, target: LoraTarget): string {
    const pair = this.#adapter.pair(layer, target);
    if (pair === null) return product;
    const { rank } = this.#adapter;
    const [into, out] = [pair.a.length / rank, pair.scaledB.length / rank];
    const name = `lora${layer}.${target}`;
    // Stored as PyTorch has them, (rank, in) and (out, rank); transposed by the product.
    const a = this.#writer.weight(`${name}.a`, "float32", [rank, into], () => pair.a);
    const b = this.#writer.weight(`${name}.b`, "float32", [out, rank], () => pair.scaledB);
    const low = this.#graph.node("FusedMatMul", [x, a], { transB: 1 });
    return this.#graph.node("Add", [product, this.#graph.node("FusedMatMul", [low, b], { transB: 1 })]);
  }

  #expose(layer: number, key: string, value: string): void {
    const { kvHeads, headDim } = this.#writer.config.shape;
    const both = this.#graph.node("Concat", [key, value], { axis: -1 });
    this.#graph.expose(both, ENCODER.memory(layer), "float32", [1, "M", 2 * kvHeads * headDim]);
  }

  /** Call A for one layer: the raw stream goes on (unless nothing reads it later); its rotated keys and values. */
  #readRaw(raw: Stream | null, layer: number): { raw: Stream | null; past: KeyValues } {
    assert(raw !== null, "the raw stream ended too early");
    const read = this.#raw.read(raw, layer, layer !== this.#lastLayer - 1);
    return { raw: read.stream, past: read.past() };
  }

  /** Call B's attention: gist rows over raw rows and over themselves, as the mask allows. */
  #attendGists(query: string, key: string, value: string, past: KeyValues): string {
    const w = this.#writer;
    const { heads, kvHeads } = w.config.shape;
    const rotated = (x: string, target: "q" | "k"): string => w.rotate(x, target, ENCODER.gistCosine, ENCODER.gistSine);
    const own = { keys: byHeads(w, rotated(key, "k"), kvHeads), values: byHeads(w, value, kvHeads) };
    return attend(w, byHeads(w, rotated(query, "q"), heads), [past, own], ENCODER.gistMask, ENCODER.gistSizes);
  }

  /** What the next part needs. */
  #end(part: EncoderPart, raw: Stream | null, gist: Stream): void {
    if (part.to > this.#lastLayer) return;
    const { hidden } = this.#writer.config.shape;
    this.#graph.expose(settled(this.#graph, gist), ENCODER.nextGistStream, "float32", [1, "M", hidden]);
    if (raw !== null) this.#graph.expose(settled(this.#graph, raw), ENCODER.nextRawStream, "float32", [1, "T", hidden]);
  }
}
