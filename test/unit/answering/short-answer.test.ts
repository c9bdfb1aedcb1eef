import { describe, expect, it } from "vitest";
import { shortAnswerOf } from "../../../engine/answering/answer.ts";
import { type Citation, documentId } from "../../../engine/protocol/dto.ts";

/** A place with its log odds, and what was read there. */
function cited(score: number, text: string | null, certainty = 0.5): Citation {
  const read = text === null ? null : { text, start: 0, end: text.length, certainty };
  const why = { words: [], retriever: "search", score, probability: 0.5, read };
  const place = {
    documentId: documentId.parse("d"),
    start: 0,
    end: 9,
    page: 1,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
  };
  return { ...place, heading: [], text: "any words", supported: true, why };
}

const quoting = (citations: readonly Citation[], quoted: readonly number[], answerable = true) => ({
  citations: [...citations],
  sentences: quoted.map((citation) => ({ text: "any words", voice: "document" as const, citations: [citation] })),
  answerable,
});

describe("the short answer", () => {
  it("comes from the likeliest place when the reader is as sure of each", () => {
    expect(shortAnswerOf(quoting([cited(-0.5, "red"), cited(-1, "blue")], [0, 1]))).toMatchObject({
      text: "red",
      citation: 0,
    });
  });

  it("comes from a place that is nearly as likely when the reader is far surer there", () => {
    const places = [cited(-0.5, "red", 0.1), cited(-0.7, "blue", 0.9)];
    expect(shortAnswerOf(quoting(places, [0, 1]))).toMatchObject({ text: "blue", citation: 1 });
    expect(shortAnswerOf(quoting([cited(2, "red", 0.1), cited(-0.7, "blue", 0.9)], [0, 1]))?.text).toBe("red");
  });

  it("is worth more in a likelier place, and with clearer words", () => {
    const worth = (score: number, certainty: number): number =>
      shortAnswerOf(quoting([cited(score, "red", certainty)], [0]))?.worth ?? -Infinity;
    expect(worth(0, 0.5)).toBeGreaterThan(worth(-0.5, 0.5));
    expect(worth(0, 0.5)).toBeGreaterThan(worth(0, 0.1));
  });

  it("is none where the place is unlikely or the reader guesses, where nothing was read, beyond what is quoted, and in a refusal", () => {
    expect(shortAnswerOf(quoting([cited(-2, "red"), cited(-0.5, "blue", 0.01), cited(0, null)], [0, 1, 2]))).toBeNull();
    expect(shortAnswerOf(quoting([cited(1, null), cited(1, "red")], [0]))).toBeNull();
    expect(shortAnswerOf(quoting([cited(1, "red")], [0], false))).toBeNull();
  });
});
