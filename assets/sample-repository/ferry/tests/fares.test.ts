import assert from "node:assert/strict";
import { test } from "node:test";
import { adultFare, priceOf } from "../src/domain/fares.ts";

const alone = { adults: 1, children: 0, infants: 0, bicycles: 0, dogs: 0, areIslanders: false };

test("a single adult pays the fare of the zone", () => {
  assert.equal(priceOf(2, alone, false), 1360);
});

test("islanders pay 60 % rounded down to ten pence", () => {
  assert.equal(adultFare(1, { adults: 1, areIslanders: true }), 560);
  assert.equal(adultFare(3, { adults: 1, areIslanders: true }), 1180);
});

test("a group of islanders gets the lower price, not both reductions", () => {
  assert.equal(adultFare(2, { adults: 12, areIslanders: true }), 810);
});

test("a day return costs one and a half times; the dog pays twice", () => {
  assert.equal(priceOf(1, { ...alone, dogs: 1 }, true), 1410 + 200);
});
