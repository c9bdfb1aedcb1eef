/**
 * The decoder: some new tokens over caches of keys and values.
 * Owns: the form that is fast on the CPU binding, which copies every output: caches are read-only inputs, attention is
 * written out, and only the rows of the new tokens come back (runtime.md 2, strategy D2).
 * Knows nothing about how the caches were filled: raw tokens and memory slots look the same.
 *
 * Shapes   ids      int64   (1, T)            key_cache_i, value_cache_i  float32 (K, C, D); keys rotated
 *          cosine, sine float32 (T, D/2)      rows of the new tokens' positions
 *          mask     float32 (1, T, C + T)     0 where visible, -3e38 elsewhere (free places of the cache too)
 *          sizes    int64   (2)               C and T
 *          rows     int64   (R)               rows whose logits are wanted; targets int64 (1, R, 1) ids to score
 *          returns  logits float32 (1, R, V), likelihoods float32 (1, R, 1) natural log,
 *                   new_keys_i (1, T, K D) before rotary, new_values_i (1, T, K D)
 */
import { attend, byHeads } from "./attention.ts";
import { OnnxGraph } from "./onnx.ts";
import { DECODER } from "./signature.ts";
import { type Stream, TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

/** The ONNX graph, serialised. */
export function writeDecoder(options: WriterOptions): Uint8Array {
  const graph = new OnnxGraph("decoder");
  const writer = new TransformerWriter(graph, options);
  const { layers } = options.config.shape;
  declareInputs(writer);
  let stream: Stream = { sum: writer.embed(DECODER.ids), delta: null };
  for (let layer = 0; layer < layers; layer++) {
    const before = writer.norm(stream, `model.layers.${layer}.input_layernorm.weight`);
    const delta = writer.output(attendToCache(writer, before.normed, layer), layer);
    const after = writer.norm(
      { sum: before.stream.sum, delta },
      `model.layers.${layer}.post_attention_layernorm.weight`,
    );
    stream = { sum: after.stream.sum, delta: writer.feedForward(after.normed, layer) };
  }
  exposeLogits(writer, writer.norm(stream, "model.norm.weight").normed);
  return graph.serialize();
}

function declareInputs(writer: TransformerWriter): void {
  const { graph } = writer;
  const { layers, kvHeads, headDim } = writer.config.shape;
  graph.input(DECODER.ids, "int64", [1, "T"]);
  graph.input(DECODER.cosine, "float32", ["T", headDim / 2]);
  graph.input(DECODER.sine, "float32", ["T", headDim / 2]);
  graph.input(DECODER.mask, "float32", [1, "T", "C_and_T"]);
  graph.input(DECODER.sizes, "int64", [2]);
  graph.input(DECODER.rows, "int64", ["R"]);
  graph.input(DECODER.targets, "int64", [1, "R", 1]);
  for (let layer = 0; layer < layers; layer++) {
    graph.input(DECODER.keyCache(layer), "float32", [kvHeads, "C", headDim]);
    graph.input(DECODER.valueCache(layer), "float32", [kvHeads, "C", headDim]);
  }
}

/** Attention of the new rows over the cache and over themselves: (1, T, H D). */
function attendToCache(writer: TransformerWriter, x: string, layer: number): string {
  const { heads, kvHeads, headDim } = writer.config.shape;
  const [query = "", rawKey = "", value = ""] = writer.project(x, layer, ["q", "k", "v"]);
  const key = writer.normHeads(rawKey, layer, "k");
  writer.graph.expose(key, DECODER.newKeys(layer), "float32", [1, "T", kvHeads * headDim]);
  writer.graph.expose(value, DECODER.newValues(layer), "float32", [1, "T", kvHeads * headDim]);
  const rotated = (rows: string, target: "q" | "k"): string =>
    writer.rotate(rows, target, DECODER.cosine, DECODER.sine);
  const cached = { keys: DECODER.keyCache(layer), values: DECODER.valueCache(layer) };
  const own = { keys: byHeads(writer, rotated(key, "k"), kvHeads), values: byHeads(writer, value, kvHeads) };
  const q = byHeads(writer, rotated(writer.normHeads(query, layer, "q"), "q"), heads);
  return attend(writer, q, [cached, own], DECODER.mask, DECODER.sizes);
}

function exposeLogits(writer: TransformerWriter, normed: string): void {
  const { graph } = writer;
  const { vocabulary } = writer.config.shape;
  const logits = writer.head(graph.node("Gather", [normed, DECODER.rows], { axis: 1 }));
  graph.expose(logits, DECODER.logits, "float32", [1, "R", vocabulary]);
  const likelihoods = graph.node(
    "GatherElements",
    [graph.node("LogSoftmax", [logits], { axis: -1 }), DECODER.targets],
    { axis: 2 },
  );
  graph.expose(likelihoods, DECODER.likelihoods, "float32", [1, "R", 1]);
}
