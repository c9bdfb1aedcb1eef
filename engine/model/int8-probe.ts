/**
 * Does this processor add 8-bit products without overflow?
 * x64 without VNNI sums pairs of products in 16 bits and saturates when weights use all 8 bits; with 7 bits
 * (255 * 63 * 2 < 32,768) it cannot. One tiny run with the worst numbers decides which range weights get.
 * Source: onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "reduce_range".
 */
import { OnnxGraph } from "./onnx.ts";
import type { WeightRange } from "./quantize.ts";
import { byteTensor, openSession } from "./runtime.ts";

const WIDTH = 64;

export async function probeWeightRange(): Promise<WeightRange> {
  const graph = new OnnxGraph("probe");
  const rows = graph.input("rows", "uint8", [1, WIDTH]);
  const weights = graph.initializer("weights", {
    type: "int8",
    dims: [WIDTH, WIDTH],
    content: new Uint8Array(WIDTH * WIDTH).fill(127),
  });
  const one = graph.constant("float32", [1], [1]);
  const zeroPoint = graph.constant("uint8", [], [128]);
  graph.expose(graph.node("MatMulIntegerToFloat", [rows, weights, one, one, zeroPoint]), "sums", "float32", [1, WIDTH]);
  await using session = await openSession(graph.serialize(), { provider: "cpu", threads: 1 });
  const largest = new Uint8Array(WIDTH).fill(255);
  const { sums } = await session.run({ rows: byteTensor(largest, [1, WIDTH]) }, ["sums"]);
  return sums?.every((sum) => sum === (255 - 128) * 127 * WIDTH) === true ? 127 : 63;
}
