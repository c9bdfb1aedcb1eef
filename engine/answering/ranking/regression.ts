/** A logistic regression over named features, as its fit wrote it (bench/evaluate/fusion). Pure. */

export interface Regression {
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

export type Features = Readonly<Record<string, number>>;

/** Log odds. A feature that the fit knew and the caller does not give counts as its mean. */
export function logOddsOf(regression: Regression, features: Features): number {
  return regression.names.reduce((sum, name, i) => {
    const value =
      ((features[name] ?? regression.mean[i] ?? 0) - (regression.mean[i] ?? 0)) / (regression.scale[i] ?? 1);
    return sum + (regression.weights[i] ?? 0) * value;
  }, regression.bias);
}

export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
