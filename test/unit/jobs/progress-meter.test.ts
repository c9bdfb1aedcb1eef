import { expect, it } from "vitest";
import { ProgressMeter } from "../../../engine/jobs/progress-meter.ts";

it("never goes down within a phase, and starts anew in the next", () => {
  const meter = new ProgressMeter(() => 0);
  meter.report("text", 5, 10, "pages");
  expect(meter.report("text", 3, 10, "pages").done).toBe(5);
  expect(meter.report("index", 1, 10, "bytes").done).toBe(1);
});

it("gives speed over the last seconds, and the time left as a range around it", () => {
  let now = 0;
  const meter = new ProgressMeter(() => now);
  meter.report("reading", 0, 1_000, "tokens");
  now = 1_000;
  const progress = meter.report("reading", 100, 1_000, "tokens");
  expect(progress.perSecond).toBe(100);
  expect(progress.leftMs).toEqual([7_200, 13_500]);
});

it("does not guess before there is something to go by", () => {
  const meter = new ProgressMeter(() => 0);
  expect(meter.report("reading", 0, 10, "tokens")).toMatchObject({ perSecond: 0, leftMs: null });
});
