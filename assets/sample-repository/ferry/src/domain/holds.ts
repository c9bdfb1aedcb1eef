/** Holding seats before payment; see docs/decisions/001-hold-then-pay.md. Pure: the caller stores what comes out. */
import { CAPACITY, isOnSale } from "./sailing.ts";
import type { Sailing } from "./sailing.ts";

export interface Hold {
  readonly id: string;
  readonly sailingId: string;
  readonly seats: number;
  readonly expiresAt: number;
}

export interface HoldLimits {
  readonly minutes: number;
  readonly maxSeats: number;
}

export class HoldRefused extends Error {
  readonly reason: "closed" | "too-many" | "full";
  constructor(reason: HoldRefused["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Seats that are taken at `now`: booked ones and those of holds that have not expired. */
export function seatsTaken(booked: number, holds: readonly Hold[], now: number): number {
  return booked + holds.filter((hold) => hold.expiresAt > now).reduce((total, hold) => total + hold.seats, 0);
}

/** A new hold, or HoldRefused with the reason that the ticket machine shows. */
export function placeHold(
  request: { readonly id: string; readonly seats: number },
  sailing: Sailing,
  taken: number,
  limits: HoldLimits,
  now: number,
): Hold {
  if (!isOnSale(sailing, now)) throw new HoldRefused("closed", `sailing ${sailing.id} is not on sale`);
  if (request.seats < 1 || request.seats > limits.maxSeats) {
    throw new HoldRefused("too-many", `between 1 and ${limits.maxSeats} seats can be held at once`);
  }
  const free = CAPACITY[sailing.boat].seats - taken;
  if (request.seats > free) throw new HoldRefused("full", `${free} seats are left on sailing ${sailing.id}`);
  return {
    id: request.id,
    sailingId: sailing.id,
    seats: request.seats,
    expiresAt: now + limits.minutes * 60_000,
  };
}
