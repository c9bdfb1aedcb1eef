/** Differences of means with their 95 % intervals: paired bootstrap over documents (Efron 1979; Koehn 2004). Pure. */
import { randomNumbers } from "./peers.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 5_000;

/** Of the mean of the given differences, one for each document. All 0 without documents. Seeded: always the same. */
export function bootstrap(differences: readonly number[], seed = 1): Interval {
  const count = differences.length;
  if (count === 0) return { mean: 0, low: 0, high: 0 };
  const next = randomNumbers(seed);
  const means = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += differences[Math.floor(next() * count)] ?? 0;
    means[draw] = sum / count;
  }
  means.sort();
  return {
    mean: meanOf(differences),
    low: means[Math.floor(DRAWS * 0.025)] ?? 0,
    high: means[Math.ceil(DRAWS * 0.975) - 1] ?? 0,
  };
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
