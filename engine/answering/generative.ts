/**
 * The composer that writes: the model continues a view of memories and raw passages; every finished sentence is checked
 * against the raw passages before it gets a citation. What no passage bears out has no citation, and when nothing at all
 * is borne out the text itself is quoted behind it.
 * Does not know: graphs, tokens of special meaning, SQL.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { toEnvelope } from "../protocol/errors.ts";
import type { AnswerEvent } from "../protocol/dto.ts";
import { citeQuotation, findEvidence, MOST_CITATIONS } from "./find.ts";
import type { Found } from "./find.ts";
import type { Quotation } from "./evidence.ts";
import { frame, NOT_SAID } from "./frames.ts";
import { CoverageMeter } from "./places.ts";
import { supportingPassage } from "./support.ts";
import type { Composer, Remembering, Task } from "./types.ts";
import { openQuestionView } from "./view.ts";
import type { QuestionView } from "./view.ts";
import { WrittenText } from "./written.ts";

/** Tokens that an answer may have. */
const MOST_TOKENS = 200;
/** Quotations behind an answer of which nothing is borne out. */
const QUOTED_BEHIND = 2;

export const generativeComposer: Composer = {
  name: "generative",
  async *compose(task: Task): AsyncGenerator<AnswerEvent, void> {
    const { sources, request, draft, signals } = task;
    if (sources.remembering === null) return;
    const meter = new CoverageMeter(sources, request.scope);
    const began = performance.now();
    const found = await findEvidence(request.question, task, meter);
    draft.timings["searchMs"] = performance.now() - began;
    draft.coverage = meter.now();
    draft.support = found.support;
    yield { type: "coverage", coverage: draft.coverage };
    throwIfCancelled(signals.cancel);
    if (found.confidence === "not found" && task.route !== "whole") {
      draft.sentences.push(frame(NOT_SAID));
      yield { type: "sentence", sentence: frame(NOT_SAID) };
      return;
    }
    yield* write(task, sources.remembering, found);
    if (!draft.answerable) yield* quoteBehind(task, found);
    yield* furtherPlaces(task, found);
    draft.answerable = draft.citations.length > 0;
    draft.confidence = draft.answerable ? "likely" : "not found";
  },
};

async function* write(task: Task, remembering: Remembering, found: Found): AsyncGenerator<AnswerEvent, void> {
  const { request, draft, signals } = task;
  const either = AbortSignal.any([signals.cancel, signals.stop]);
  const began = performance.now();
  try {
    const view = await openQuestionView(
      remembering,
      {
        question: request.question,
        segments: request.memory === "off" ? [] : remembering.segments(request.scope, request.memory),
        ranked: found.quotations.map(({ documentId, start, end, score }) => ({ documentId, start, end, score })),
        texts: found.quotations.map(({ text }) => text),
        reserve: MOST_TOKENS,
      },
      either,
    );
    await using state = view.state;
    draft.memoryUsed = view.memorySlots > 0;
    draft.timings["viewMs"] = performance.now() - began;
    yield* stream(task, remembering, view, found.quotations, state, either);
  } catch (error) {
    // A stop ends the model call in flight; what was written is kept. Everything else goes on to the caller.
    const isStop = signals.stop.aborted && !signals.cancel.aborted && toEnvelope(error).code === "Cancelled";
    if (!isStop) throw error;
  }
  draft.timings["writeMs"] = performance.now() - began;
}

async function* stream(
  task: Task,
  { model }: Remembering,
  view: QuestionView,
  quotations: readonly Quotation[],
  state: QuestionView["state"],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void> {
  const text = new WrittenText();
  const decoder = model.tokenizer.stream();
  const raw = view.shown.flatMap((index) => quotations[index] ?? []);
  const options = { signal, maxTokens: MOST_TOKENS, seed: task.request.seed, stopIds: model.tokenizer.stopIds };
  try {
    for await (const id of state.generate(options)) {
      yield* tell(task, text.push(decoder.push(id)), text, raw);
      if (text.isOver) return;
    }
  } catch (error) {
    // Also after a stop: the sentence in hand is judged as it stands.
    if (!task.signals.cancel.aborted) yield* tell(task, text.push(decoder.flush()) + text.flush(), text, raw);
    throw error;
  }
  yield* tell(task, text.push(decoder.flush()) + text.flush(), text, raw);
}

function* tell(task: Task, shown: string, text: WrittenText, raw: readonly Quotation[]): Generator<AnswerEvent, void> {
  if (shown !== "") yield { type: "delta", text: shown };
  for (const sentence of text.finished()) yield* judge(task, sentence, raw);
}

/** A citation is made once for each passage; sentences point to it. */
function* judge({ draft, sources }: Task, text: string, raw: readonly Quotation[]): Generator<AnswerEvent, void> {
  const index = supportingPassage(text, raw);
  const quotation = index === null ? undefined : raw[index];
  const citations: number[] = [];
  if (quotation !== undefined) {
    const known = draft.citations.findIndex(
      ({ documentId, start }) => documentId === quotation.documentId && start === quotation.start,
    );
    if (known >= 0) citations.push(known);
    else {
      const citation = citeQuotation(sources.texts, quotation);
      if (citation.supported) {
        citations.push(draft.citations.push(citation) - 1);
        yield { type: "citation", index: draft.citations.length - 1, citation };
      }
    }
  }
  if (citations.length > 0) draft.answerable = true;
  const sentence = { text, voice: "model" as const, citations };
  draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}

/** The other places that search found, as behind a quoted answer; no sentence rests on them. */
function* furtherPlaces({ draft, sources, signals }: Task, { quotations }: Found): Generator<AnswerEvent, void> {
  for (const quotation of quotations) {
    if (signals.stop.aborted || draft.citations.length >= MOST_CITATIONS) return;
    const isThere = draft.citations.some(
      ({ documentId, start }) => documentId === quotation.documentId && start === quotation.start,
    );
    const citation = isThere ? null : citeQuotation(sources.texts, quotation);
    if (citation === null || !citation.supported) continue;
    yield { type: "citation", index: draft.citations.push(citation) - 1, citation };
  }
}

function* quoteBehind({ draft, sources, signals }: Task, { quotations }: Found): Generator<AnswerEvent, void> {
  for (const quotation of quotations.slice(0, QUOTED_BEHIND)) {
    if (signals.stop.aborted) return;
    const citation = citeQuotation(sources.texts, quotation);
    if (!citation.supported) continue;
    const index = draft.citations.push(citation) - 1;
    yield { type: "citation", index, citation };
    const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
    draft.sentences.push(sentence);
    yield { type: "sentence", sentence };
  }
}
