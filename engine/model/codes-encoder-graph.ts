/**
 * The encoder of residual codes: one segment in, numbers of codewords out.
 * Owns: the order of things in a layer: what the model really makes of the tokens, what was expected, the codes of the
 * difference, and the rows that will be made again from them, which the next layer is expected from.
 * Knows nothing about storage.
 *
 * Shapes   codes float32 (1, T, layers of the part but the first 2 groups), whole numbers 0..255
 * Source   training/codes.py
 */
import { assert } from "../base/assert.ts";
import type { CodesAdapter } from "./adapter.ts";
import { CodesWriter, HALVES } from "./codes-graph.ts";
import type { EncoderPart } from "./encoder-graph.ts";
import { CAST_TO_FLOAT, OnnxGraph } from "./onnx.ts";
import { RawRows, settled } from "./raw-rows.ts";
import { ENCODER, NEAR } from "./signature.ts";
import { type Stream, TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

/** The ONNX graph of one part, serialised. */
export function writeCodesEncoder(options: WriterOptions, adapter: CodesAdapter, part: EncoderPart): Uint8Array {
  const graph = new OnnxGraph("encoder");
  const writer = new TransformerWriter(graph, options);
  const codes = new CodesWriter(graph, writer, options, adapter);
  const rawRows = new RawRows(graph, writer);
  const { hidden, layers } = options.config.shape;
  const last = layers - 1;
  rawRows.declareInputs();
  const near = codes.inputs(codes.embedded());
  let raw: Stream | null = {
    sum: part.from === 0 ? writer.embed(NEAR.ids) : graph.input(ENCODER.rawStream, "float32", [1, "T", hidden]),
    delta: null,
  };
  let before = part.from === 0 ? null : graph.input(ENCODER.before, "float32", [1, "T", 2 * codes.width]);
  const chosen: string[] = [];
  for (let layer = part.from; layer < part.to; layer++) {
    assert(raw !== null, "the raw stream ended too early");
    const { key, value, stream } = rawRows.read(raw, layer, layer !== last);
    raw = stream;
    if (before === null) {
      before = codes.rows(key, value);
      continue;
    }
    const expected = codes.predict(layer, near, before);
    const rows = HALVES.map((half) => {
      const real = half === "k" ? key : value;
      const own = codes.choose(layer, half, graph.node("Sub", [real, expected[half]]));
      chosen.push(own);
      // The last layer predicts nothing more.
      return layer === last ? "" : graph.node("Add", [expected[half], codes.residual(layer, half, own)]);
    });
    const [keys = "", values = ""] = rows;
    if (layer !== last) before = codes.rows(keys, values);
  }
  if (chosen.length > 0) {
    const numbers = graph.node("Cast", [graph.node("Concat", chosen, { axis: 1 })], { to: CAST_TO_FLOAT });
    graph.expose(numbers, ENCODER.codes, "float32", ["T", 2 * adapter.groups * (chosen.length / 2)]);
  }
  if (part.to <= last && raw !== null && before !== null) {
    graph.expose(settled(graph, raw), ENCODER.nextRawStream, "float32", [1, "T", hidden]);
    graph.expose(before, ENCODER.nextBefore, "float32", [1, "T", 2 * codes.width]);
  }
  return graph.serialize();
}
