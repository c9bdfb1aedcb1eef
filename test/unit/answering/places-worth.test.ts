import { describe, expect, it } from "vitest";
import { chanceOfAny, placesWorthCiting, placesWorthQuoting } from "../../../engine/answering/find.ts";

describe("places worth citing", () => {
  it("end when it is unlikely enough that the evidence is not among them", () => {
    expect(placesWorthCiting([0.95, 0.9, 0.9], 0.1)).toBe(1);
    expect(placesWorthCiting([0.5, 0.5, 0.5, 0.5, 0.5], 0.1)).toBe(4);
    expect(placesWorthCiting([0.1, 0.1], 0.1)).toBe(2);
  });
});

describe("places worth quoting", () => {
  it("are those nearly as likely as the best one, at most three, and never one behind a gap", () => {
    expect(placesWorthQuoting([0.8, 0.5, 0.4], 0.6)).toBe(2);
    expect(placesWorthQuoting([0.8, 0.2, 0.1], 0.6)).toBe(1);
    expect(placesWorthQuoting([0.5, 0.5, 0.5, 0.5], 0.6)).toBe(3);
    expect(placesWorthQuoting([0.5, 0.1, 0.5], 0.6)).toBe(1);
    expect(placesWorthQuoting([])).toBe(0);
  });
});

describe("the chance that any place holds the evidence", () => {
  it("grows with every place", () => {
    expect(chanceOfAny([])).toBe(0);
    expect(chanceOfAny([0.5, 0.5])).toBeCloseTo(0.75, 12);
    expect(chanceOfAny([0.5, 1])).toBe(1);
  });
});
