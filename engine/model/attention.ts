/**
 * Attention written out in plain products, for encoder and decoder alike.
 * Owns: the layout that lets several query heads share one key/value head as rows of one matrix.
 * Measured against the fused GroupQueryAttention (one core, 512 rows, 8/4 heads of 64): 2.8 ms in four blocks of rows,
 * 4.3 ms fused; the fused kernel is also silently wrong on some GPUs (runtime.md, trap T3).
 * Knows nothing about positions or what a mask means.
 */
import type { TransformerWriter } from "./transformer-writer.ts";

/** Rotated keys and values, (K, n, D) each. */
export interface KeyValues {
  readonly keys: string;
  readonly values: string;
}

/** (1, T, h D) to (h, T, D). */
export function byHeads(writer: TransformerWriter, x: string, heads: number): string {
  const { graph, config } = writer;
  const split = graph.node("Reshape", [x, graph.constant("int64", [3], [-1, heads, config.shape.headDim])]);
  return graph.node("Transpose", [split], { perm: [1, 0, 2] });
}

/**
 * Softmax(q k + mask) v over one or two stretches of keys.
 *
 * Shapes   query (H, T, D) rotated; parts (K, n_i, D); mask float32 (1, T, sum of n_i)
 *          sizes int64 (2): n_0 and n_1, needed with two parts
 *          returns (1, T, H D)
 */
export function attend(
  writer: TransformerWriter,
  query: string,
  parts: readonly [KeyValues] | readonly [KeyValues, KeyValues],
  mask: string,
  sizes = "",
): string {
  const { graph } = writer;
  const { heads, kvHeads, headDim } = writer.config.shape;
  const shape = (...dims: number[]): string => graph.constant("int64", [dims.length], dims);
  // The query heads of one key/value head become rows of one matrix: (K, H/K T, D).
  const rows = graph.node("Reshape", [query, shape(kvHeads, -1, headDim)]);
  const scaled = { transB: 1, alpha: { float: headDim ** -0.5 } };
  const scores = parts.map(({ keys }) => graph.node("FusedMatMul", [rows, keys], scaled));
  const joined = scores.length === 1 ? (scores[0] ?? "") : graph.node("Concat", scores, { axis: -1 });
  // In a Reshape, 0 keeps that dimension: (K, H/K T, n) to (H, T, n) and back.
  const masked = graph.node("Add", [graph.node("Reshape", [joined, shape(heads, -1, 0)]), mask]);
  const shares = graph.node("Reshape", [graph.node("Softmax", [masked], { axis: -1 }), shape(kvHeads, -1, 0)]);
  const sums = splitShares(writer, shares, parts.length, sizes).map((share, i) =>
    graph.node("MatMul", [share, parts[i]?.values ?? ""]),
  );
  const sum = sums.length === 1 ? (sums[0] ?? "") : graph.node("Add", sums);
  const byTokens = graph.node("Transpose", [graph.node("Reshape", [sum, shape(heads, -1, headDim)])], {
    perm: [1, 0, 2],
  });
  return graph.node("Reshape", [byTokens, shape(1, -1, heads * headDim)]);
}

function splitShares(writer: TransformerWriter, shares: string, count: number, sizes: string): string[] {
  if (count === 1) return [shares];
  const outputs = writer.graph.names(count);
  writer.graph.nodes("Split", [shares, sizes], outputs, { axis: -1 });
  return outputs;
}
