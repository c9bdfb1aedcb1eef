/**
 * Runs the encoder graphs on one segment.
 * Owns: spans, gist positions and the masks that say what a row sees. Knows nothing about queues, messages, files.
 */
import { assert } from "../base/assert.ts";
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError } from "../protocol/errors.ts";
import { toHalf } from "./half.ts";
import type { ModelConfig } from "./model-config.ts";
import { positionsFrom, rotaryFrequencies, rotaryRows } from "./rotary.ts";
import { floatTensor, type GraphSession, int64Tensor, type TensorInput } from "./runtime.ts";
import { ENCODER, RAW_BLOCKS } from "./signature.ts";
import type { MemoryInfo, SegmentMemory } from "./types.ts";

const HIDDEN_FROM_VIEW = -3e38;

/** Cosine, sine, masks and sizes for one (length, ratio); segments of a book nearly all share them. */
type Layout = Readonly<Record<string, TensorInput>>;

export class Encoder {
  readonly #config: ModelConfig;
  readonly #memory: MemoryInfo;
  readonly #parts: readonly { readonly session: GraphSession; readonly layers: readonly number[] }[];
  readonly #frequencies: Float64Array;
  #layout: { readonly key: string; readonly layout: Layout } | null = null;

  /** `parts`: the sessions in order, with the layers each computes. */
  constructor(
    config: ModelConfig,
    memory: MemoryInfo,
    parts: readonly { readonly session: GraphSession; readonly layers: readonly number[] }[],
  ) {
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
  async encode(ids: readonly number[], ratio: number, signal: AbortSignal): Promise<SegmentMemory> {
    this.#check(ids, ratio);
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

  #check(ids: readonly number[], ratio: number): void {
    const { segmentLength } = this.#memory;
    if (ids.length < 1 || ids.length > segmentLength)
      throw new EngineError("InvalidRequest", `a segment of ${ids.length} tokens; 1 to ${segmentLength} were expected`);
    if (!Number.isInteger(ratio) || ratio < 1 || ratio > segmentLength)
      throw new EngineError("InvalidRequest", `ratio ${ratio}; a whole number from 1 to ${segmentLength} was expected`);
    checkIds(ids, this.#config.shape.vocabulary);
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
    const raw = rotaryRows(this.#frequencies, positionsFrom(0, rows));
    const gist = rotaryRows(
      this.#frequencies,
      ends.map((end) => end - 1),
    );
    return {
      [ENCODER.rawCosine]: floatTensor(raw.cosine, [rows, half]),
      [ENCODER.rawSine]: floatTensor(raw.sine, [rows, half]),
      [ENCODER.gistCosine]: floatTensor(gist.cosine, [ends.length, half]),
      [ENCODER.gistSine]: floatTensor(gist.sine, [ends.length, half]),
      [ENCODER.gistMask]: floatTensor(gistMask(ends, rows), [1, ends.length, rows + ends.length]),
      [ENCODER.gistSizes]: int64Tensor([rows, ends.length]),
      ...blockLayout(rows),
    };
  }
}

/** Raw rows of a segment: its tokens, padded when they are fewer than the blocks. */
function rawRows(length: number): number {
  return Math.max(length, RAW_BLOCKS);
}

function padded(ids: readonly number[]): number[] {
  return [...ids, ...Array.from({ length: rawRows(ids.length) - ids.length }, () => 0)];
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

/** Sizes, ends and causal masks (b, end) of the blocks of raw rows. */
function blockLayout(rows: number): Layout {
  const ends = Array.from({ length: RAW_BLOCKS }, (_, i) => Math.floor(((i + 1) * rows) / RAW_BLOCKS));
  const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
  const layout: Record<string, TensorInput> = {
    [ENCODER.blockSizes]: int64Tensor(sizes),
    [ENCODER.blockEnds]: int64Tensor(ends),
  };
  ends.forEach((end, block) => {
    const size = sizes[block] ?? 0;
    const mask = new Float32Array(size * end);
    for (let row = 0; row < size; row++) mask.fill(HIDDEN_FROM_VIEW, row * end + end - size + row + 1, (row + 1) * end);
    layout[ENCODER.blockMask(block)] = floatTensor(mask, [1, size, end]);
  });
  return layout;
}

/** End (exclusive) of each gist's span; the last span may be shorter. */
export function spanEnds(length: number, ratio: number): number[] {
  return Array.from({ length: Math.ceil(length / ratio) }, (_, j) => Math.min((j + 1) * ratio, length));
}

/** Errors: InvalidRequest when an id is outside the vocabulary; the runtime would read foreign memory otherwise. */
export function checkIds(ids: readonly number[], vocabulary: number): void {
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary)
      throw new EngineError("InvalidRequest", `token id ${id}; 0 to ${vocabulary - 1} were expected`);
}

function floats(outputs: Record<string, Float32Array>, name: string): Float32Array {
  const data = outputs[name];
  assert(data !== undefined, `output ${name} was not returned`);
  return data;
}
