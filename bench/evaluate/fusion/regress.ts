/**
 * Fits a logistic regression by Newton's method with a ridge. Owns: the arithmetic. Does not know: what is fitted. Pure.
 */
import type { Features, Regression } from "../../../engine/answering/ranking/regression.ts";

export interface Example {
  readonly features: Features;
  readonly isPositive: boolean;
  readonly weight: number;
}

const STEPS = 15;

/** `ridge`: how strongly weights are drawn to zero, in examples. Features that an example lacks count as the mean. */
export function fitRegression(examples: readonly Example[], ridge = 3): Regression {
  const names = [...new Set(examples.flatMap(({ features }) => Object.keys(features)))];
  const mean = names.map((name) => meanOf(examples.flatMap(({ features }) => features[name] ?? [])));
  const scale = names.map((name, i) => {
    const spread = meanOf(examples.flatMap(({ features }) => ((features[name] ?? 0) - (mean[i] ?? 0)) ** 2));
    return Math.sqrt(spread) + 1e-6;
  });
  const width = names.length + 1;
  const rows = examples.map(({ features }) => [
    ...names.map((name, i) => ((features[name] ?? mean[i] ?? 0) - (mean[i] ?? 0)) / (scale[i] ?? 1)),
    1,
  ]);
  let weights = zeros(width);
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = zeros(width);
    const hessian = Array.from({ length: width }, () => zeros(width));
    rows.forEach((row, at) => {
      const example = examples[at];
      if (example === undefined) return;
      const odds = row.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
      const p = 1 / (1 + Math.exp(-odds));
      const miss = (p - (example.isPositive ? 1 : 0)) * example.weight;
      const bend = p * (1 - p) * example.weight;
      for (let i = 0; i < width; i += 1) {
        gradient[i] = (gradient[i] ?? 0) + miss * (row[i] ?? 0);
        const line = hessian[i];
        if (line === undefined) continue;
        const scaled = bend * (row[i] ?? 0);
        for (let j = 0; j <= i; j += 1) line[j] = (line[j] ?? 0) + scaled * (row[j] ?? 0);
      }
    });
    for (let i = 0; i < width; i += 1) {
      const line = hessian[i] ?? [];
      const held = i < width - 1 ? ridge : 1e-6;
      gradient[i] = (gradient[i] ?? 0) + held * (weights[i] ?? 0);
      line[i] = (line[i] ?? 0) + held;
      for (let j = 0; j < i; j += 1) (hessian[j] ?? [])[i] = line[j] ?? 0;
    }
    const change = solve(hessian, gradient);
    weights = weights.map((weight, i) => weight - (change[i] ?? 0));
  }
  return { names, mean, scale, weights: weights.slice(0, -1), bias: weights.at(-1) ?? 0 };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** x of A x = b for a symmetric positive A, by Gaussian elimination with pivots. */
function solve(matrix: number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    const [a, b] = [rows[column], rows[pivot]];
    if (a === undefined || b === undefined) continue;
    [rows[column], rows[pivot]] = [b, a];
    const own = rows[column] ?? [];
    for (let row = column + 1; row < size; row += 1) {
      const other = rows[row] ?? [];
      const factor = (other[column] ?? 0) / (own[column] ?? 1);
      for (let k = column; k <= size; k += 1) other[k] = (other[k] ?? 0) - factor * (own[k] ?? 0);
    }
  }
  const x = zeros(size);
  for (let row = size - 1; row >= 0; row -= 1) {
    const own = rows[row] ?? [];
    let sum = own[size] ?? 0;
    for (let k = row + 1; k < size; k += 1) sum -= (own[k] ?? 0) * (x[k] ?? 0);
    x[row] = sum / (own[row] ?? 1);
  }
  return x;
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
