/**
 * Progress as data: done, total, speed over the last seconds, time left as a range. Never a sentence.
 * Pure but for the clock, which the caller may give.
 */
import type { JobPhase, JobProgress } from "../protocol/index.ts";

/** Speed is taken over this stretch, so that a pause or a busy second shows. */
const WINDOW_MS = 8_000;

export class ProgressMeter {
  readonly #now: () => number;
  #phase: JobPhase = "waiting";
  #samples: { at: number; done: number }[] = [];
  #last: JobProgress = { phase: "waiting", done: 0, total: 0, unit: "bytes", perSecond: 0, leftMs: null };

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** `done` never goes down within a phase. */
  report(phase: JobPhase, done: number, total: number, unit: JobProgress["unit"]): JobProgress {
    const at = this.#now();
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#samples = [];
    }
    const kept = this.#samples.length > 0 ? Math.max(done, this.#last.done) : done;
    this.#samples.push({ at, done: kept });
    while (this.#samples.length > 2 && at - this.#samples[0].at > WINDOW_MS) this.#samples.shift();
    const perSecond = speedOf(this.#samples);
    this.#last = { phase, done: kept, total, unit, perSecond, leftMs: timeLeft(total - kept, perSecond) };
    return this.#last;
  }

  get last(): JobProgress {
    return this.#last;
  }
}

function speedOf(samples: readonly { at: number; done: number }[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 200) return 0;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
}

/** A range, because the speed seen so far is not a promise. */
function timeLeft(remaining: number, perSecond: number): [number, number] | null {
  if (perSecond <= 0) return null;
  const ms = (remaining * 1_000) / perSecond;
  return [Math.round(ms * 0.8), Math.round(ms * 1.5)];
}
