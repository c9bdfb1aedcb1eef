/** Waiting times between tries: doubled each time, with a ceiling. */
export interface RetryPlan {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly maxTries: number;
}

/** Seconds until the next try after `tries` failed ones, or null when the message is to be parked. */
export function nextDelay(tries: number, plan: RetryPlan): number | null {
  if (tries >= plan.maxTries) return null;
  return Math.min(plan.lastSeconds, plan.firstSeconds * 2 ** Math.max(0, tries - 1));
}
