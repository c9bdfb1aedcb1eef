/**
 * The reader's graph: many rows at once through the layers of the base without the causal mask, four scores per token.
 * Linear layers see all tokens as one list; only attention looks at rows. Written like decoder-graph.ts, from the same
 * pieces. Does not know: questions, what the scores mean (reader.ts).
 *
 * Shapes   ids, marks int64 (1, B T); cosine, sine float32 (B T, D/2); mask float32 (B, 1, T): 0, or -3e38 at padding
 *          the six shapes below, int64
 *          returns  scores float32 (1, B T, 4): begin, end, evidence, row
 */
import { OnnxGraph } from "../model/onnx.ts";
import { type Stream, TransformerWriter, type WriterOptions } from "../model/transformer-writer.ts";
import { MARKS } from "./rows.ts";

export const READER = {
  ids: "ids",
  marks: "marks",
  cosine: "cosine",
  sine: "sine",
  mask: "mask",
  /** [B, T, K, H/K, D] */
  queryRows: "query_rows",
  /** [B K, H/K T, D] */
  queryHeads: "query_heads",
  /** [B, T, K, D] */
  keyRows: "key_rows",
  /** [B K, T, D] */
  keyHeads: "key_heads",
  /** [B, H T, T] */
  scoreRows: "score_rows",
  /** [B, K, H/K, T, D] */
  sumRows: "sum_rows",
  scores: "scores",
} as const;

/** begin, end, evidence of a token; relevance, from the last token of a row. */
export const SCORES = 4;

export function writeReader(options: WriterOptions): Uint8Array {
  const graph = new OnnxGraph("reader");
  const writer = new TransformerWriter(graph, options);
  const { layers, hidden, headDim } = options.config.shape;
  const ids = graph.input(READER.ids, "int64", [1, "N"]);
  const marks = graph.input(READER.marks, "int64", [1, "N"]);
  graph.input(READER.cosine, "float32", ["N", headDim / 2]);
  graph.input(READER.sine, "float32", ["N", headDim / 2]);
  graph.input(READER.mask, "float32", ["B", 1, "T"]);
  for (const [name, rank] of [
    [READER.queryRows, 5],
    [READER.queryHeads, 3],
    [READER.keyRows, 4],
    [READER.keyHeads, 3],
    [READER.scoreRows, 3],
    [READER.sumRows, 5],
  ] as const)
    graph.input(name, "int64", [rank]);
  const { source } = options;
  const table = writer.weight("reader.marks", "float32", [MARKS, hidden], () => source.read("reader.marks"));
  const start = graph.node("Add", [writer.embed(ids), graph.node("Gather", [table, marks], { axis: 0 })]);
  let stream: Stream = { sum: start, delta: null };
  for (let layer = 0; layer < layers; layer++) {
    const before = writer.norm(stream, `model.layers.${layer}.input_layernorm.weight`);
    const delta = writer.output(attendWithinRows(writer, before.normed, layer), layer);
    const after = writer.norm(
      { sum: before.stream.sum, delta },
      `model.layers.${layer}.post_attention_layernorm.weight`,
    );
    stream = { sum: after.stream.sum, delta: writer.feedForward(after.normed, layer) };
  }
  const normed = writer.norm(stream, "model.norm.weight").normed;
  const heads = writer.weight("reader.heads", "float32", [SCORES, hidden], () => source.read("reader.heads.weight"));
  const bias = writer.weight("reader.bias", "float32", [SCORES], () => source.read("reader.heads.bias"));
  const scores = graph.node("Add", [graph.node("FusedMatMul", [normed, heads], { transB: 1 }), bias]);
  graph.expose(scores, READER.scores, "float32", [1, "N", SCORES]);
  return graph.serialize();
}

/** Every token of a row sees every token of it: (1, B T, H D). */
function attendWithinRows(writer: TransformerWriter, x: string, layer: number): string {
  const { graph } = writer;
  const { heads, headDim } = writer.config.shape;
  const [query = "", key = "", value = ""] = writer.project(x, layer, ["q", "k", "v"]);
  const rotated = (rows: string, target: "q" | "k"): string =>
    writer.rotate(writer.normHeads(rows, layer, target), target, READER.cosine, READER.sine);
  const byKeyHeads = (rows: string): string =>
    graph.node("Reshape", [
      graph.node("Transpose", [graph.node("Reshape", [rows, READER.keyRows])], { perm: [0, 2, 1, 3] }),
      READER.keyHeads,
    ]);
  const queries = graph.node("Reshape", [
    graph.node("Transpose", [graph.node("Reshape", [rotated(query, "q"), READER.queryRows])], {
      perm: [0, 2, 3, 1, 4],
    }),
    READER.queryHeads,
  ]);
  const products = graph.node("FusedMatMul", [queries, byKeyHeads(rotated(key, "k"))], {
    transB: 1,
    alpha: { float: headDim ** -0.5 },
  });
  const masked = graph.node("Add", [graph.node("Reshape", [products, READER.scoreRows]), READER.mask]);
  const shares = graph.node("Reshape", [
    graph.node("Softmax", [masked], { axis: -1 }),
    graph.node("Shape", [products]),
  ]);
  const sums = graph.node("Reshape", [graph.node("MatMul", [shares, byKeyHeads(value)]), READER.sumRows]);
  const byTokens = graph.node("Transpose", [sums], { perm: [0, 3, 1, 2, 4] });
  return graph.node("Reshape", [byTokens, graph.constant("int64", [3], [1, -1, heads * headDim])]);
}
