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
  /** What the engine says of a first look that the answer on show has replaced; null: this is the first. */
  readonly note: string | null;
  /** A new answer was announced, and none of it is here yet: what is on show is still the first look. */
  readonly announced: string | null;
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
    note: null,
    announced: null,
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
      const begun = begin(turn);
      const citations = [...begun.citations];
      citations[event.index] = event.citation;
      return { ...begun, citations };
    }
    case "delta": {
      const begun = begin(turn);
      return { ...begun, growing: begun.growing + event.text };
    }
    case "sentence": {
      // What grew is now the sentence; what came of the next one in the same batch arrives after this event.
      const begun = begin(turn);
      return { ...begun, sentences: [...begun.sentences, event.sentence], growing: "" };
    }
    case "revised":
      return { ...turn, announced: event.note };
    case "done":
      return finish(turn, event.answer);
  }
}

/** The first words of an announced answer take the place of the first look, together with the note that says so. */
function begin(turn: Turn): Turn {
  if (turn.announced === null) return turn;
  return { ...turn, sentences: [], citations: [], growing: "", note: turn.announced, announced: null };
}

/** The finished answer is the whole truth: it replaces what was gathered on the way. */
function finish(turn: Turn, answer: Answer): Turn {
  // Stopped between the first look and the first words of the new answer: what is on show is kept.
  if (turn.announced !== null && answer.finishReason === "stopped" && answer.sentences.length === 0)
    return { ...turn, status: "stopped", growing: "", announced: null };
  return {
    ...turn,
    note: turn.announced ?? turn.note,
    announced: null,
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

/** Supported citations that no sentence rests on: further places of a found answer, the nearest ones of a missing one. */
export function furtherOf(turn: Turn): readonly Citation[] {
  const used = new Set(turn.sentences.flatMap((sentence) => sentence.citations));
  return turn.citations.flatMap((citation, index) =>
    citation !== undefined && citation.supported && !used.has(index) ? [citation] : [],
  );
}

/** Whether a place was looked for: only then is there something to be more or less sure of. */
export function isWeighed(answer: Answer): boolean {
  return !answer.answerable || answer.support !== null || answer.span !== null;
}
