import { describe, expect, it } from "vitest";
import { answerLines } from "../../../cli/answer-lines.ts";
import type { Answer, Citation, DocumentId, WhyChosen } from "../../../engine/protocol/index.ts";

const WHY: WhyChosen = {
  words: ["bury", "box"],
  retriever: "words",
  score: 2.5,
  probability: 0.914,
  read: { text: "under the\npear tree", start: 20, end: 39, certainty: 0.83 },
};

function cite(page: number, over: Partial<Citation> = {}): Citation {
  return {
    documentId: "d" as DocumentId,
    start: page * 100,
    end: page * 100 + 40,
    page,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
    heading: [],
    text: "They buried the box under the\npear tree.",
    supported: true,
    why: WHY,
    ...over,
  };
}

const ANSWER: Answer = {
  question: "Where is the box?",
  answer: "",
  sentences: [{ text: "They buried the box under the\npear tree.", voice: "document", citations: [0] }],
  answerable: true,
  confidence: "stated",
  composer: "extractive",
  memoryUsed: false,
  route: "find",
  citations: [cite(12), cite(30)],
  span: { text: "under the\npear tree", citation: 0 },
  support: 0.91,
  coverage: { checked: 7, total: 108, unit: "pages" },
  finishReason: "done",
  timings: {},
};

describe("an answer on a terminal", () => {
  it("has the short answer first, how sure it is, then the sentences, further places and what was looked at", () => {
    expect(answerLines(ANSWER)).toEqual([
      "“under the pear tree” [p. 12]",
      "The text states this.",
      "",
      "“They buried the box under the pear tree.” [p. 12]",
      "",
      "Further places: p. 30.",
      "",
      "Quoted from the text. Looked at 7 of 108 pages.",
    ]);
    expect(answerLines({ ...ANSWER, span: null, confidence: "likely" })[0]).toBe("Likely; check the passage.");
  });

  it("says once that the text does not say, and shows the nearest places as such", () => {
    const missing: Answer = {
      ...ANSWER,
      answerable: false,
      confidence: "not found",
      span: null,
      support: 0.1,
      sentences: [{ text: "The text does not say.", voice: "longleaf", citations: [] }],
      citations: [cite(30)],
    };
    expect(answerLines(missing)).toEqual([
      "The text does not say.",
      "",
      "Nearest places:",
      "  “They buried the box under the pear tree.” [p. 30]",
      "",
      "Quoted from the text. Looked at 7 of 108 pages.",
    ]);
  });

  it("claims no sureness for a count or a summary, where no place was looked for", () => {
    const counted: Answer = {
      ...ANSWER,
      span: null,
      support: null,
      sentences: [{ text: "“box”: 2 places.", voice: "longleaf", citations: [] }],
      citations: [],
      coverage: { checked: 108, total: 108, unit: "pages" },
    };
    expect(answerLines(counted)).toEqual(["“box”: 2 places.", "", "Quoted from the text. Checked 108 of 108 pages."]);
  });

  it("says why on demand: words, what was read, how likely; nothing of what was not weighed", () => {
    const bare = cite(30, { why: { ...WHY, words: [], probability: null, read: null } });
    const lines = answerLines({ ...ANSWER, citations: [cite(12), bare, cite(40, { why: null })] }, { why: true });
    const from = lines.indexOf("Why these passages:");
    expect(lines.slice(from, -2)).toEqual([
      "Why these passages:",
      "  p. 12: very likely the place, 91 %",
      "    words of the question: bury, box",
      "    the reader read: “under the pear tree”, 83 % sure of these words",
      "  p. 30",
    ]);
    expect(answerLines(ANSWER)).not.toContain("Why these passages:");
  });

  it("doubles no quotation mark and leaves none open", () => {
    const said = (text: string) =>
      answerLines({
        ...ANSWER,
        span: null,
        support: null,
        sentences: [{ text, voice: "document", citations: [] }],
        citations: [],
      })[0];
    expect(said("“Go,” he said.")).toBe("“Go,” he said.");
    expect(said("“Go. I have seen it.")).toBe("“Go. I have seen it.”");
    expect(said("and went.”")).toBe("“and went.”");
    expect(said("He said: “Go!”")).toBe("“He said: “Go!””");
  });

  it("keeps code as it stands", () => {
    const code = cite(1, { page: null, file: "src/lease.ts", line: 4, endLine: 5, text: "a(\n  b)" });
    const answer: Answer = {
      ...ANSWER,
      span: null,
      citations: [code],
      sentences: [{ text: "a(\n  b)", voice: "document", citations: [0] }],
    };
    expect(answerLines(answer)).toContain("\n    a(\n      b)\n  [src/lease.ts:4-5]");
  });
});
