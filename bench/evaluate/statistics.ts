/**
 * Means, areas under curves, and how far a figure could be off: intervals by resampling questions.
 * Owns: the arithmetic. Does not know: what is measured. Pure; the same seed gives the same interval.
 */

export interface Interval {
  /** The figure over all items; NaN when it is not defined for them. */
  readonly value: number;
  /** Borders of the interval that holds 95 % of the resampled figures. */
  readonly low: number;
  readonly high: number;
}

export const RESAMPLES = 2000;
const SEED = 20_261_121;
/** Share of resampled figures on each side of the interval. */
const TAIL = 0.025;

/** Numbers in [0, 1) that depend on the seed only (mulberry32, Tommy Ettinger 2017). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A percentile bootstrap (Efron 1979) over items: `figure` is asked for all items, then for `resamples` draws with
 * replacement. Two figures of the same items and seed see the same draws, so a difference inside `figure` is paired.
 * Draws for which the figure is not defined are left out.
 */
export function bootstrap<T>(
  items: readonly T[],
  figure: (items: readonly T[]) => number,
  { resamples = RESAMPLES, seed = SEED }: { readonly resamples?: number; readonly seed?: number } = {},
): Interval {
  const value = figure(items);
  if (items.length === 0 || Number.isNaN(value)) return { value: NaN, low: NaN, high: NaN };
  const random = seededRandom(seed);
  const drawn: number[] = [];
  const draw: T[] = [...items];
  for (let round = 0; round < resamples; round += 1) {
    for (let i = 0; i < draw.length; i += 1) {
      const item = items[Math.floor(random() * items.length)];
      if (item !== undefined) draw[i] = item;
    }
    const found = figure(draw);
    if (!Number.isNaN(found)) drawn.push(found);
  }
  drawn.sort((a, b) => a - b);
  return { value, low: quantile(drawn, TAIL), high: quantile(drawn, 1 - TAIL) };
}

/** Of sorted values, between neighbours in proportion; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  return below === undefined || above === undefined ? NaN : below + (above - below) * (at - Math.floor(at));
}

/** NaN of nothing: a figure without items must not look like a zero. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function share<T>(items: readonly T[], holdsFor: (item: T) => boolean): number {
  return mean(items.map((item) => (holdsFor(item) ? 1 : 0)));
}

export interface Scored {
  readonly score: number;
  readonly isPositive: boolean;
}

/**
 * The same over pairs of one group only: what is left when all that sets the groups apart is taken away. NaN when no group
 * has both kinds.
 */
export function aurocWithin<T extends Scored>(items: readonly T[], groupOf: (item: T) => unknown): number {
  let [sum, pairs] = [0, 0];
  for (const group of Map.groupBy(items, groupOf).values()) {
    const positives = group.filter(({ isPositive }) => isPositive).length;
    const own = positives * (group.length - positives);
    if (own === 0) continue;
    sum += own * auroc(group);
    pairs += own;
  }
  return pairs === 0 ? NaN : sum / pairs;
}

/**
 * Area under the receiver operating characteristic: how often a positive item has a higher score than a negative one,
 * ties counted half (Mann and Whitney 1947). NaN when one of the two kinds is missing.
 */
export function auroc(items: readonly Scored[]): number {
  const sorted = items.toSorted((a, b) => a.score - b.score);
  let positives = 0;
  let ranks = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to += 1;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i += 1) {
      if (sorted[i]?.isPositive !== true) continue;
      positives += 1;
      ranks += rank;
    }
    from = to;
  }
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return NaN;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
