import assert from "node:assert/strict";
import { test } from "node:test";
import { HoldRefused, placeHold, seatsTaken } from "../src/domain/holds.ts";
import type { Sailing } from "../src/domain/sailing.ts";

const limits = { minutes: 12, maxSeats: 9 };
const sailing: Sailing = { id: "S-0412", route: "Hamna-Hellisay", boat: "Fulmar", departsAt: 10_000_000, state: "planned" };

test("a hold that has expired no longer takes a seat", () => {
  const holds = [
    { id: "a", sailingId: "S-0412", seats: 4, expiresAt: 1_000 },
    { id: "b", sailingId: "S-0412", seats: 2, expiresAt: 3_000 },
  ];
  assert.equal(seatsTaken(90, holds, 2_000), 92);
});

test("the last seats of the Fulmar cannot be held twice", () => {
  assert.equal(placeHold({ id: "c", seats: 4 }, sailing, 92, limits, 0).seats, 4);
  assert.throws(() => placeHold({ id: "d", seats: 5 }, sailing, 92, limits, 0), HoldRefused);
});

test("nothing is sold after the gangway has closed", () => {
  const late = sailing.departsAt - 3 * 60_000;
  assert.throws(() => placeHold({ id: "e", seats: 1 }, sailing, 0, limits, late), { reason: "closed" });
});
