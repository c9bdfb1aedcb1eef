/**
 * Windows over a document's tokens: some past, then the segment that is predicted. As training/evaluation/windows.py.
 * Owns: where windows lie, and how long a document must be. Pure. Does not know: models, memories.
 */

export interface WindowShape {
  /** Tokens of a segment, and of the part that is predicted. */
  readonly segment: number;
  /** Most earlier segments that are shown as memory; a short document gives fewer, at least one. */
  readonly past: number;
  /** Raw tokens right before the predicted segment. */
  readonly recent: number;
  /** Windows of a document, evenly spread. */
  readonly windows: number;
}

export interface Window {
  /** Token ids: recent + past segments, then the predicted one. */
  readonly ids: readonly number[];
  /** Earlier segments in it. */
  readonly past: number;
}

/** Tokens below which a document has no window. */
export function leastTokens({ segment, recent }: WindowShape): number {
  return recent + 2 * segment;
}

/** Windows of a document of these tokens; none when it is too short. */
export function cutWindows(ids: readonly number[], shape: WindowShape): Window[] {
  if (ids.length < leastTokens(shape)) return [];
  const { segment, recent } = shape;
  const past = Math.min(shape.past, Math.floor((ids.length - recent - segment) / segment));
  const need = recent + (past + 1) * segment;
  return Array.from({ length: shape.windows }, (_, i) => {
    const start = Math.floor(((ids.length - need) * (i + 1)) / (shape.windows + 1));
    return { ids: ids.slice(start, start + need), past };
  });
}

/** The segment that is predicted; its first token is given. */
export function targetOf({ ids }: Window, { segment }: WindowShape): readonly number[] {
  return ids.slice(-segment);
}

/** `count` raw tokens right before the predicted segment. */
export function tokensBefore({ ids }: Window, { segment }: WindowShape, count: number): readonly number[] {
  return ids.slice(ids.length - segment - count, ids.length - segment);
}

/** The earlier segments that end `gap` tokens before the predicted one, in order. */
export function segmentsBefore(window: Window, shape: WindowShape, gap: number): (readonly number[])[] {
  const { segment } = shape;
  const end = window.ids.length - segment - gap;
  return Array.from({ length: window.past }, (_, i) => {
    const from = end - (window.past - i) * segment;
    return window.ids.slice(from, from + segment);
  });
}
