/** Logistic regressions over named features, as their fit wrote them (bench/evaluate/fusion). Pure. */

export interface Regression {
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** What is known of the passages: what search says alone, or also what the reader read. */
export type Way = "searched" | "read";

/** How a memory is asked. `plain`: of a model that has read texts only. `chat`: of one that was taught to ask. */
export type MemoryForm = "plain" | "chat";

/** Whether the memory says which parts of a document matter to a question over the whole (gathering/remember.ts). */
export interface PartsByMemory {
  readonly form: MemoryForm;
  /** Share of the best score that it may add to a stretch. 0: it is not asked. */
  readonly worth: number;
}

export interface Fusion {
  /** With the model that was tried: hex sha256 of its weights, and its adapter; empty where none was. */
  readonly partsByMemory: PartsByMemory & { readonly weights: string; readonly adapter: string };
  readonly candidate: Readonly<Record<Way, Regression>>;
  readonly calibration: Readonly<Record<Way, Regression>>;
  readonly support: Readonly<Record<Way, Regression>>;
  readonly thresholds: Readonly<Record<Way, { readonly leastSupport: number; readonly statedSupport: number }>>;
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
