/**
 * From the text and its codes back to keys and values. Far cheaper than reading the text again: no attention, no
 * feed-forward layers. Owns: the walk from the first layer to the last. Knows nothing about positions or caches.
 *
 * Shapes   codes uint8 (R, (L - 1) 2 groups); rows_i float32 (1, R, 2 K D), keys before rotary
 * Source   training/codes.py
 */
import { type CodesAdapter, codesPerToken } from "./adapter.ts";
import { CodesWriter, HALVES } from "./codes-graph.ts";
import { CAST_TO_INT64, OnnxGraph } from "./onnx.ts";
import { RESTORER } from "./signature.ts";
import { TransformerWriter, type WriterOptions } from "./transformer-writer.ts";

/** The ONNX graph, serialised. `options` as the encoder's, so that both predict the same. */
export function writeRestorer(options: WriterOptions, adapter: CodesAdapter): Uint8Array {
  const graph = new OnnxGraph("restorer");
  const writer = new TransformerWriter(graph, options);
  const codes = new CodesWriter(graph, writer, options, adapter);
  const { layers } = options.config.shape;
  const near = codes.inputs(codes.embedded());
  const bytes = graph.input(RESTORER.codes, "uint8", ["R", codesPerToken(adapter, layers)]);
  const given = graph.node("Cast", [bytes], { to: CAST_TO_INT64 });
  let before = codes.firstRows(near);
  expose(0, before);
  const parts = graph.names((layers - 1) * 2);
  graph.nodes("Split", [given], parts, { axis: 1, num_outputs: parts.length });
  for (let layer = 1; layer < layers; layer++) {
    const expected = codes.predict(layer, near, before);
    const [keys = "", values = ""] = HALVES.map((half, i) =>
      graph.node("Add", [expected[half], codes.residual(layer, half, parts[2 * (layer - 1) + i] ?? "")]),
    );
    before = codes.rows(keys, values);
    expose(layer, before);
  }
  return graph.serialize();

  function expose(layer: number, rows: string): void {
    graph.expose(rows, RESTORER.rows(layer), "float32", [1, "R", 2 * codes.width]);
  }
}
