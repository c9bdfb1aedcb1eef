import { describe, expect, it } from "vitest";
import type { Answer, AnswerEvent, Citation, DocumentId } from "../../../engine/protocol/dto.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import {
  applyEvents,
  failTurn,
  furtherOf,
  isWeighed,
  newTurn,
  type Turn,
} from "../../../renderer/features/ask/turn.ts";

function cite(start: number, over: Partial<Citation> = {}): Citation {
  return {
    documentId: "d" as DocumentId,
    start,
    end: start + 5,
    page: 1,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
    heading: [],
    text: "words",
    supported: true,
    why: null,
    ...over,
  };
}

const said = (text: string, at: number): AnswerEvent => ({
  type: "sentence",
  sentence: { text, voice: "document", citations: [at] },
});
const cited = (index: number, start: number): AnswerEvent => ({ type: "citation", index, citation: cite(start) });

const ANSWER: Answer = {
  question: "Where?",
  answer: "better",
  answerable: true,
  confidence: "stated",
  composer: "extractive",
  memoryUsed: false,
  route: "find",
  sentences: [{ text: "better", voice: "document", citations: [0] }],
  citations: [cite(70)],
  span: null,
  support: 0.9,
  coverage: { checked: 3, total: 9, unit: "pages" },
  finishReason: "done",
  timings: {},
};

const FIRST_LOOK: AnswerEvent[] = [
  { type: "route", route: "find", composer: "extractive" },
  cited(0, 10),
  cited(1, 20),
  said("first", 0),
];
const REVISED: AnswerEvent = { type: "revised", note: "Reading changed it." };

function asked(...events: AnswerEvent[]): Turn {
  return applyEvents(newTurn("asked-1", "Where?", null, 0), [...FIRST_LOOK, ...events]);
}

const shown = (turn: Turn) => turn.sentences.map(({ text }) => text);

describe("an answer that is revised", () => {
  it("stays as it was, without a word, until the first of the new one is here", () => {
    const waiting = asked(REVISED, { type: "coverage", coverage: ANSWER.coverage });
    expect(shown(waiting)).toEqual(["first"]);
    expect(waiting.citations).toHaveLength(2);
    expect(waiting.note).toBeNull();
  });

  it("a new citation takes the place of everything before it, and the note is shown", () => {
    const turn = asked(REVISED, cited(0, 70));
    expect(turn.sentences).toEqual([]);
    expect(turn.citations.map((one) => one?.start)).toEqual([70]);
    expect(turn.note).toBe("Reading changed it.");
    expect(shown(applyEvents(turn, [said("better", 0), said("and more", 0)]))).toEqual(["better", "and more"]);
  });

  it("a new sentence or new words do the same, once", () => {
    expect(shown(asked(REVISED, said("better", 0)))).toEqual(["better"]);
    const growing = asked({ type: "delta", text: "old" }, REVISED, { type: "delta", text: "Ne" });
    expect([growing.growing, ...shown(growing)]).toEqual(["Ne"]);
    expect(applyEvents(growing, [{ type: "delta", text: "w" }]).growing).toBe("New");
  });

  it("batched or one by one, it is the same", () => {
    const events = [...FIRST_LOOK, REVISED, cited(0, 70), said("better", 0)];
    const single = events.reduce((turn, event) => applyEvents(turn, [event]), newTurn("asked-1", "Where?", null, 0));
    expect(single).toEqual(asked(REVISED, cited(0, 70), said("better", 0)));
  });

  it("the note is there too when the finished answer comes at once", () => {
    const turn = asked(REVISED, { type: "done", answer: ANSWER });
    expect(turn.note).toBe("Reading changed it.");
    expect(turn.announced).toBeNull();
    expect(shown(turn)).toEqual(["better"]);
  });

  it("an answer that was never revised has no note", () => {
    expect(asked({ type: "done", answer: ANSWER }).note).toBeNull();
  });

  it("stopped or failed before anything new came, what was on show is kept, without a note", () => {
    const empty: Answer = { ...ANSWER, sentences: [], citations: [], finishReason: "stopped" };
    const stopped = asked(REVISED, { type: "done", answer: empty });
    expect([stopped.status, stopped.note, ...shown(stopped)]).toEqual(["stopped", null, "first"]);
    const failed = failTurn(asked(REVISED), new EngineError("EngineCrashed", "gone"));
    expect([failed.note, ...shown(failed)]).toEqual([null, "first"]);
  });
});

describe("what stands beside an answer", () => {
  it("further places are supported citations that no sentence rests on", () => {
    const answer: Answer = { ...ANSWER, citations: [cite(70), cite(80), cite(90, { supported: false })] };
    expect(furtherOf(asked({ type: "done", answer })).map((one) => one.start)).toEqual([80]);
  });

  it("sureness is said only where a place was looked for, and where nothing was found", () => {
    expect(isWeighed(ANSWER)).toBe(true);
    expect(isWeighed({ ...ANSWER, support: null })).toBe(false);
    expect(isWeighed({ ...ANSWER, support: null, span: { text: "better", citation: 0 } })).toBe(true);
    expect(isWeighed({ ...ANSWER, support: null, answerable: false })).toBe(true);
  });
});
