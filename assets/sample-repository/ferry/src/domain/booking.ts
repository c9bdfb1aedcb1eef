/** A paid journey, and its code. */
import { randomInt } from "node:crypto";
import type { Pence } from "./money.ts";

export interface Booking {
  readonly code: string;
  readonly familyName: string;
  readonly sailingId: string;
  readonly seats: number;
  readonly price: Pence;
  readonly paymentReference: string;
  readonly state: "booked" | "boarded" | "stranded" | "moved";
}

/** No I, O, 0 or 1: the code is read out over the radio. */
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Six letters. About 191 million codes; the store tries again when one is taken. */
export function newBookingCode(): string {
  return Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

/** A stranded booking may be moved for so many days without a further payment. */
export const STRANDED_DAYS = 14;

export function mayMove(booking: Booking, strandedAt: number, now: number): boolean {
  return booking.state === "stranded" && now - strandedAt <= STRANDED_DAYS * 86_400_000;
}
