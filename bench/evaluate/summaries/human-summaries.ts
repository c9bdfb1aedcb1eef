/**
 * Documents with summaries by people, out of the shared corpus: meetings (QMSum), stories (SQuALITY), sections of
 * textbooks (OpenStax). Owns: which rows count, which documents are for tuning and which for the test.
 * The split is by source: all meetings of one series, one story, one whole textbook lie on the same side.
 */
import { createHash } from "node:crypto";
import { readPackedLines } from "./read-packed.ts";

export type SummaryKind = "meeting" | "story" | "textbook";
export type Split = "tuning" | "test";

export interface SummarizedDocument {
  readonly group: string;
  readonly kind: SummaryKind;
  readonly split: Split;
  readonly context: string;
  /** Summaries by people; one in nearly all cases. */
  readonly references: readonly string[];
}

interface CorpusRow {
  readonly group: string;
  readonly context: string;
  readonly qa: readonly { readonly task: string; readonly question: string; readonly answer: string }[];
}

const KINDS: Readonly<Record<string, SummaryKind>> = {
  meeting_summary: "meeting",
  story_question_summary: "story",
  section_summary: "textbook",
};

/** Of a story's questions the one about all of it. */
const PLOT = /\bplot\b|\bsummar/iu;

/** Documents of these corpus files, the same text once. Errors: `NotFound` for a file that cannot be read. */
export function readHumanSummaries(files: readonly string[]): SummarizedDocument[] {
  const byText = new Map<string, SummarizedDocument>();
  for (const file of files) {
    for (const line of readPackedLines(file)) {
      if (!/"(?:meeting_summary|story_question_summary|section_summary)"/u.test(line)) continue;
      const row: CorpusRow = JSON.parse(line);
      const found = documentOf(row);
      if (found !== null) byText.set(createHash("sha256").update(row.context).digest("hex"), found);
    }
  }
  return [...byText.values()].toSorted((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
}

/** A story without a question about its plot serves for tuning with all its answers, and never for the test. */
function documentOf({ group, context, qa }: CorpusRow): SummarizedDocument | null {
  const asked = qa.filter(({ task }) => task in KINDS);
  const kind = KINDS[asked[0]?.task ?? ""];
  if (kind === undefined) return null;
  const whole = kind === "story" ? asked.filter(({ question }) => PLOT.test(question)) : asked;
  const isWhole = whole.length > 0;
  const references = (isWhole ? whole : asked).map(({ answer }) => answer);
  return { group, kind, context, references, split: isWhole ? splitOf(group, kind) : "tuning" };
}

/** ES2010a to ES2010d are one series; "openstax/astronomy/m59770" is of the book "openstax/astronomy". */
function sourceOf(group: string, kind: SummaryKind): string {
  if (kind === "meeting") return group.replace(/[a-z]$/u, "");
  return kind === "textbook" ? group.split("/").slice(0, 2).join("/") : group;
}

/** Half of meetings and textbooks, three quarters of the stories are for the test. */
function splitOf(group: string, kind: SummaryKind): Split {
  const byte = createHash("sha256").update(sourceOf(group, kind)).digest()[0] ?? 0;
  return byte < (kind === "story" ? 64 : 128) ? "tuning" : "test";
}
