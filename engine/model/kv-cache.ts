/**
 * Keys and values of one sequence, as the decoder graph reads them.
 * Owns: which position each row has, rotation, room to grow, and the un-rotated copies from which rows are moved.
 * Knows nothing about the runtime or about what tokens mean.
 *
 * Shapes   keys, values  float32 (K, C, D) per layer; keys rotated at their positions; rows >= length are free
 *          the tail: token rows after the last memory; their keys are also kept un-rotated, (rows, K D) per layer
 */
import { assert } from "../base/assert.ts";
import { EngineError } from "../protocol/errors.ts";
import { fromHalf, toHalf } from "./half.ts";
import { positionsFrom, rotaryRows, rotateHead, type RotaryRows } from "./rotary.ts";
import type { ModelShape, NumberedMemory } from "./types.ts";

/** Room is made in steps, so that the shape of the graph's inputs seldom changes. */
const ROOM_STEP = 512;

/** Rows of keys (un-rotated) and values, (rows, K D) per layer. */
export interface Rows {
  readonly count: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

export class KvCache {
  readonly #shape: ModelShape;
  readonly #frequencies: Float64Array;
  readonly #rowWidth: number;
  #keys: Float32Array[] = [];
  #values: Float32Array[] = [];
  #tailKeys: Float32Array[] = [];
  #tailIds: number[] = [];
  #capacity = 0;
  #length = 0;
  #tailStart = 0;

  constructor(shape: ModelShape, frequencies: Float64Array) {
    this.#shape = shape;
    this.#frequencies = frequencies;
    this.#rowWidth = shape.kvHeads * shape.headDim;
    for (let layer = 0; layer < shape.layers; layer++) this.#tailKeys.push(new Float32Array(0));
    this.#grow(1);
  }

  /** Positions in use. */
  get length(): number {
    return this.#length;
  }

  /** C: rows there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** First position of the tail. */
  get tailStart(): number {
    return this.#tailStart;
  }

  /** Ids of the tail's tokens. */
  get tailIds(): readonly number[] {
    return this.#tailIds;
  }

  keys(layer: number): Float32Array {
    return this.#keys[layer] ?? missingLayer(layer);
  }

  values(layer: number): Float32Array {
    return this.#values[layer] ?? missingLayer(layer);
  }

  /** Makes room for `positions` rows at once, instead of step by step. */
  reserve(positions: number): void {
    this.#grow(positions);
  }

  /** Appends token rows to the tail. */
  appendTokens(ids: readonly number[], rows: Rows): void {
    assert(ids.length === rows.count, "one id per row");
    const tailRows = this.#tailIds.length;
    this.#tailKeys = this.#tailKeys.map((tail, layer) => {
      const grown = roomFor(tail, (tailRows + rows.count) * this.#rowWidth);
      grown.set(rows.keys[layer] ?? missingLayer(layer), tailRows * this.#rowWidth);
      return grown;
    });
    this.#tailIds.push(...ids);
    this.#place(rows);
  }

  /** Places a memory after all that is there; the tail begins anew behind it. Errors: ModelIncompatible. */
  appendMemory(memory: NumberedMemory): void {
    const { layers } = this.#shape;
    const width = 2 * this.#rowWidth;
    if (memory.layers !== layers || memory.width !== width || memory.payload.length !== layers * memory.slots * width)
      throw new EngineError(
        "ModelIncompatible",
        `a memory of ${memory.layers} layers x ${memory.width} numbers; ${layers} x ${width} were expected by this model`,
        { hint: "The document was read with another model. Read it again with this one." },
      );
    this.#place(memoryRows(memory, this.#rowWidth));
    this.#tailStart = this.#length;
    this.#tailIds = [];
  }

  /** Keys (un-rotated) and values of `count` rows of the tail from position `start`. */
  tailRows(start: number, count: number): Rows {
    if (start < this.#tailStart || start + count > this.#length)
      throw new EngineError(
        "InvalidRequest",
        `rows ${start} to ${start + count}; rows from ${this.#tailStart} to ${this.#length} can be taken`,
      );
    const from = (start - this.#tailStart) * this.#rowWidth;
    return {
      count,
      keys: this.#tailKeys.map((tail) => tail.slice(from, from + count * this.#rowWidth)),
      values: this.#values.map((values) => this.#gather(values, start, count)),
    };
  }

  /** Forgets tail rows from position `length` on. */
  truncate(length: number): void {
    if (length < this.#tailStart || length > this.#length)
      throw new EngineError("InvalidRequest", `cut at ${length}; ${this.#tailStart} to ${this.#length} is possible`);
    this.#length = length;
    this.#tailIds.length = length - this.#tailStart;
  }

  /** The first `count` tail rows give way to `memory`; later rows move up to the positions behind it. */
  foldTail(count: number, memory: NumberedMemory): void {
    const restIds = this.#tailIds.slice(count);
    const rest = this.tailRows(this.#tailStart + count, restIds.length);
    this.truncate(this.#tailStart);
    this.appendMemory(memory);
    this.appendTokens(restIds, rest);
  }

  /** Writes rows at the next positions, keys rotated there. */
  #place(rows: Rows): void {
    this.#grow(this.#length + rows.count);
    const table = rotaryRows(this.#frequencies, positionsFrom(this.#length, rows.count));
    for (let layer = 0; layer < this.#shape.layers; layer++) {
      this.#scatter(this.keys(layer), rows.keys[layer] ?? missingLayer(layer), rows.count, table);
      this.#scatter(this.values(layer), rows.values[layer] ?? missingLayer(layer), rows.count, null);
    }
    this.#length += rows.count;
  }

  /** (rows, K D) into (K, C, D) from row `length` on. */
  #scatter(into: Float32Array, rows: Float32Array, count: number, table: RotaryRows | null): void {
    const { kvHeads, headDim } = this.#shape;
    for (let head = 0; head < kvHeads; head++) {
      for (let row = 0; row < count; row++) {
        const from = row * this.#rowWidth + head * headDim;
        const to = (head * this.#capacity + this.#length + row) * headDim;
        if (table === null) into.set(rows.subarray(from, from + headDim), to);
        else rotateHead(rows, from, into, to, table, row, headDim / 2);
      }
    }
  }

  /** (K, C, D) rows back to (rows, K D). */
  #gather(from: Float32Array, start: number, count: number): Float32Array {
    const { kvHeads, headDim } = this.#shape;
    const out = new Float32Array(count * this.#rowWidth);
    for (let head = 0; head < kvHeads; head++) {
      for (let row = 0; row < count; row++) {
        const at = (head * this.#capacity + start + row) * headDim;
        out.set(from.subarray(at, at + headDim), row * this.#rowWidth + head * headDim);
      }
    }
    return out;
  }

  #grow(needed: number): void {
    if (needed <= this.#capacity) return;
    const capacity = Math.ceil((needed + ROOM_STEP / 4) / ROOM_STEP) * ROOM_STEP;
    const { kvHeads, headDim, layers } = this.#shape;
    const grown = (old: Float32Array | undefined): Float32Array => {
      const out = new Float32Array(kvHeads * capacity * headDim);
      if (old === undefined) return out;
      for (let head = 0; head < kvHeads; head++) {
        const from = head * this.#capacity * headDim;
        out.set(old.subarray(from, from + this.#length * headDim), head * capacity * headDim);
      }
      return out;
    };
    this.#keys = Array.from({ length: layers }, (_, layer) => grown(this.#keys[layer]));
    this.#values = Array.from({ length: layers }, (_, layer) => grown(this.#values[layer]));
    this.#capacity = capacity;
  }
}

/** A memory's slots as rows. */
export function memoryRows(memory: NumberedMemory, rowWidth: number): Rows {
  const all = fromHalf(memory.payload);
  const half = (layer: number, offset: number): Float32Array => {
    const out = new Float32Array(memory.slots * rowWidth);
    for (let slot = 0; slot < memory.slots; slot++) {
      const from = (layer * memory.slots + slot) * memory.width + offset;
      out.set(all.subarray(from, from + rowWidth), slot * rowWidth);
    }
    return out;
  };
  const layers = Array.from({ length: memory.layers }, (_, layer) => layer);
  return {
    count: memory.slots,
    keys: layers.map((layer) => half(layer, 0)),
    values: layers.map((layer) => half(layer, rowWidth)),
  };
}

/** Rows as a memory with one slot per token. */
export function rowsAsMemory(rows: Rows, rowWidth: number): NumberedMemory {
  const layers = rows.keys.length;
  const all = new Float32Array(layers * rows.count * 2 * rowWidth);
  for (let layer = 0; layer < layers; layer++) {
    for (let slot = 0; slot < rows.count; slot++) {
      const to = (layer * rows.count + slot) * 2 * rowWidth;
      const part = (of: readonly Float32Array[]): Float32Array =>
        (of[layer] ?? missingLayer(layer)).subarray(slot * rowWidth, (slot + 1) * rowWidth);
      all.set(part(rows.keys), to);
      all.set(part(rows.values), to + rowWidth);
    }
  }
  return { layers, slots: rows.count, width: 2 * rowWidth, ratio: 1, tokens: rows.count, payload: toHalf(all) };
}

function roomFor(old: Float32Array, needed: number): Float32Array {
  if (needed <= old.length) return old;
  const out = new Float32Array(Math.max(needed, old.length * 2));
  out.set(old);
  return out;
}

function missingLayer(layer: number): never {
  throw new EngineError("Internal", `no layer ${layer} in the cache`);
}
