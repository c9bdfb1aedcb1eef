/**
 * Runs the decoder graph on some new tokens over a cache.
 * Owns: the mask, the positions of new rows, and how many rows a run may carry. Knows nothing about sampling or views.
 */
import { assert } from "../base/assert.ts";
import { EngineError } from "../protocol/errors.ts";
import { operationsPerToken } from "./compile.ts";
import type { KvCache } from "./kv-cache.ts";
import type { ModelConfig } from "./model-config.ts";
import { positionsFrom, rotaryFrequencies, rotaryRows } from "./rotary.ts";
import { floatTensor, type GraphSession, int64Tensor, type TensorInput } from "./runtime.ts";
import { DECODER } from "./signature.ts";

export const HIDDEN_FROM_VIEW = -3e38;
/** Operations of one prefill run; see OPERATIONS_PER_RUN in compile.ts. */
const OPERATIONS_PER_SLICE = 40e9;
/** Attention over a long cache costs more than the layers; 64 rows keep it short (runtime.md 2). */
const LONGEST_SLICE = 64;

/** What a run shall give besides new rows of the cache. */
export type Wanted =
  | { readonly kind: "rows only" }
  /** Logits (V) of the last new token. */
  | { readonly kind: "logits" }
  /** Likelihood of `targets[i]` after new token i; (T). */
  | { readonly kind: "likelihoods"; readonly targets: readonly number[] };

/** Rows of several views for one run, placed by the caller (score-tokens.ts). Shapes as in decoder-graph.ts. */
export interface LaidOut {
  readonly ids: readonly number[];
  /** Of each new row. */
  readonly positions: readonly number[];
  /** (K, C, D) per layer, keys rotated. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly capacity: number;
  /** (T, C + T). */
  readonly mask: Float32Array;
  readonly rows: readonly number[];
  readonly targets: readonly number[];
}

export class Decoder {
  readonly config: ModelConfig;
  readonly frequencies: Float64Array;
  /** Tokens of one prefill run; fixed per model, so that the same view always gives the same numbers. */
  readonly sliceLength: number;
  readonly #session: GraphSession;

  constructor(config: ModelConfig, session: GraphSession) {
    this.config = config;
    this.#session = session;
    this.frequencies = rotaryFrequencies(config.shape.headDim, config.rotary);
    const affordable = OPERATIONS_PER_SLICE / operationsPerToken(config.shape);
    this.sliceLength = Math.min(LONGEST_SLICE, Math.max(8, 2 ** Math.floor(Math.log2(affordable))));
  }

  /**
   * Appends `ids` to the cache in ONE run.
   *
   * Shapes   ids int (T), T <= sliceLength; returns logits (V), likelihoods (T) or an empty array, as wanted
   * Errors   none of its own: the caller checks ids, positions and cancellation
   */
  async run(cache: KvCache, ids: readonly number[], wanted: Wanted): Promise<Float32Array> {
    const { layers } = this.config.shape;
    const layerNames = Array.from({ length: layers }, (_, layer) => layer);
    const result = wanted.kind === "rows only" ? [] : [wanted.kind === "logits" ? DECODER.logits : DECODER.likelihoods];
    const outputs = await this.#session.run(this.#inputs(cache, ids, wanted), [
      ...layerNames.map(DECODER.newKeys),
      ...layerNames.map(DECODER.newValues),
      ...result,
    ]);
    cache.appendTokens(ids, {
      count: ids.length,
      keys: layerNames.map((layer) => take(outputs, DECODER.newKeys(layer))),
      values: layerNames.map((layer) => take(outputs, DECODER.newValues(layer))),
    });
    const [name] = result;
    return name === undefined ? new Float32Array(0) : take(outputs, name);
  }

  /** Likelihoods (R) of the targets at the wanted rows. Nothing is kept. */
  async runLaidOut({ ids, positions, keys, values, capacity, mask, rows, targets }: LaidOut): Promise<Float32Array> {
    const { layers, kvHeads, headDim } = this.config.shape;
    const { cosine, sine } = rotaryRows(this.frequencies, positions);
    const inputs: Record<string, TensorInput> = {
      [DECODER.ids]: int64Tensor(ids, [1, ids.length]),
      [DECODER.cosine]: floatTensor(cosine, [ids.length, headDim / 2]),
      [DECODER.sine]: floatTensor(sine, [ids.length, headDim / 2]),
      [DECODER.mask]: floatTensor(mask, [1, ids.length, capacity + ids.length]),
      [DECODER.sizes]: int64Tensor([capacity, ids.length]),
      [DECODER.rows]: int64Tensor(rows),
      [DECODER.targets]: int64Tensor(targets, [1, targets.length, 1]),
    };
    for (let layer = 0; layer < layers; layer++) {
      inputs[DECODER.keyCache(layer)] = floatTensor(keys[layer] ?? noLayer(layer), [kvHeads, capacity, headDim]);
      inputs[DECODER.valueCache(layer)] = floatTensor(values[layer] ?? noLayer(layer), [kvHeads, capacity, headDim]);
    }
    return take(await this.#session.run(inputs, [DECODER.likelihoods]), DECODER.likelihoods);
  }

  #inputs(cache: KvCache, ids: readonly number[], wanted: Wanted): Record<string, TensorInput> {
    const { layers, kvHeads, headDim } = this.config.shape;
    const count = ids.length;
    const { cosine, sine } = rotaryRows(this.frequencies, positionsFrom(cache.length, count));
    const rows = wanted.kind === "likelihoods" ? positionsFrom(0, count) : [count - 1];
    const targets = wanted.kind === "likelihoods" ? wanted.targets : [0];
    const inputs: Record<string, TensorInput> = {
      [DECODER.ids]: int64Tensor(ids, [1, count]),
      [DECODER.cosine]: floatTensor(cosine, [count, headDim / 2]),
      [DECODER.sine]: floatTensor(sine, [count, headDim / 2]),
      [DECODER.mask]: floatTensor(causalMask(cache, count), [1, count, cache.capacity + count]),
      [DECODER.sizes]: int64Tensor([cache.capacity, count]),
      [DECODER.rows]: int64Tensor(rows),
      [DECODER.targets]: int64Tensor(targets, [1, targets.length, 1]),
    };
    for (let layer = 0; layer < layers; layer++) {
      inputs[DECODER.keyCache(layer)] = floatTensor(cache.keys(layer), [kvHeads, cache.capacity, headDim]);
      inputs[DECODER.valueCache(layer)] = floatTensor(cache.values(layer), [kvHeads, cache.capacity, headDim]);
    }
    return inputs;
  }
}

/** (T, C + T): new row i sees the used rows of the cache and new rows 0..i. */
function causalMask(cache: KvCache, count: number): Float32Array {
  const width = cache.capacity + count;
  const mask = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    mask.fill(HIDDEN_FROM_VIEW, row * width + cache.length, row * width + cache.capacity);
    mask.fill(HIDDEN_FROM_VIEW, row * width + cache.capacity + row + 1, (row + 1) * width);
  }
  return mask;
}

function take(outputs: Record<string, Float32Array>, name: string): Float32Array {
  const data = outputs[name];
  assert(data !== undefined, `output ${name} was not returned`);
  return data;
}

function noLayer(layer: number): never {
  throw new EngineError("Internal", `no layer ${layer} was laid out`);
}
