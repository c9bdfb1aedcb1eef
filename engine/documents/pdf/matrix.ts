/** Plane transforms as PDF writes them: [a, b, c, d, e, f] maps (x, y) to (ax + cy + e, bx + dy + f). */
import type { Box } from "./page-model.ts";

export type Matrix = readonly [number, number, number, number, number, number];

export const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** First `inner`, then `outer`. */
export function multiply(outer: Matrix, inner: Matrix): Matrix {
  return [
    outer[0] * inner[0] + outer[2] * inner[1],
    outer[1] * inner[0] + outer[3] * inner[1],
    outer[0] * inner[2] + outer[2] * inner[3],
    outer[1] * inner[2] + outer[3] * inner[3],
    outer[0] * inner[4] + outer[2] * inner[5] + outer[4],
    outer[1] * inner[4] + outer[3] * inner[5] + outer[5],
  ];
}

/** The box around the transformed corners. */
export function transformBox(matrix: Matrix, x0: number, y0: number, x1: number, y1: number): Box {
  const xs = [x0, x1, x0, x1].map((x, corner) => matrix[0] * x + matrix[2] * (corner < 2 ? y0 : y1) + matrix[4]);
  const ys = [x0, x1, x0, x1].map((x, corner) => matrix[1] * x + matrix[3] * (corner < 2 ? y0 : y1) + matrix[5]);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

/** Six numbers out of whatever pdf.js hands over (an array, a Float32Array); null when they are not there. */
export function asMatrix(value: unknown): Matrix | null {
  if (typeof value !== "object" || value === null) return null;
  const at = (index: number): number => {
    const number: unknown = Reflect.get(value, index);
    return typeof number === "number" ? number : Number.NaN;
  };
  const matrix: Matrix = [at(0), at(1), at(2), at(3), at(4), at(5)];
  return matrix.every(Number.isFinite) ? matrix : null;
}

/** Share of `inner`'s area that lies within `outer`, 0 to 1; lines of no width count by their place. */
export function shareWithin(inner: Box, outer: Box): number {
  const width = Math.min(inner.x1, outer.x1) - Math.max(inner.x0, outer.x0);
  const height = Math.min(inner.y1, outer.y1) - Math.max(inner.y0, outer.y0);
  if (width < 0 || height < 0) return 0;
  const area = (inner.x1 - inner.x0) * (inner.y1 - inner.y0);
  return area <= 0 ? 1 : (width * height) / area;
}
