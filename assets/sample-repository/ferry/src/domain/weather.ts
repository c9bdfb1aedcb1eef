/** Wind and sailings. Limits come from the configuration; one boat has a lower limit of her own. */
import type { Boat } from "./sailing.ts";

export interface WindLimits {
  readonly warnKnots: number;
  readonly cancelKnots: number;
}

/** The certificate of the Old Tystie ends at 25 knots; no configuration can raise it. */
const OLD_TYSTIE_KNOTS = 25;

export function limitFor(boat: Boat, limits: WindLimits): WindLimits {
  if (boat !== "Old Tystie") return limits;
  return {
    warnKnots: Math.min(limits.warnKnots, OLD_TYSTIE_KNOTS - 5),
    cancelKnots: Math.min(limits.cancelKnots, OLD_TYSTIE_KNOTS),
  };
}

export type WindVerdict = "fine" | "warn" | "cancel";

/** `meanKnots`: mean wind over ten minutes at the harbour mast. Gusts do not count. */
export function judgeWind(boat: Boat, meanKnots: number, limits: WindLimits): WindVerdict {
  const limit = limitFor(boat, limits);
  if (meanKnots > limit.cancelKnots) return "cancel";
  return meanKnots > limit.warnKnots ? "warn" : "fine";
}
