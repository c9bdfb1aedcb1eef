/**
 * The content address of a segment's memory: everything that its numbers depend on, and nothing else.
 * The document it stands in is not part of it: equal text in two books is read once.
 */
import { contentKey } from "../base/hash.ts";
import type { ModelInfo } from "../model/types.ts";

/** Hex sha256. `ratio` defaults to the model's own. */
export function segmentKey(
  tokenIds: readonly number[],
  model: ModelInfo,
  ratio: number = model.memory.defaultRatio,
): string {
  const { hashes, memory, graphVersion } = model;
  const ids = new Uint8Array(Int32Array.from(tokenIds).buffer);
  const leftContext = "";
  return contentKey(
    "segment",
    ids,
    leftContext,
    hashes.tokenizer,
    hashes.weights,
    memory.kind,
    hashes.adapter,
    memory.segmentLength,
    ratio,
    graphVersion,
    // Only where it is not the first one there was: memories kept before there was a choice keep their keys.
    ...(memory.precision === "int8" ? [] : [memory.precision]),
  );
}
