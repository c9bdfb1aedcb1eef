/**
 * How likely a model finds the same tokens behind each of several memories: query likelihood over memories.
 * Several views share one run: their memories lie side by side in one cache, the mask keeps each view to its own, and
 * positions are those that it would have alone. So the weights are read once for a hundred rows instead of twenty.
 * Owns: that layout. Does not know: what the tokens say, where memories come from.
 * Source: unsupervised passage re-ranking by question generation, Sachan et al. 2022, arXiv:2204.07496; block-diagonal
 * attention over packed sequences as in Krell et al. 2021, arXiv:2107.02027.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError } from "../protocol/errors.ts";
import { numbersOf, type Restorer } from "./codes.ts";
import { type Decoder, HIDDEN_FROM_VIEW, type LaidOut } from "./decoder.ts";
import { KvCache, memoryRows, type Rows } from "./kv-cache.ts";
import { positionsFrom, rotaryRows, rotateHead } from "./rotary.ts";
import type { NumberedMemory, SegmentMemory } from "./types.ts";

export interface ScoredTokens {
  /** Stand before every memory. At least one. */
  readonly sinks: readonly number[];
  /** Between memory and scored tokens. At least one. */
  readonly lead: readonly number[];
  /** What is scored. At least one. */
  readonly ids: readonly number[];
  /** null: nothing. */
  readonly memories: readonly (SegmentMemory | null)[];
}

/** New rows of one run: more do not make a row cheaper, and attention grows with the square. */
const ROWS_OF_A_RUN = 128;

/**
 * Mean natural-log likelihood of `ids` behind each memory, in their order.
 *
 * Shapes   returns (number of memories), each <= 0
 * Errors   InvalidRequest for empty tokens, ModelIncompatible for another model's memory, ContextOverflow, Cancelled
 */
export async function scoreBehind(
  { decoder, restorer }: { readonly decoder: Decoder; readonly restorer: Restorer | null },
  { sinks, lead, ids, memories }: ScoredTokens,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (sinks.length === 0 || lead.length === 0 || ids.length === 0)
    throw new EngineError("InvalidRequest", "sinks, lead and scored tokens need one token each");
  for (const memory of memories) check(decoder, memory, sinks.length + lead.length + ids.length);
  throwIfCancelled(signal);
  const begin = await rowsOf(decoder, sinks);
  const tokens = [...lead, ...ids.slice(0, -1)];
  const views = Math.max(1, Math.floor(ROWS_OF_A_RUN / tokens.length));
  const means = new Float32Array(memories.length);
  for (let at = 0; at < memories.length; at += views) {
    throwIfCancelled(signal);
    const group: (NumberedMemory | null)[] = [];
    for (const memory of memories.slice(at, at + views))
      group.push(memory === null ? null : await numbersOf(memory, restorer));
    const laid = layOut(decoder, begin, group, tokens, { skipped: lead.length - 1, ids });
    const likelihoods = await decoder.runLaidOut(laid);
    group.forEach((_, view) => {
      const own = likelihoods.subarray(view * ids.length, (view + 1) * ids.length);
      means[at + view] = own.reduce((sum, value) => sum + value, 0) / ids.length;
    });
  }
  return means;
}

function check({ config }: Decoder, memory: SegmentMemory | null, tokens: number): void {
  const { layers, kvHeads, headDim } = config.shape;
  if (memory !== null && (memory.layers !== layers || memory.width !== 2 * kvHeads * headDim))
    throw new EngineError("ModelIncompatible", `a memory of ${memory.layers} layers x ${memory.width} numbers`, {
      hint: "The document was read with another model. Read it again with this one.",
    });
  if ((memory?.slots ?? 0) + tokens > config.maxPositions)
    throw new EngineError(
      "ContextOverflow",
      `${memory?.slots ?? 0} + ${tokens} positions; this model has ${config.maxPositions}`,
    );
}

/** Keys (un-rotated) and values of tokens at the beginning of a view. */
async function rowsOf(decoder: Decoder, ids: readonly number[]): Promise<Rows> {
  const cache = new KvCache(decoder.config.shape, decoder.frequencies);
  await decoder.run(cache, ids, { kind: "rows only" });
  return cache.tailRows(0, ids.length);
}

/** Views side by side: what each sees lies in the cache from `from` on, its tokens are the rows from `row` on. */
function layOut(
  decoder: Decoder,
  begin: Rows,
  memories: readonly (NumberedMemory | null)[],
  tokens: readonly number[],
  { skipped, ids }: { readonly skipped: number; readonly ids: readonly number[] },
): LaidOut {
  const { kvHeads, headDim } = decoder.config.shape;
  const seen = memories.map((memory) => (memory === null ? null : memoryRows(memory, kvHeads * headDim)));
  const capacity = begin.count + seen.reduce((sum, rows) => sum + (rows?.count ?? 0), 0);
  const count = memories.length * tokens.length;
  const cache = new LaidCache(decoder, capacity);
  cache.place(begin, 0, 0);
  const mask = new Float32Array(count * (capacity + count)).fill(HIDDEN_FROM_VIEW);
  const positions: number[] = [];
  let from = begin.count;
  seen.forEach((rows, view) => {
    const slots = rows?.count ?? 0;
    if (rows !== null) cache.place(rows, from, begin.count);
    tokens.forEach((_, i) => {
      const line = (view * tokens.length + i) * (capacity + count);
      const own = line + capacity + view * tokens.length;
      mask.fill(0, line, line + begin.count);
      mask.fill(0, line + from, line + from + slots);
      mask.fill(0, own, own + i + 1);
    });
    positions.push(...positionsFrom(begin.count + slots, tokens.length));
    from += slots;
  });
  return {
    ids: memories.flatMap(() => [...tokens]),
    positions,
    keys: cache.keys,
    values: cache.values,
    capacity,
    mask,
    rows: memories.flatMap((_, view) => positionsFrom(view * tokens.length + skipped, ids.length)),
    targets: memories.flatMap(() => [...ids]),
  };
}

/** Keys and values (K, C, D) of every layer, filled stretch by stretch, each at the positions it stands for. */
class LaidCache {
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
  readonly #decoder: Decoder;
  readonly #capacity: number;

  constructor(decoder: Decoder, capacity: number) {
    const { layers, kvHeads, headDim } = decoder.config.shape;
    const empty = (): Float32Array[] =>
      Array.from({ length: layers }, () => new Float32Array(kvHeads * capacity * headDim));
    this.#decoder = decoder;
    this.#capacity = capacity;
    this.keys = empty();
    this.values = empty();
  }

  /** Rows at cache rows from `at` on, rotated for the positions from `position` on. */
  place(rows: Rows, at: number, position: number): void {
    const { kvHeads, headDim } = this.#decoder.config.shape;
    const table = rotaryRows(this.#decoder.frequencies, positionsFrom(position, rows.count));
    this.keys.forEach((keys, layer) => {
      const [ownKeys, ownValues, values] = [rows.keys[layer], rows.values[layer], this.values[layer]];
      if (ownKeys === undefined || ownValues === undefined || values === undefined) return;
      for (let head = 0; head < kvHeads; head++)
        for (let row = 0; row < rows.count; row++) {
          const from = (row * kvHeads + head) * headDim;
          const to = (head * this.#capacity + at + row) * headDim;
          rotateHead(ownKeys, from, keys, to, table, row, headDim / 2);
          values.set(ownValues.subarray(from, from + headDim), to);
        }
    });
  }
}
