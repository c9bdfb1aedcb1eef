/**
 * The route to exact words: every place of a phrase in the stored text, whatever its line breaks and quotation marks.
 * Owns: the walk over the text. Does not know: search, ranking.
 */
import type { AnswerEvent, DocumentId } from "../protocol/dto.ts";
import { checkedSentence, countSentence, frame } from "./frames.ts";
import { findAll, normalise } from "./normalised.ts";
import { Pace } from "./pace.ts";
import { cite, CoverageMeter } from "./places.ts";
import { readQuestion } from "./question.ts";
import type { Task } from "./types.ts";
import { growWindow, unitsOf } from "./windows.ts";

/** Places that are shown; all are counted. */
const MOST_SHOWN = 40;
/** Characters around a place in which the sentence that holds it is looked for. */
const AROUND = 500;

/** Quotes every place of the phrase. Yields nothing and returns false when the question names no phrase. */
export async function* quoteRoute(task: Task): AsyncGenerator<AnswerEvent, boolean> {
  const { sources, request, draft } = task;
  const phrase = phraseOf(request.question);
  if (phrase === null) return false;
  const pace = new Pace(task.signals);
  const meter = new CoverageMeter(sources, request.scope);
  const began = performance.now();
  let total = 0;
  let isWhole = true;
  walk: for (const documentId of request.scope) {
    const length = sources.texts.length(documentId);
    for (const part of sources.texts.parts(documentId)) {
      if ((await pace.step()) === "stop") {
        isWhole = false;
        break walk;
      }
      const text = sources.texts.text(documentId, part.start, Math.min(length, part.end + phrase.length * 2 + 200));
      for (const [from, to] of findAll(normalise(text), phrase)) {
        if (part.start + from >= part.end) break;
        total += 1;
        if (total <= MOST_SHOWN) yield* showPlace(task, documentId, part.start + from, part.start + to);
      }
      meter.mark(documentId, part.start, part.end);
      if (pace.isReportDue) yield { type: "coverage", coverage: meter.now() };
    }
  }
  draft.timings["searchMs"] = performance.now() - began;
  draft.coverage = meter.now();
  draft.answerable = total > 0;
  draft.confidence = total > 0 ? "stated" : "not found";
  yield { type: "coverage", coverage: draft.coverage };
  const said = [frame(countSentence(phrase, total, Math.min(total, MOST_SHOWN)))];
  if (isWhole) said.push(frame(checkedSentence(draft.coverage)));
  // The number stands first in the finished answer; it is known last.
  draft.sentences.unshift(...said);
  for (const sentence of said) yield { type: "sentence", sentence };
  return true;
}

/** The words in quotation marks, or what follows "the phrase" or a colon. */
function phraseOf(text: string): string | null {
  const [quoted] = readQuestion(text).phrases;
  if (quoted !== undefined) return quoted;
  const named =
    /(?:phrase|sentence|words|wording|line|passage)\s*:?\s+(?!where|that|about|in|which)(.{3,400}?)[?.]?$/iu.exec(
      text,
    )?.[1];
  return named?.trim() ?? null;
}

/**
 * The sentence around the place and what follows it (who said it), at most 60 words, on the place's own page; the phrase
 * itself when it is longer than that.
 */
function* showPlace(task: Task, documentId: DocumentId, start: number, end: number): Generator<AnswerEvent, void> {
  const { texts } = task.sources;
  const base = Math.max(0, start - AROUND);
  const units = unitsOf(texts.text(documentId, base, end + AROUND), base, false);
  const core = units.findIndex((unit) => unit.start <= start && start < unit.end);
  const page = texts.pages(documentId).find((range) => range.start <= start && start < range.end);
  const window = growWindow(units, core, { low: start, high: page?.end ?? end + AROUND, worth: () => 0 });
  const holdsIt = window.start <= start && window.end >= end;
  const [from, to] = holdsIt ? [Math.max(window.start, page?.start ?? 0), window.end] : [start, end];
  const citation = cite(texts, { documentId, start: from, end: to, text: texts.text(documentId, from, to) }, null);
  if (
    !citation.supported ||
    task.draft.citations.some((other) => other.documentId === documentId && other.start === from)
  )
    return;
  const index = task.draft.citations.push(citation) - 1;
  yield { type: "citation", index, citation };
  const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
  task.draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}
