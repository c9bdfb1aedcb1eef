/**
 * Runs the graphs of residual codes: a segment to codes, and codes back to keys and values.
 * Owns: what they are fed and how bytes come out; nothing of a damaged or foreign memory reaches the runtime unchecked.
 * Knows nothing about queues, messages, files.
 */
import { assert } from "../base/assert.ts";
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError } from "../protocol/errors.ts";
import { type CodesAdapter, codesPerToken } from "./adapter.ts";
import { type Encoder, type EncoderSession, floats, spanEnds } from "./encoder.ts";
import { toHalf } from "./half.ts";
import type { ModelConfig } from "./model-config.ts";
import { checkIds, checkSegment, type Layout, nearTokens, padded, rawLayout, rawRows } from "./raw-layout.ts";
import { positionsFrom, rotaryFrequencies } from "./rotary.ts";
import { byteTensor, floatTensor, type GraphSession, type TensorInput } from "./runtime.ts";
import { ENCODER, RESTORER } from "./signature.ts";
import { type CodedMemory, isCoded, type NumberedMemory, type SegmentMemory } from "./types.ts";

export class CodesEncoder implements Encoder {
  readonly #config: ModelConfig;
  readonly #adapter: CodesAdapter;
  readonly #parts: readonly EncoderSession[];
  readonly #frequencies: Float64Array;
  #layout: { readonly rows: number; readonly layout: Layout } | null = null;

  constructor(config: ModelConfig, adapter: CodesAdapter, parts: readonly EncoderSession[]) {
    this.#config = config;
    this.#adapter = adapter;
    this.#parts = parts;
    this.#frequencies = rotaryFrequencies(config.shape.headDim, config.rotary);
  }

  get calls(): number {
    return this.#parts.length;
  }

  /**
   * One segment to its codes. `ratio` says only how many of its tokens are shown at first.
   *
   * Shapes   ids int (T), 1 <= T <= segmentLength; returns codes of all T tokens, M = ceil(T / ratio) slots
   * Errors   InvalidRequest for a bad length, id or ratio; Cancelled between runs
   */
  async encode(ids: readonly number[], ratio: number, signal: AbortSignal): Promise<CodedMemory> {
    const { segmentLength } = this.#adapter.info;
    const { layers, hidden, kvHeads, headDim, vocabulary } = this.#config.shape;
    checkSegment(ids, ratio, segmentLength, vocabulary);
    const rows = rawRows(ids.length);
    const width = 2 * kvHeads * headDim;
    const given = padded(ids);
    const near = nearTokens(given, positionsFrom(0, rows), this.#adapter.window);
    const codes = new Uint8Array(ids.length * codesPerToken(this.#adapter, layers));
    let streams: Record<string, TensorInput> = {};
    let at = 0;
    for (const [index, part] of this.#parts.entries()) {
      throwIfCancelled(signal);
      const isLast = index === this.#parts.length - 1;
      const coded = part.layers.filter((layer) => layer > 0).length;
      const wanted = [
        ...(coded > 0 ? [ENCODER.codes] : []),
        ...(isLast ? [] : [ENCODER.nextRawStream, ENCODER.nextBefore]),
      ];
      const outputs = await part.session.run({ ...this.#layoutOf(rows), ...near, ...streams }, wanted);
      const size = coded * 2 * this.#adapter.groups;
      if (size > 0) place(floats(outputs, ENCODER.codes), size, codes, at, ids.length);
      at += size;
      if (isLast) break;
      streams = {
        [ENCODER.rawStream]: floatTensor(floats(outputs, ENCODER.nextRawStream), [1, rows, hidden]),
        [ENCODER.before]: floatTensor(floats(outputs, ENCODER.nextBefore), [1, rows, width]),
      };
    }
    const slots = spanEnds(ids.length, ratio).length;
    return { layers, slots, width, ratio, tokens: ids.length, ids: Uint32Array.from(ids), codes };
  }

  #layoutOf(rows: number): Layout {
    if (this.#layout?.rows !== rows) this.#layout = { rows, layout: rawLayout(this.#frequencies, rows) };
    return this.#layout.layout;
  }
}

export class Restorer {
  readonly #config: ModelConfig;
  readonly #adapter: CodesAdapter;
  readonly #session: GraphSession;

  constructor(config: ModelConfig, adapter: CodesAdapter, session: GraphSession) {
    this.#config = config;
    this.#adapter = adapter;
    this.#session = session;
  }

  /** Keys and values of the tokens that the memory shows. Errors: ModelIncompatible for another model's memory. */
  async restore(memory: CodedMemory): Promise<NumberedMemory> {
    const { layers, kvHeads, headDim, vocabulary } = this.#config.shape;
    const width = 2 * kvHeads * headDim;
    const size = codesPerToken(this.#adapter, layers);
    if (memory.layers !== layers || memory.width !== width || memory.codes.length !== memory.tokens * size)
      throw foreign(`a memory of ${memory.layers} layers x ${memory.width} numbers, ${memory.codes.length} codes`);
    assert(memory.ids.length === memory.tokens, "one id a token");
    checkIds(memory.ids, vocabulary);
    const shown = spanEnds(memory.tokens, memory.ratio).map((end) => end - 1);
    const codes = new Uint8Array(shown.length * size);
    shown.forEach((token, row) => codes.set(memory.codes.subarray(token * size, (token + 1) * size), row * size));
    const inputs = {
      ...nearTokens(memory.ids, shown, this.#adapter.window),
      [RESTORER.codes]: byteTensor(codes, [shown.length, size]),
    };
    const outputs = await this.#session.run(inputs, positionsFrom(0, layers).map(RESTORER.rows));
    const payload = new Uint16Array(layers * shown.length * width);
    for (let layer = 0; layer < layers; layer++)
      payload.set(toHalf(floats(outputs, RESTORER.rows(layer))), layer * shown.length * width);
    return { layers, slots: shown.length, width, ratio: memory.ratio, tokens: memory.tokens, payload };
  }
}

/** A memory as numbers: restored where it is kept in codes. Errors: ModelIncompatible. */
export async function numbersOf(memory: SegmentMemory, restorer: Restorer | null): Promise<NumberedMemory> {
  if (!isCoded(memory)) return memory;
  if (restorer === null) throw foreign("a memory in codes that this model has not learned");
  return restorer.restore(memory);
}

/** `size` numbers of each token into its bytes from `at` on. */
function place(numbers: Float32Array, size: number, codes: Uint8Array, at: number, tokens: number): void {
  const bytes = codes.length / tokens;
  for (let token = 0; token < tokens; token++)
    for (let i = 0; i < size; i++) codes[token * bytes + at + i] = numbers[token * size + i] ?? 0;
}

function foreign(what: string): EngineError {
  return new EngineError("ModelIncompatible", what, {
    hint: "The document was read with another model. Read it again with this one.",
  });
}
