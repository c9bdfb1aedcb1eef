/**
 * One question and what has come back for it. `applyEvents` is the whole life of a streaming answer, as a pure function.
 * Knows nothing about the engine's connection or how a turn is drawn.
 */
import type {
  Answer,
  AnswerComposer,
  AnswerEvent,
  AnswerRoute,
  AnswerSentence,
  ChatTurn,
  Citation,
  Coverage,
} from "../../../engine/protocol/dto.ts";
import type { EngineError } from "../../../engine/protocol/errors.ts";

export interface Turn {
  readonly key: string;
  readonly question: string;
  readonly status: "asking" | "done" | "stopped" | "failed";
  readonly route: AnswerRoute | null;
  /** The route that the person forced for this turn. */
  readonly forced: AnswerRoute | null;
  readonly composer: AnswerComposer | null;
  readonly sentences: readonly AnswerSentence[];
  readonly citations: readonly (Citation | undefined)[];
  /** Words that have come of a sentence that is not finished. */
  readonly growing: string;
  readonly coverage: Coverage | null;
  readonly answer: Answer | null;
  readonly error: EngineError | null;
  readonly seed: number;
}

export function newTurn(key: string, question: string, forced: AnswerRoute | null, seed: number): Turn {
  return {
    key,
    question,
    forced,
    seed,
    status: "asking",
    route: forced,
    composer: null,
    sentences: [],
    citations: [],
    growing: "",
    coverage: null,
    answer: null,
    error: null,
  };
}

/** A turn of an earlier conversation. */
export function storedTurn(key: string, stored: ChatTurn): Turn {
  return finish({ ...newTurn(key, stored.question, null, 0) }, stored.answer);
}

export function applyEvents(turn: Turn, events: readonly AnswerEvent[]): Turn {
  return events.reduce(applyEvent, turn);
}

function applyEvent(turn: Turn, event: AnswerEvent): Turn {
  switch (event.type) {
    case "route":
      return { ...turn, route: event.route, composer: event.composer };
    case "coverage":
      return { ...turn, coverage: event.coverage };
    case "citation": {
      const citations = [...turn.citations];
      citations[event.index] = event.citation;
      return { ...turn, citations };
    }
    case "delta":
      return { ...turn, growing: turn.growing + event.text };
    case "sentence":
      // What grew is now the sentence; what came of the next one in the same batch arrives after this event.
      return { ...turn, sentences: [...turn.sentences, event.sentence], growing: "" };
    case "done":
      return finish(turn, event.answer);
  }
}

/** The finished answer is the whole truth: it replaces what was gathered on the way. */
function finish(turn: Turn, answer: Answer): Turn {
  return {
    ...turn,
    status: answer.finishReason === "stopped" ? "stopped" : "done",
    route: answer.route,
    composer: answer.composer,
    sentences: answer.sentences,
    citations: answer.citations,
    growing: "",
    coverage: answer.coverage,
    answer,
  };
}

/** A stream that ended early keeps what it wrote. */
export function failTurn(turn: Turn, error: EngineError): Turn {
  if (error.code === "Cancelled") return { ...turn, status: "stopped" };
  return { ...turn, status: "failed", error };
}

/** The citations of a turn in the order of its sentences, each once: what F8 walks through. */
export function evidenceOf(turn: Turn): readonly Citation[] {
  const order = new Set(turn.sentences.flatMap((sentence) => sentence.citations));
  const found: Citation[] = [];
  for (const index of order) {
    const citation = turn.citations[index];
    if (citation !== undefined && citation.supported) found.push(citation);
  }
  return found;
}
