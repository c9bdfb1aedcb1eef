/**
 * The route to a place: search, choose the best sentences, quote them, or say that the text does not say.
 * Owns: the order of evidence for questions with one or several parts. Does not know: scores of sentences, SQL.
 */
import type { AnswerEvent, Citation } from "../protocol/dto.ts";
import { confidenceOf, measureSupport } from "./decide.ts";
import { chooseQuotations, rarityOf } from "./evidence.ts";
import type { Quotation } from "./evidence.ts";
import { frame, NOT_SAID } from "./frames.ts";
import { Pace } from "./pace.ts";
import { cite, CoverageMeter } from "./places.ts";
import { readQuestion } from "./question.ts";
import type { AnswerSources, Task } from "./types.ts";

/** Citations of an answer; the first few are quoted in it, the others are further places. */
export const MOST_CITATIONS = 8;
const MOST_QUOTED = 3;
/** Passages that are looked at for each part of a question. */
const PASSAGES = 30;
/** A further quotation stands in the answer when its score is at least this share of the best one. */
const WORTH_QUOTING = 0.72;

export interface Found {
  readonly quotations: readonly Quotation[];
  readonly confidence: "stated" | "likely" | "not found";
}

/** The evidence for one question with one part; marks the pages that were looked at. */
export function findEvidence(
  text: string,
  task: Pick<Task, "request" | "sources">,
  meter: CoverageMeter | null,
): Found {
  const { sources, request } = task;
  const question = readQuestion(text);
  const passages = sources.retriever.search(text, request.scope, { limit: PASSAGES });
  for (const passage of passages) meter?.mark(passage.documentId, passage.start, passage.end);
  const terms = question.words.map(({ term }) => term);
  const rarity = rarityOf(terms, sources.chunks, request.scope);
  const quotations = chooseQuotations(question, passages, rarity, sources.texts, MOST_CITATIONS);
  return { quotations, confidence: confidenceOf(measureSupport(question, passages, quotations, rarity)) };
}

export async function* findRoute(task: Task): AsyncGenerator<AnswerEvent, void> {
  const { sources, request, draft } = task;
  const pace = new Pace(task.signals);
  const meter = new CoverageMeter(sources, request.scope);
  const began = performance.now();
  const parts: Found[] = [];
  for (const part of readQuestion(request.question).parts) {
    if ((await pace.step()) === "stop") return;
    parts.push(findEvidence(part, task, meter));
  }
  draft.timings["searchMs"] = performance.now() - began;
  draft.coverage = meter.now();
  yield { type: "coverage", coverage: draft.coverage };
  const answered = parts.filter(({ confidence }) => confidence !== "not found");
  draft.answerable = answered.length > 0;
  draft.confidence = !draft.answerable
    ? "not found"
    : answered.every((p) => p.confidence === "stated")
      ? "stated"
      : "likely";
  if (!draft.answerable) {
    draft.sentences.push(frame(NOT_SAID));
    yield { type: "sentence", sentence: frame(NOT_SAID) };
    yield* nearestPlaces(task, parts);
    return;
  }
  yield* quoteParts(task, parts, pace);
}

/** Behind "The text does not say.": the nearest places, so that a person can check. No sentence rests on them. */
function* nearestPlaces(task: Task, parts: readonly Found[]): Generator<AnswerEvent, void> {
  const near = parts.flatMap(({ quotations }) => quotations);
  for (const quotation of near.slice(0, MOST_CITATIONS)) {
    if (!overlaps(task.draft.citations, quotation)) yield* quoteOne(task, quotation, false);
  }
}

/** First what is quoted for each part, then further places of all parts in turn. */
async function* quoteParts(task: Task, parts: readonly Found[], pace: Pace): AsyncGenerator<AnswerEvent, void> {
  const { draft } = task;
  const rest: Quotation[][] = [];
  const share = Math.max(1, Math.floor(MOST_QUOTED / parts.length));
  for (const { quotations, confidence } of parts) {
    if (confidence === "not found") {
      const missing = frame(`To one part of the question: ${NOT_SAID.charAt(0).toLowerCase()}${NOT_SAID.slice(1)}`);
      draft.sentences.push(missing);
      yield { type: "sentence", sentence: missing };
      continue;
    }
    const least = (quotations[0]?.score ?? 0) * WORTH_QUOTING;
    const quoted = quotations.slice(0, share).filter(({ score }) => score >= least);
    rest.push(quotations.slice(quoted.length));
    for (const quotation of quoted) {
      if ((await pace.step()) === "stop") return;
      yield* quoteOne(task, quotation, true);
    }
  }
  for (let rank = 0; rest.some((list) => rank < list.length); rank += 1) {
    for (const list of rest) {
      const quotation = list[rank];
      if (quotation === undefined || draft.citations.length >= MOST_CITATIONS) continue;
      if (overlaps(draft.citations, quotation)) continue;
      if ((await pace.step()) === "stop") return;
      yield* quoteOne(task, quotation, false);
    }
  }
}

function overlaps(citations: readonly Citation[], quotation: Quotation): boolean {
  return citations.some(
    (other) => other.documentId === quotation.documentId && other.start < quotation.end && quotation.start < other.end,
  );
}

/** A citation, and (for the best) the same words as a sentence of the answer. Unsupported ones are left out. */
function* quoteOne(
  task: Pick<Task, "draft" | "sources">,
  quotation: Quotation,
  isInAnswer: boolean,
): Generator<AnswerEvent, void> {
  const citation = citeQuotation(task.sources.texts, quotation);
  if (!citation.supported) return;
  const index = task.draft.citations.push(citation) - 1;
  yield { type: "citation", index, citation };
  if (!isInAnswer) return;
  const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
  task.draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}

export function citeQuotation(texts: AnswerSources["texts"], quotation: Quotation): Citation {
  const { passage } = quotation;
  const why = { words: [...passage.words], retriever: passage.retriever, score: quotation.score };
  return cite(texts, quotation, why);
}
