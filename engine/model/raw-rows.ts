/**
 * A segment's own tokens through the stock model, layer by layer, inside an encoder graph.
 * Owns: their causal attention in blocks, and that nothing is computed which nobody reads. Knows nothing about what is
 * kept of them.
 *
 * Shapes   stream float32 (1, T, C); key, value (1, T, K D), keys before rotary
 */
import { attend, byHeads, type KeyValues } from "./attention.ts";
import type { OnnxGraph } from "./onnx.ts";
import { ENCODER, RAW_BLOCKS } from "./signature.ts";
import type { Stream, TransformerWriter } from "./transformer-writer.ts";

/** What a layer makes of the rows. */
export interface RawLayer {
  readonly key: string;
  readonly value: string;
  /** The same, rotated and by heads, for rows that attend to them. */
  readonly past: () => KeyValues;
  /** After the layer; null when it was not wanted. */
  readonly stream: Stream | null;
}

export class RawRows {
  readonly #graph: OnnxGraph;
  readonly #writer: TransformerWriter;

  constructor(graph: OnnxGraph, writer: TransformerWriter) {
    this.#graph = graph;
    this.#writer = writer;
  }

  declareInputs(): void {
    const half = this.#writer.config.shape.headDim / 2;
    this.#graph.input(ENCODER.rawCosine, "float32", ["T", half]);
    this.#graph.input(ENCODER.rawSine, "float32", ["T", half]);
    this.#graph.input(ENCODER.blockSizes, "int64", [RAW_BLOCKS]);
    this.#graph.input(ENCODER.blockEnds, "int64", [RAW_BLOCKS]);
    for (let block = 0; block < RAW_BLOCKS; block++)
      this.#graph.input(ENCODER.blockMask(block), "float32", [1, `rows_${block}`, `end_${block}`]);
  }

  /** One layer. Without `goesOn` its attention is left out: keys and values are all that is wanted. */
  read(raw: Stream, layer: number, goesOn: boolean): RawLayer {
    const w = this.#writer;
    const { heads, kvHeads } = w.config.shape;
    const { normed, stream } = w.norm(raw, `model.layers.${layer}.input_layernorm.weight`);
    const rotated = (x: string, target: "q" | "k"): string => w.rotate(x, target, ENCODER.rawCosine, ENCODER.rawSine);
    const projected = w.project(normed, layer, goesOn ? ["q", "k", "v"] : ["k", "v"]);
    const [value = "", ownKey = "", query = ""] = projected.toReversed();
    const key = w.normHeads(ownKey, layer, "k");
    let known: KeyValues | null = null;
    const past = (): KeyValues => {
      known ??= { keys: byHeads(w, rotated(key, "k"), kvHeads), values: byHeads(w, value, kvHeads) };
      return known;
    };
    if (!goesOn) return { key, value, past, stream: null };
    const rotatedQuery = byHeads(w, rotated(w.normHeads(query, layer, "q"), "q"), heads);
    const attended = this.#attendCausally(rotatedQuery, past());
    const added = { sum: stream.sum, delta: w.output(attended, layer) };
    return { key, value, past, stream: feedForward(w, added, layer) };
  }

  /** Stock causal attention of the raw rows, block by block: (1, T, H D). */
  #attendCausally(query: string, own: KeyValues): string {
    const g = this.#graph;
    const queries = g.names(RAW_BLOCKS);
    g.nodes("Split", [query, ENCODER.blockSizes], queries, { axis: 1 });
    const rows = queries.map((block, i) => {
      const until = (x: string): string =>
        i === RAW_BLOCKS - 1
          ? x
          : g.node("Slice", [x, g.constant("int64", [1], [0]), this.#blockEnd(i), g.constant("int64", [1], [1])]);
      const seen = { keys: until(own.keys), values: until(own.values) };
      return attend(this.#writer, block, [seen], ENCODER.blockMask(i));
    });
    return g.node("Concat", rows, { axis: 1 });
  }

  #blockEnd(block: number): string {
    const g = this.#graph;
    const [from, to] = [g.constant("int64", [1], [block]), g.constant("int64", [1], [block + 1])];
    return g.node("Slice", [ENCODER.blockEnds, from, to, g.constant("int64", [1], [0])]);
  }
}

/** The second half of a layer. */
export function feedForward(writer: TransformerWriter, stream: Stream, layer: number): Stream {
  const { normed, stream: summed } = writer.norm(stream, `model.layers.${layer}.post_attention_layernorm.weight`);
  return { sum: summed.sum, delta: writer.feedForward(normed, layer) };
}

/** A stream as one value. */
export function settled(graph: OnnxGraph, stream: Stream): string {
  return stream.delta === null ? stream.sum : graph.node("Add", [stream.sum, stream.delta]);
}
