/** A job's progress on a terminal: one line that is written over. Elsewhere: nothing but the phases, one line each. */
import type { Job, JobProgress } from "../engine/protocol/index.ts";
import { plain } from "./output.ts";

const BAR_WIDTH = 24;

const phaseWords: Record<JobProgress["phase"], string> = {
  waiting: "waiting",
  opening: "opening",
  text: "taking the text",
  index: "making it searchable",
  reading: "reading",
  summary: "summing up",
  done: "done",
};

export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #quiet: boolean;
  #lastPhase = "";

  constructor(options: { readonly quiet: boolean; readonly out?: NodeJS.WriteStream }) {
    this.#quiet = options.quiet;
    this.#out = options.out ?? process.stderr;
  }

  show(job: Job): void {
    if (this.#quiet) return;
    const { phase, done, total, unit, perSecond, leftMs } = job.progress;
    if (!this.#out.isTTY) {
      if (phase !== this.#lastPhase && phase !== "waiting")
        this.#out.write(`${plain(job.title)}: ${phaseWords[phase]}\n`);
      this.#lastPhase = phase;
      return;
    }
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = "|".repeat(filled) + ".".repeat(BAR_WIDTH - filled);
    const speed = perSecond > 0 ? `, ${Math.round(perSecond).toLocaleString("en")} ${unit}/s` : "";
    const left = leftMs ? `, ${rangeText(leftMs)} left` : "";
    const amount =
      total > 0 ? ` ${Math.round(done).toLocaleString("en")} of ${Math.round(total).toLocaleString("en")} ${unit}` : "";
    this.#out.write(`\r\u001B[2K${bar} ${phaseWords[phase]}${amount}${speed}${left}`);
  }

  end(): void {
    if (!this.#quiet && this.#out.isTTY) this.#out.write("\r\u001B[2K");
  }
}

function rangeText([from, to]: readonly [number, number]): string {
  const low = Math.max(1, Math.round(from / 1_000));
  const high = Math.max(low + 1, Math.round(to / 1_000));
  return high < 90 ? `${low} to ${high} s` : `${Math.max(1, Math.round(low / 60))} to ${Math.ceil(high / 60)} min`;
}
