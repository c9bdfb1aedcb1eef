/** Logistic regressions over named features, as their fit wrote them (bench/evaluate/fusion). Pure. */

export interface Regression {
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** What is known of the passages: search alone; what the reader read; that, and what the language model was asked. */
export type Way = "searched" | "read" | "asked";

/** How a memory is asked. `plain`: of a model that has read texts only. `chat`: of one that was taught to ask. */
export type MemoryForm = "plain" | "chat";
/** Behind what the question is scored: the `text` of the passage, or the memory of the segment in which it stands. */
export type RecallForm = "text" | MemoryForm;

/** Of a question over the whole: how the memory is asked, and the share of the best score that it may add to a stretch. */
export interface PartsRecall {
  readonly form: MemoryForm;
  /** 0: it is not asked. */
  readonly worth: number;
}

/** The regressions of one part of fusion. `asked` is fitted only where a model was there for the fit. */
type ByWay<T> = Readonly<Record<"searched" | "read", T> & { readonly asked?: T }>;

export interface Fusion {
  /**
   * The gate for the language model, decided by the fit: whether it is asked where evidence stands, and in which form
   * (recall.ts). Of which model the weights know: hex sha256 of its weights and, for the memory, of its adapter.
   */
  readonly recall: {
    readonly isUsed: boolean;
    readonly form: RecallForm;
    readonly weights: string;
    readonly adapter: string;
    readonly parts: PartsRecall;
  };
  readonly candidate: ByWay<Regression>;
  readonly calibration: ByWay<Regression>;
  readonly support: ByWay<Regression>;
  readonly thresholds: ByWay<{ readonly leastSupport: number; readonly statedSupport: number }>;
}

/** The regression for what is known; `read` where the fit knew no language model. */
export function fittedFor<T>(regressions: ByWay<T>, way: Way): T {
  return way === "searched"
    ? regressions.searched
    : way === "read"
      ? regressions.read
      : (regressions.asked ?? regressions.read);
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
