/**
 * One question, one answer: route, composer, events, and the answer as data at the end.
 * Owns: the order of events, stop and cancel, timings. Does not know: how evidence is found or sentences are written.
 */
import { throwIfCancelled } from "../base/abort.ts";
import type { Answer, AnswerEvent, AnswerRoute, AnswerSentence } from "../protocol/dto.ts";
import { extractiveComposer } from "./extractive.ts";
import { generativeComposer } from "./generative.ts";
import { routeQuestion } from "./route.ts";
import { rememberRanges } from "./text-cache.ts";
import type { AnswerRequest, AnswerSignals, AnswerSources, Composer, Draft, Task } from "./types.ts";

/**
 * Answers a question over its scope. The last event is `done` with the whole answer.
 * `stop` ends early with what is there and finishReason "stopped"; `cancel` throws Cancelled.
 * Errors: NotFound for a document that is not in the library; Cancelled.
 */
export async function* answerQuestion(
  request: AnswerRequest,
  sources: AnswerSources,
  signals: AnswerSignals,
): AsyncGenerator<AnswerEvent, void> {
  const began = performance.now();
  throwIfCancelled(signals.cancel);
  const route = request.route ?? routeQuestion(request.question);
  const composer = chooseComposer(request, route, sources);
  const draft: Draft = {
    sentences: [],
    citations: [],
    answerable: false,
    confidence: "not found",
    support: null,
    memoryUsed: false,
    coverage: { checked: 0, total: 0, unit: "passages" },
    timings: {},
  };
  yield { type: "route", route, composer: composer.name };
  const task: Task = { request, route, sources: { ...sources, texts: rememberRanges(sources.texts) }, signals, draft };
  for await (const event of composer.compose(task)) {
    throwIfCancelled(signals.cancel);
    if (draft.timings["firstMs"] === undefined && (event.type === "sentence" || event.type === "delta"))
      draft.timings["firstMs"] = performance.now() - began;
    yield event;
  }
  throwIfCancelled(signals.cancel);
  draft.timings["totalMs"] = performance.now() - began;
  yield { type: "done", answer: finish(task, composer) };
}

/** Generation needs a model; counting and exact words never do, whoever answers. */
function chooseComposer(request: AnswerRequest, route: AnswerRoute, sources: AnswerSources): Composer {
  const isCounted = route === "count" || route === "quote";
  const isWritten = request.composer === "generative" && sources.remembering !== null && !isCounted;
  return isWritten ? generativeComposer : extractiveComposer;
}

function finish({ request, route, draft, signals }: Task, composer: Composer): Answer {
  const short = shortAnswerOf(draft);
  const timings: Record<string, number> = {};
  for (const [name, value] of Object.entries(draft.timings)) timings[name] = Math.round(value * 10) / 10;
  return {
    question: request.question,
    answer: worthSaying(draft.sentences).map(sayPlainly).join(" "),
    sentences: draft.sentences,
    answerable: draft.answerable,
    confidence:
      draft.confidence === "stated" && short !== null && short.worth < STATED_WORTH ? "likely" : draft.confidence,
    composer: composer.name,
    memoryUsed: draft.memoryUsed,
    route,
    citations: draft.citations,
    span: short === null ? null : { text: short.text, citation: short.citation },
    support: draft.support,
    coverage: draft.coverage,
    finishReason: signals.stop.aborted ? "stopped" : "done",
    timings,
  };
}

/** What the logarithm of the reader's certainty counts beside the log odds of a place; chosen on development questions. */
const CERTAIN = 0.25;
/** Below this sum of the two the words are rarely right (one in eight of the development questions), and none are shown. */
const LEAST_WORTH = -1.2;
/** "Stated" is read of the short answer above all: below this sum its words are right in less than half of those questions. */
const STATED_WORTH = -0.45;

export interface ShortAnswer {
  readonly text: string;
  /** Number of its citation. */
  readonly citation: number;
  /** Log odds of the place, and the reader's certainty of the words: higher is better. */
  readonly worth: number;
}

/** What was read in one of the places that the answer quotes: likely to hold the evidence, and clear about the words. */
export function shortAnswerOf({
  sentences,
  citations,
  answerable,
}: Pick<Task["draft"], "sentences" | "citations" | "answerable">): ShortAnswer | null {
  if (!answerable) return null;
  const read = sentences
    .flatMap((sentence) => sentence.citations)
    .flatMap((citation) => {
      const why = citations[citation]?.why;
      if (why?.read == null) return [];
      return [{ text: why.read.text, citation, worth: why.score + CERTAIN * Math.log(why.read.certainty) }];
    })
    .filter(({ worth }) => worth >= LEAST_WORTH);
  const most = Math.max(...read.map(({ worth }) => worth));
  return read.find(({ worth }) => worth === most) ?? null;
}

/** What no page says stays in the list of sentences, marked by its missing citations; in the plain text only when alone. */
function worthSaying(sentences: readonly AnswerSentence[]): readonly AnswerSentence[] {
  const sound = sentences.filter(({ voice, citations }) => voice !== "model" || citations.length > 0);
  return sound.length > 0 ? sound : sentences;
}

/** Quoted words keep their quotation marks outside the window too; speech brings its own. */
function sayPlainly({ text, voice }: AnswerSentence): string {
  const line = text.replace(/\s+/gu, " ");
  return voice !== "document" || /^["“«]/u.test(line) ? line : `“${line}”`;
}
