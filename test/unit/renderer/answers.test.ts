import { describe, expect, it } from "vitest";
import type { Answer, AnswerEvent, Citation, DocumentId } from "../../../engine/protocol/dto.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { groupSentences } from "../../../renderer/features/ask/answer-text.tsx";
import { spokenState } from "../../../renderer/features/ask/ask-tab.tsx";
import { asksOnKey } from "../../../renderer/features/ask/composer.tsx";
import { answerAsText } from "../../../renderer/features/ask/copy-answer.ts";
import { mainWord } from "../../../renderer/features/ask/main-word.ts";
import { clip, placeLabel, spokenPlace } from "../../../renderer/features/ask/places.ts";
import { inQuotationMarks } from "../../../renderer/features/ask/quotation-marks.ts";
import { suggestionsFor, tidy } from "../../../renderer/features/ask/suggestions.ts";
import { applyEvents, evidenceOf, failTurn, newTurn } from "../../../renderer/features/ask/turn.ts";
import { nextEvidence } from "../../../renderer/features/reader/reader-bar.tsx";

function cite(over: Partial<Citation> = {}): Citation {
  return {
    documentId: "d" as DocumentId,
    start: 10,
    end: 20,
    page: 235,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
    heading: [],
    text: "seen no schooner",
    supported: true,
    why: null,
    ...over,
  };
}

const ANSWER: Answer = {
  question: "Why?",
  answer: "Because. He knows.",
  answerable: true,
  confidence: "stated",
  composer: "generative",
  memoryUsed: true,
  route: "whole",
  sentences: [
    { text: "Because.", voice: "model", citations: [0] },
    { text: "He knows.", voice: "model", citations: [] },
  ],
  citations: [cite()],
  span: null,
  support: null,
  coverage: { checked: 292, total: 292, unit: "pages" },
  finishReason: "done",
  timings: {},
};

describe("a streaming answer", () => {
  const events: AnswerEvent[] = [
    { type: "route", route: "whole", composer: "generative" },
    { type: "delta", text: "Bec" },
    { type: "delta", text: "ause." },
    { type: "citation", index: 0, citation: cite() },
    { type: "sentence", sentence: { text: "Because.", voice: "model", citations: [0] } },
    { type: "delta", text: "He" },
  ];

  it("grows word by word, and a finished sentence takes the place of its words", () => {
    const growing = applyEvents(newTurn("k", "Why?", null, 0), events.slice(0, 3));
    expect(growing.growing).toBe("Because.");
    const turn = applyEvents(growing, events.slice(3));
    expect(turn.sentences.map((sentence) => sentence.text)).toEqual(["Because."]);
    expect(turn.growing).toBe("He");
    expect(turn.status).toBe("asking");
  });

  it("batched or one by one, it is the same", () => {
    const whole = applyEvents(newTurn("k", "Why?", null, 0), events);
    const single = events.reduce((turn, event) => applyEvents(turn, [event]), newTurn("k", "Why?", null, 0));
    expect(single).toEqual(whole);
  });

  it("ends with the finished answer; stopped says so; a failure keeps what was written", () => {
    const turn = applyEvents(newTurn("k", "Why?", null, 0), events);
    expect(applyEvents(turn, [{ type: "done", answer: ANSWER }]).status).toBe("done");
    expect(applyEvents(turn, [{ type: "done", answer: { ...ANSWER, finishReason: "stopped" } }]).status).toBe(
      "stopped",
    );
    const failed = failTurn(turn, new EngineError("EngineCrashed", "gone"));
    expect(failed.status).toBe("failed");
    expect(failed.sentences).toHaveLength(1);
  });

  it("evidence is each supported citation once, in the order of the sentences", () => {
    const citations = [cite({ start: 1 }), cite({ start: 2, supported: false }), cite({ start: 3 })];
    const sentences = [
      { text: "a", voice: "document" as const, citations: [2] },
      { text: "b", voice: "document" as const, citations: [0, 2, 1] },
    ];
    const turn = { ...newTurn("k", "q", null, 0), citations, sentences };
    expect(evidenceOf(turn).map((one) => one.start)).toEqual([3, 1]);
  });

  it("is announced with its short answer and how sure it is first", () => {
    const answer: Answer = { ...ANSWER, span: { text: "no schooner", citation: 0 }, support: 0.9 };
    const done = applyEvents(newTurn("asked-1", "Why?", null, 0), [{ type: "done", answer }]);
    expect(spokenState(done)).toBe("no schooner. The text states this. Because. page 235. He knows.");
  });

  it("is announced at its end with its pages, never for an old conversation", () => {
    const done = applyEvents(newTurn("asked-1", "Why?", null, 0), [{ type: "done", answer: ANSWER }]);
    expect(spokenState(done)).toBe("Because. page 235. He knows.");
    expect(spokenState({ ...done, key: "chat-1" })).toBe("");
  });
});

describe("places in words", () => {
  it("names pages by their printed label, files by their lines, a repeated file by its lines only", () => {
    expect(placeLabel(cite({ pageLabel: "xii" }))).toBe("p. xii");
    expect(placeLabel(cite())).toBe("p. 235");
    const first = cite({ page: null, file: "src/lease.ts", line: 46, endLine: 50 });
    expect(placeLabel(first)).toBe("src/lease.ts:46–50");
    expect(placeLabel(cite({ page: null, file: "src/lease.ts", line: 66, endLine: 66 }), first)).toBe(":66");
    expect(placeLabel(cite({ page: null, heading: ["Part", "On Tides"] }))).toBe("On Tides");
    expect(spokenPlace(first)).toBe("src/lease.ts, lines 46 to 50");
  });

  it("walks evidence round and round", () => {
    const all = [1, 2, 3].map((start) => ({
      documentId: "d",
      start,
      end: start + 1,
      page: 1,
      file: null,
      line: null,
      endLine: null,
    }));
    expect(nextEvidence(all, null, 1)?.start).toBe(1);
    expect(nextEvidence(all, all[2] ?? null, 1)?.start).toBe(1);
    expect(nextEvidence(all, all[0] ?? null, -1)?.start).toBe(3);
    expect(nextEvidence([], null, 1)).toBeNull();
  });

  it("clips at a word", () => {
    expect(clip("one two  three four", 15)).toBe("one two three…");
    expect(clip("short", 15)).toBe("short");
  });
});

describe("the answer as text", () => {
  it("carries pages and leaves out what no page says", () => {
    const turn = applyEvents(newTurn("k", "Why?", null, 0), [{ type: "done", answer: ANSWER }]);
    const text = answerAsText(turn, "Treasure Island");
    expect(text).toContain("Because. (p. 235)");
    expect(text).not.toContain("He knows.");
    expect(text).toContain("Checked 292 of 292 pages");
  });

  it("carries the short answer with its page and how sure it is, only where a place was looked for", () => {
    const answer: Answer = { ...ANSWER, span: { text: "no schooner", citation: 0 }, confidence: "likely" };
    const done = applyEvents(newTurn("k", "Why?", null, 0), [{ type: "done", answer }]);
    expect(answerAsText(done, "Treasure Island")).toContain("“no schooner” (p. 235). Likely; check the passage.");
    const plain = applyEvents(newTurn("k", "Why?", null, 0), [{ type: "done", answer: ANSWER }]);
    expect(answerAsText(plain, "Treasure Island")).not.toContain("states this");
  });

  it("sets quotation marks once", () => {
    expect(inQuotationMarks("seen no\n schooner")).toBe("“seen no schooner”");
    expect(inQuotationMarks("“Pieces of eight!”")).toBe("“Pieces of eight!”");
    expect(inQuotationMarks("“Go,” he said. “Go!”")).toBe("“Go,” he said. “Go!”");
    expect(inQuotationMarks("“Wealden!” cried he. “I have seen them.")).toBe(
      "“Wealden!” cried he. “I have seen them.”",
    );
    expect(inQuotationMarks("He said: “Go!” and went.")).toBe("“He said: “Go!” and went.”");
    expect(inQuotationMarks("and went.”")).toBe("“and went.”");
  });

  it("a quotation stands alone, other sentences run on", () => {
    const sentence = (voice: "document" | "model") => ({ text: voice, voice, citations: [] });
    const kinds = groupSentences([sentence("model"), sentence("model"), sentence("document"), sentence("model")]).map(
      (group) => group.kind,
    );
    expect(kinds).toEqual(["paragraph", "quote", "paragraph"]);
  });
});

describe("asking", () => {
  it("Enter asks, Shift+Enter and an IME's Enter do not", () => {
    const press = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
    expect(asksOnKey(press)).toBe(true);
    expect(asksOnKey({ ...press, shiftKey: true })).toBe(false);
    expect(asksOnKey({ ...press, isComposing: true })).toBe(false);
    expect(asksOnKey({ ...press, keyCode: 229 })).toBe(false);
  });

  it("suggests questions about named chapters, not about frames and numerals", () => {
    const entry = (title: string, start: number) => ({
      level: 1,
      title,
      start,
      end: start + 5_000,
      page: 1,
      file: null,
    });
    const outline = [
      entry("Contents", 0),
      entry("I", 1),
      entry("CHAPTER IV. THE SEA-CHEST", 2),
      entry("Israel Hands", 3),
      entry("Index", 4),
    ];
    expect(suggestionsFor(outline, false)).toEqual([
      "What happens in “The Sea-chest”?",
      "What happens in “Israel Hands”?",
    ]);
    expect(suggestionsFor([], false)).toEqual([]);
    expect(tidy("XXVIII. In the Enemy’s Camp")).toBe("In the Enemy’s Camp");
    expect(tidy("Civil War")).toBe("Civil War");
  });

  it("finds the word worth searching for", () => {
    expect(mainWord("What was the name of Jim’s mother?")).toBe("mother");
    expect(mainWord("Who is it?")).toBe("it");
    expect(mainWord("???")).toBeNull();
  });
});
