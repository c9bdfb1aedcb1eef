/**
 * The route over the whole: what the summary says of the document, then of each part, spread from its beginning to its
 * end; with words of substance in the question, the best sentence of each part for them instead.
 * Owns: which lines are taken. Does not know: how summaries are made.
 */
import { throwIfCancelled } from "../base/abort.ts";
import type { AnswerEvent, Citation, DocumentId, SummaryNode } from "../protocol/dto.ts";
import { frame, NOT_SAID } from "./frames.ts";
import { CoverageMeter } from "./places.ts";
import { gatherRoute } from "./gather.ts";
import { formOf } from "./gathering/form.ts";
import { isAboutTheWhole } from "./route.ts";
import type { Task } from "./types.ts";

/** Lines about the document as a whole, and parts of which one line is taken, of one document. */
const LINES_OF_WHOLE = 3;
const MOST_PARTS = 12;

export async function* wholeRoute(task: Task): AsyncGenerator<AnswerEvent, void> {
  const { sources, request, draft, signals } = task;
  // A question for something in the whole, not about it: the summary does not know it.
  if (!isAboutTheWhole(request.question) && formOf(request.question) !== null) {
    yield* gatherRoute(task);
    return;
  }
  const began = performance.now();
  const meter = new CoverageMeter(sources, request.scope);
  for (const documentId of request.scope) {
    throwIfCancelled(signals.cancel);
    if (signals.stop.aborted) break;
    const summary = await sources
      .summary(documentId, AbortSignal.any([signals.cancel, signals.stop]))
      .catch((error: unknown) => {
        if (signals.stop.aborted && !signals.cancel.aborted) return null;
        throw error;
      });
    if (summary === null) break;
    // A summary reads every sentence of the document, so every page with text was looked at.
    meter.mark(documentId, 0, sources.texts.length(documentId));
    draft.coverage = meter.now();
    yield { type: "coverage", coverage: draft.coverage };
    const share = Math.max(2, Math.floor(MOST_PARTS / request.scope.length));
    yield* tell(task, documentId, summary, share);
  }
  draft.timings["summaryMs"] = performance.now() - began;
  draft.answerable = draft.citations.length > 0;
  draft.confidence = draft.answerable ? "likely" : "not found";
  if (draft.answerable) return;
  const sentence = frame(NOT_SAID);
  draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}

function* tell(task: Task, documentId: DocumentId, summary: SummaryNode, parts: number): Generator<AnswerEvent, void> {
  const lines = summary.citations.slice(0, LINES_OF_WHOLE);
  const about = spread(substantial(task, documentId, topParts(summary)), parts).flatMap((node) =>
    firstOwnLine(node).slice(0, 1),
  );
  const chosen = [...lines, ...about].filter(
    (citation, i, all) => all.findIndex((other) => other.start === citation.start) === i,
  );
  if (task.request.scope.length === 1) chosen.sort((a, b) => a.start - b.start);
  for (const citation of chosen) {
    if (citation.documentId !== documentId || !citation.supported) continue;
    const index = task.draft.citations.push(citation) - 1;
    yield { type: "citation", index, citation };
    const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
    task.draft.sentences.push(sentence);
    yield { type: "sentence", sentence };
  }
}

/** Files that speak of a repository's past or terms, not of the repository. */
const ASIDE = /^(?:changelog|changes|history|license|licence|notice|authors|contributing)(?:\.\w+)?$|^\./iu;

/** Without title pages and forewords of a few lines: parts that are less than a hundredth of the document. */
function substantial(task: Task, documentId: DocumentId, nodes: readonly SummaryNode[]): readonly SummaryNode[] {
  const least = task.sources.texts.length(documentId) / 100;
  const small = new Set(
    task.sources.documents.outline(documentId).flatMap(({ title, start, end }) => (end - start < least ? [title] : [])),
  );
  const kept = nodes.filter(({ title }) => !small.has(title) && !ASIDE.test(title));
  return kept.length > 0 ? kept : nodes;
}

/** The first level that has more than one part: a title page above everything is not a part. */
function topParts(summary: SummaryNode): readonly SummaryNode[] {
  const [only, ...others] = summary.children;
  return only !== undefined && others.length === 0 && only.children.length > 1 ? topParts(only) : summary.children;
}

/** A part's own lines, or those of its first part that has some. */
function firstOwnLine(node: SummaryNode): readonly Citation[] {
  if (node.citations.length > 0) return node.citations;
  for (const child of node.children) {
    const lines = firstOwnLine(child);
    if (lines.length > 0) return lines;
  }
  return [];
}

/** At most `most` items, evenly spread, first and last included. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]).filter((item) => item !== undefined);
}
