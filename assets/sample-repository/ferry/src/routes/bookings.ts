/** POST /holds and POST /bookings. Parses, calls the domain, answers; holds no rule of its own. */
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { HoldRefused, placeHold, seatsTaken } from "../domain/holds.ts";
import type { Hold, HoldLimits } from "../domain/holds.ts";
import { pence } from "../domain/money.ts";
import type { Clock } from "../lib/clock.ts";
import { BookingStore } from "../storage/booking-store.ts";
import { findSailing } from "./sailings.ts";

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export function postHold(database: DatabaseSync, limits: HoldLimits, clock: Clock, body: Record<string, unknown>): Reply {
  const sailing = findSailing(database, String(body["sailing"]));
  if (sailing === null) return { status: 404, body: { error: "no such sailing" } };
  const now = clock.now();
  const booked = database.prepare("SELECT coalesce(sum(seats), 0) AS n FROM booking WHERE sailing_id = ?").get(sailing.id);
  const holds = database.prepare("SELECT id, sailing_id, seats, expires_at FROM hold WHERE sailing_id = ?").all(sailing.id);
  const taken = seatsTaken(Number(booked?.["n"] ?? 0), holds.map(readHold), now);
  try {
    const hold = placeHold({ id: randomUUID(), seats: Number(body["seats"]) }, sailing, taken, limits, now);
    new BookingStore(database).saveHold(hold, now);
    return { status: 201, body: { ...hold } };
  } catch (error) {
    if (error instanceof HoldRefused) return { status: 409, body: { error: error.message, reason: error.reason } };
    throw error;
  }
}

export function postBooking(database: DatabaseSync, clock: Clock, body: Record<string, unknown>): Reply {
  const confirmation = {
    holdId: String(body["hold"]),
    familyName: String(body["familyName"]).trim(),
    price: pence(Number(body["price"])),
    paymentReference: String(body["paymentReference"]),
  };
  const code = new BookingStore(database).confirm(confirmation, clock.now());
  if (code === null) return { status: 410, body: { error: "the hold has expired; the seats are on sale again" } };
  return { status: 201, body: { code } };
}

function readHold(row: Record<string, unknown>): Hold {
  return {
    id: String(row["id"]),
    sailingId: String(row["sailing_id"]),
    seats: Number(row["seats"]),
    expiresAt: Number(row["expires_at"]),
  };
}
