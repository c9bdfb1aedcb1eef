/** Sailings: read, cancel. */
import type { DatabaseSync } from "node:sqlite";
import type { Boat, Sailing } from "../domain/sailing.ts";
import { BookingStore } from "../storage/booking-store.ts";
import type { Reply } from "./bookings.ts";

const BOATS: readonly Boat[] = ["Eider", "Fulmar", "Old Tystie"];
const STATES: readonly Sailing["state"][] = ["planned", "warned", "cancelled", "gone"];

export function findSailing(database: DatabaseSync, id: string): Sailing | null {
  const row = database.prepare("SELECT id, route, boat, departs_at, state FROM sailing WHERE id = ?").get(id);
  const boat = BOATS.find((name) => name === row?.["boat"]);
  const state = STATES.find((name) => name === row?.["state"]);
  if (row === undefined || boat === undefined || state === undefined) return null;
  return { id, route: String(row["route"]), boat, departsAt: Number(row["departs_at"]), state };
}

export function postCancel(database: DatabaseSync, now: number, id: string, body: Record<string, unknown>): Reply {
  if (findSailing(database, id) === null) return { status: 404, body: { error: "no such sailing" } };
  const stranded = new BookingStore(database).cancelSailing(id, String(body["reason"] ?? "weather"), now);
  return { status: 200, body: { stranded } };
}
