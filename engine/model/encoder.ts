/**
 * Runs the encoder graphs of gists on one segment.
 * Owns: spans, gist positions and the masks that say what a gist sees. Knows nothing about queues, messages, files.
 */
import { assert } from "../base/assert.ts";
import { throwIfCancelled } from "../base/abort.ts";
import { toHalf } from "./half.ts";
import type { ModelConfig } from "./model-config.ts";
import { checkSegment, HIDDEN_FROM_VIEW, type Layout, padded, rawLayout, rawRows } from "./raw-layout.ts";
import { rotaryFrequencies, rotaryRows } from "./rotary.ts";
import { floatTensor, type GraphSession, int64Tensor, type TensorInput } from "./runtime.ts";
import { ENCODER } from "./signature.ts";
import type { MemoryInfo, NumberedMemory, SegmentMemory } from "./types.ts";

/** One part's session, with the layers it computes. */
export interface EncoderSession {
  readonly session: GraphSession;
  readonly layers: readonly number[];
}

/** One segment to its memory, whatever form that has. */
export interface Encoder {
  /** Model calls per segment. */
  readonly calls: number;
  /** Errors: InvalidRequest for a bad length, id or ratio; Cancelled between runs. */
  encode(ids: readonly number[], ratio: number, signal: AbortSignal): Promise<SegmentMemory>;
}

export class GistEncoder implements Encoder {
  readonly #config: ModelConfig;
  readonly #memory: MemoryInfo;
  readonly #parts: readonly EncoderSession[];
  readonly #frequencies: Float64Array;
  #layout: { readonly key: string; readonly layout: Layout } | null = null;

  /** `parts`: the sessions in order, with the layers each computes. */
  constructor(config: ModelConfig, memory: MemoryInfo, parts: readonly EncoderSession[]) {
    this.#config = config;
    this.#memory = memory;
    this.#parts = parts;
    this.#frequencies = rotaryFrequencies(config.shape.headDim, config.rotary);
  }

  /** Model calls per segment. */
  get calls(): number {
    return this.#parts.length;
  }

  /**
   * One segment to its memory.
   *
   * Shapes   ids int (T), 1 <= T <= segmentLength; returns M = ceil(T / ratio) slots
   * Errors   InvalidRequest for a bad length, id or ratio; Cancelled between runs
   * Cost     one run per part
   */
  async encode(ids: readonly number[], ratio: number, signal: AbortSignal): Promise<NumberedMemory> {
    checkSegment(ids, ratio, this.#memory.segmentLength, this.#config.shape.vocabulary);
    const { layers, kvHeads, headDim, hidden } = this.#config.shape;
    const ends = spanEnds(ids.length, ratio);
    const rows = rawRows(ids.length);
    const layout = this.#layoutOf(ids.length, ratio);
    const width = 2 * kvHeads * headDim;
    const payload = new Uint16Array(layers * ends.length * width);
    let streams: Record<string, TensorInput> = {
      [ENCODER.ids]: int64Tensor(padded(ids), [1, rows]),
      [ENCODER.gistIds]: int64Tensor(
        ends.map((end) => ids[end - 1] ?? 0),
        [1, ends.length],
      ),
    };
    for (const [index, part] of this.#parts.entries()) {
      throwIfCancelled(signal);
      const isLast = index === this.#parts.length - 1;
      // Raw rows end with the layer before the last: no later part reads them.
      const passesRaw = !isLast && Math.max(...part.layers) < layers - 2;
      const next = isLast ? [] : [ENCODER.nextGistStream, ...(passesRaw ? [ENCODER.nextRawStream] : [])];
      const outputs = await part.session.run({ ...layout, ...streams }, [...part.layers.map(ENCODER.memory), ...next]);
      for (const layer of part.layers)
        payload.set(toHalf(floats(outputs, ENCODER.memory(layer))), layer * ends.length * width);
      if (isLast) break;
      streams = {
        [ENCODER.gistStream]: floatTensor(floats(outputs, ENCODER.nextGistStream), [1, ends.length, hidden]),
      };
      if (passesRaw)
        streams[ENCODER.rawStream] = floatTensor(floats(outputs, ENCODER.nextRawStream), [1, rows, hidden]);
    }
    return { layers, slots: ends.length, width, ratio, tokens: ids.length, payload };
  }

  #layoutOf(length: number, ratio: number): Layout {
    const key = `${length}/${ratio}`;
    if (this.#layout?.key !== key) this.#layout = { key, layout: this.#makeLayout(length, ratio) };
    return this.#layout.layout;
  }

  #makeLayout(length: number, ratio: number): Layout {
    const half = this.#frequencies.length;
    const ends = spanEnds(length, ratio);
    const rows = rawRows(length);
    const gist = rotaryRows(
      this.#frequencies,
      ends.map((end) => end - 1),
    );
    return {
      ...rawLayout(this.#frequencies, rows),
      [ENCODER.gistCosine]: floatTensor(gist.cosine, [ends.length, half]),
      [ENCODER.gistSine]: floatTensor(gist.sine, [ends.length, half]),
      [ENCODER.gistMask]: floatTensor(gistMask(ends, rows), [1, ends.length, rows + ends.length]),
      [ENCODER.gistSizes]: int64Tensor([rows, ends.length]),
    };
  }
}

/** (M, T + M): a gist sees the raw rows up to the end of its span, and gists up to itself. */
function gistMask(ends: readonly number[], rows: number): Float32Array {
  const width = rows + ends.length;
  const mask = new Float32Array(ends.length * width);
  ends.forEach((end, row) => {
    mask.fill(HIDDEN_FROM_VIEW, row * width + end, row * width + rows);
    mask.fill(HIDDEN_FROM_VIEW, row * width + rows + row + 1, (row + 1) * width);
  });
  return mask;
}

/** End (exclusive) of each gist's span; the last span may be shorter. */
export function spanEnds(length: number, ratio: number): number[] {
  return Array.from({ length: Math.ceil(length / ratio) }, (_, j) => Math.min((j + 1) * ratio, length));
}

export function floats(outputs: Record<string, Float32Array>, name: string): Float32Array {
  const data = outputs[name];
  assert(data !== undefined, `output ${name} was not returned`);
  return data;
}
