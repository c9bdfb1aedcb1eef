/** Money as whole pence. Nothing in Skerry adds prices in any other way. */
export type Pence = number & { readonly brand: "pence" };

export function pence(value: number): Pence {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an amount of pence: ${value}`);
  return value as Pence;
}

export function sum(amounts: readonly Pence[]): Pence {
  return pence(amounts.reduce((total, amount) => total + amount, 0));
}

/** Takes a share of an amount and rounds down to a multiple of `step`; a passenger never pays a rounding up. */
export function share(amount: Pence, numerator: number, denominator: number, step = 1): Pence {
  return pence(Math.floor((amount * numerator) / denominator / step) * step);
}

/** "£13.60" */
export function format(amount: Pence): string {
  return `£${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
}
