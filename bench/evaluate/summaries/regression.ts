/**
 * Small regressions over a few features: linear (least squares) and logistic (Newton's method), both with a ridge.
 * Pure. Rows are plain arrays of the same length; the first feature is the bias and is not held back by the ridge.
 */
export interface Sample {
  readonly features: readonly number[];
  readonly target: number;
  /** How much the sample counts. */
  readonly weight: number;
}

/** Weights that minimise sum(weight * (target - w.x)^2) + ridge * |w|^2. Empty for no samples. */
export function fitLinear(samples: readonly Sample[], ridge: number): number[] {
  const size = samples[0]?.features.length ?? 0;
  const matrix = emptyMatrix(size);
  const vector = new Float64Array(size);
  for (const { features, target, weight } of samples) accumulate(matrix, vector, features, weight, weight * target);
  addRidge(matrix, ridge);
  return solve(matrix, vector);
}

/** Weights of P(target = 1) = 1 / (1 + exp(-w.x)). */
export function fitLogistic(samples: readonly Sample[], ridge: number, rounds = 12): number[] {
  const size = samples[0]?.features.length ?? 0;
  let weights: number[] = Array.from({ length: size }, () => 0);
  for (let round = 0; round < rounds; round += 1) {
    const matrix = emptyMatrix(size);
    const vector = new Float64Array(size);
    for (const { features, target, weight } of samples) {
      const sum = features.reduce((total, value, at) => total + value * (weights[at] ?? 0), 0);
      const chance = 1 / (1 + Math.exp(-sum));
      const curve = Math.max(1e-6, chance * (1 - chance));
      accumulate(matrix, vector, features, weight * curve, weight * (curve * sum + target - chance));
    }
    addRidge(matrix, ridge);
    weights = solve(matrix, vector);
  }
  return weights;
}

const emptyMatrix = (size: number): Float64Array[] => Array.from({ length: size }, () => new Float64Array(size));

function accumulate(
  matrix: Float64Array[],
  vector: Float64Array,
  features: readonly number[],
  weight: number,
  pull: number,
): void {
  for (let i = 0; i < features.length; i += 1) {
    const value = features[i] ?? 0;
    if (value === 0) continue;
    const row = matrix[i];
    if (row === undefined) continue;
    for (let j = 0; j < features.length; j += 1) row[j] = (row[j] ?? 0) + weight * value * (features[j] ?? 0);
    vector[i] = (vector[i] ?? 0) + pull * value;
  }
}

function addRidge(matrix: Float64Array[], ridge: number): void {
  matrix.forEach((row, i) => {
    row[i] = (row[i] ?? 0) + (i === 0 ? 1e-9 : ridge);
  });
}

/** Gauss with the largest pivot; a feature that is always 0 gets weight 0. */
function solve(matrix: Float64Array[], vector: Float64Array): number[] {
  const size = vector.length;
  const rows = matrix.map((row, i) => Float64Array.from([...row, vector[i] ?? 0]));
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let i = column; i < size; i += 1)
      if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = i;
    const chosen = rows[pivot];
    const current = rows[column];
    if (chosen === undefined || current === undefined || Math.abs(chosen[column] ?? 0) < 1e-12) continue;
    rows[pivot] = current;
    rows[column] = chosen;
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = (row[column] ?? 0) / (chosen[column] ?? 1);
      if (factor === 0) continue;
      for (let j = column; j <= size; j += 1) row[j] = (row[j] ?? 0) - factor * (chosen[j] ?? 0);
    }
  }
  return rows.map((row, i) => (Math.abs(row[i] ?? 0) < 1e-12 ? 0 : (row[size] ?? 0) / (row[i] ?? 1)));
}
