/**
 * Long scans share the thread: they breathe every few milliseconds, hear cancel and stop, and report now and then.
 * Owns: when to do which. Does not know: what is scanned.
 */
import { breathe, throwIfCancelled } from "../base/abort.ts";
import type { AnswerSignals } from "./types.ts";

const SLICE_MS = 8;
const REPORT_MS = 120;

export class Pace {
  readonly #signals: AnswerSignals;
  #sliceEnds = performance.now() + SLICE_MS;
  #reportAt = performance.now() + REPORT_MS;

  constructor(signals: AnswerSignals) {
    this.#signals = signals;
  }

  /** Call between units of work. Throws Cancelled; "stop" keeps what there is. */
  async step(): Promise<"go on" | "stop"> {
    throwIfCancelled(this.#signals.cancel);
    if (performance.now() >= this.#sliceEnds) {
      await breathe();
      throwIfCancelled(this.#signals.cancel);
      this.#sliceEnds = performance.now() + SLICE_MS;
    }
    return this.#signals.stop.aborted ? "stop" : "go on";
  }

  /** True when a progress event is due. */
  get isReportDue(): boolean {
    if (performance.now() < this.#reportAt) return false;
    this.#reportAt = performance.now() + REPORT_MS;
    return true;
  }
}
