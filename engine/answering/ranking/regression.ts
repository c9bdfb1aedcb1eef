/** Logistic regressions over named features, as their fit wrote them (bench/evaluate/fusion). Pure. */

export interface Regression {
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** What is known of the passages: search alone; what the reader read; that, and what the memory says. */
export type Way = "searched" | "read" | "remembered";

/** The regressions of one part of fusion. `remembered` is fitted only where a model was there for the fit. */
type ByWay<T> = Readonly<Record<"searched" | "read", T> & { readonly remembered?: T }>;

export interface Fusion {
  /**
   * The gate for the memory, decided by the fit: whether it is asked where evidence stands. Of which model's memories the
   * weights know (hex sha256 of its weights and its adapter), and how they were asked (recall.ts).
   */
  readonly recall: {
    readonly isUsed: boolean;
    readonly form: "plain" | "chat";
    readonly weights: string;
    readonly adapter: string;
    /** Of a question over the whole: share of the best score that the memory may add to a stretch; 0: it is not asked. */
    readonly parts: number;
  };
  readonly candidate: ByWay<Regression>;
  readonly calibration: ByWay<Regression>;
  readonly support: ByWay<Regression>;
  readonly thresholds: ByWay<{ readonly leastSupport: number; readonly statedSupport: number }>;
}

/** The regression for what is known; `read` where the fit knew no memory. */
export function fittedFor<T>(regressions: ByWay<T>, way: Way): T {
  return way === "searched"
    ? regressions.searched
    : way === "read"
      ? regressions.read
      : (regressions.remembered ?? regressions.read);
}

export type Features = Readonly<Record<string, number>>;

/**
 * Log odds. A feature that the fit knew and the caller does not give counts as its mean; none counts for more than `border`
 * scales from it.
 */
export function logOddsOf(regression: Regression, features: Features, border = Infinity): number {
  return regression.names.reduce((sum, name, i) => {
    const value =
      ((features[name] ?? regression.mean[i] ?? 0) - (regression.mean[i] ?? 0)) / (regression.scale[i] ?? 1);
    return sum + (regression.weights[i] ?? 0) * Math.max(-border, Math.min(border, value));
  }, regression.bias);
}

export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
