/** How a document stands, in words: one line of state, one of extent, at most one action. Pure. */
import type { DocumentSummary, Job } from "../../../engine/protocol/dto.ts";
import { bytes, extent, timeLeft, whenOpened } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";

export interface StateWords {
  readonly strong: string;
  readonly rest: string;
  readonly quiet: string;
  readonly action: "goOn" | "read" | "pictures" | null;
}

/** Share of the text that is in memory, whole percents; never 100 before all is read. */
export function readPercent(document: Pick<DocumentSummary, "segments" | "segmentsRead">, job?: Job): number {
  const stored = document.segments === 0 ? 0 : Math.floor((100 * document.segmentsRead) / document.segments);
  // The job's progress comes more often than the document's figures.
  if (job === undefined || job.progress.phase !== "reading" || job.progress.total === 0) return stored;
  return Math.max(stored, Math.min(99, Math.floor((100 * job.progress.done) / job.progress.total)));
}

export function stateWords(document: DocumentSummary, job: Job | undefined, now: number): StateWords {
  const size = extent(document);
  const opened = document.openedAt > 0 ? ` · opened ${whenOpened(document.openedAt, now)}` : "";
  const left = job?.progress.leftMs;
  const range = left === null || left === undefined ? "" : `${timeLeft(left)} ${words.left}`;
  switch (document.state) {
    case "importing":
      return { strong: words.stateImporting, rest: phaseWords(job), quiet: size, action: null };
    case "reading":
      return {
        strong: words.reading(readPercent(document, job)),
        rest: range,
        quiet: `${size} · ${words.searchableNow}`,
        action: null,
      };
    case "paused":
      return {
        strong: `${words.statePaused} · ${readPercent(document, job)} %`,
        rest: "",
        quiet: size,
        action: "goOn",
      };
    case "failed":
      return { strong: words.stateFailed, rest: "", quiet: size, action: null };
    case "searchable":
      if (job?.state === "failed") return { strong: words.readingFailed, rest: "", quiet: size, action: "read" };
      return {
        strong: "",
        rest: words.stateSearchable,
        quiet: `${size}${opened}`,
        action: document.segments > 0 ? "read" : null,
      };
    case "read":
      if (document.picturePages > 0)
        return {
          strong: words.pictures(document.picturePages),
          rest: "",
          quiet: `${size}${opened}`,
          action: "pictures",
        };
      return {
        strong: document.memoryBytes > 0 ? bytes(document.memoryBytes) : "",
        rest: words.stateRead,
        quiet: `${size}${opened}`,
        action: null,
      };
  }
}

/** "Taking the text · 120 of 700 pages"; empty without a job. */
export function phaseWords(job: Job | undefined): string {
  if (job === undefined) return "";
  const { phase, done, total } = job.progress;
  const phaseWord = words.phases[phase];
  return total > 0 ? `${phaseWord}, ${Math.floor((100 * Math.min(done, total)) / total)} %` : phaseWord;
}
