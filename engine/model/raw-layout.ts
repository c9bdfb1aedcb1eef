/**
 * What graphs are told about a segment's own tokens: positions, blocks, who sees whom, which tokens are near.
 * Owns: those tensors, and the checks that come before them. Knows nothing about what is kept of the tokens.
 */
import { EngineError } from "../protocol/errors.ts";
import { positionsFrom, rotaryRows } from "./rotary.ts";
import { floatTensor, int64Tensor, type TensorInput } from "./runtime.ts";
import { ENCODER, NEAR, RAW_BLOCKS } from "./signature.ts";

export const HIDDEN_FROM_VIEW = -3e38;

/** Tensors that depend on lengths alone; segments of a book nearly all share them. */
export type Layout = Readonly<Record<string, TensorInput>>;

/** Raw rows of a segment: its tokens, padded when they are fewer than the blocks. */
export function rawRows(length: number): number {
  return Math.max(length, RAW_BLOCKS);
}

export function padded(ids: readonly number[]): number[] {
  return [...ids, ...Array.from({ length: rawRows(ids.length) - ids.length }, () => 0)];
}

/** Positions 0 .. rows - 1; sizes, ends and causal masks (b, end) of the blocks. */
export function rawLayout(frequencies: Float64Array, rows: number): Layout {
  const raw = rotaryRows(frequencies, positionsFrom(0, rows));
  const ends = Array.from({ length: RAW_BLOCKS }, (_, i) => Math.floor(((i + 1) * rows) / RAW_BLOCKS));
  const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
  const layout: Record<string, TensorInput> = {
    [ENCODER.rawCosine]: floatTensor(raw.cosine, [rows, frequencies.length]),
    [ENCODER.rawSine]: floatTensor(raw.sine, [rows, frequencies.length]),
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

/** All ids of a segment, and of each of `rows` (token numbers) which `window` tokens are near: itself, then those before it. */
export function nearTokens(ids: ArrayLike<number>, rows: readonly number[], window: number): Layout {
  const near = rows.flatMap((row) => Array.from({ length: window }, (_, by) => Math.max(0, row - by + 1)));
  return { [NEAR.ids]: int64Tensor(Array.from(ids), [1, ids.length]), [NEAR.rows]: int64Tensor(near) };
}

/** Errors: InvalidRequest for an empty or over-long segment, a strange ratio or id. */
export function checkSegment(ids: readonly number[], ratio: number, segmentLength: number, vocabulary: number): void {
  if (ids.length < 1 || ids.length > segmentLength)
    throw new EngineError("InvalidRequest", `a segment of ${ids.length} tokens; 1 to ${segmentLength} were expected`);
  if (!Number.isInteger(ratio) || ratio < 1 || ratio > segmentLength)
    throw new EngineError("InvalidRequest", `ratio ${ratio}; a whole number from 1 to ${segmentLength} was expected`);
  checkIds(ids, vocabulary);
}

/** Errors: InvalidRequest when an id is outside the vocabulary; the runtime would read foreign memory otherwise. */
export function checkIds(ids: Iterable<number>, vocabulary: number): void {
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary)
      throw new EngineError("InvalidRequest", `token id ${id}; 0 to ${vocabulary - 1} were expected`);
}
