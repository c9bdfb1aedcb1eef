/** Marks of single answers and the figures made of them, on small cases worked out by hand. */
import { describe, expect, it } from "vitest";
import { FIGURES, rowOf } from "../../../bench/evaluate/figures.ts";
import { askedOf, markQuestion } from "../../../bench/evaluate/marks.ts";
import type { Cited, QuestionMarks, SystemAnswer } from "../../../bench/evaluate/marks.ts";
import { standsOnPage } from "../../../bench/evaluate/source-pages.ts";
import type { QuestionKind, WrittenQuestion } from "../../../bench/evaluate/test-set.ts";

function written(evidence: string[][], more: Partial<WrittenQuestion> = {}): WrittenQuestion {
  return { id: "q", kind: "place", question: "?", answer: "the fox", accept: [], evidence, pages: [], ...more };
}

function cited(texts: readonly string[], page: number | null = null): Cited[] {
  let at = 0;
  return texts.map((text) => {
    const start = at;
    at += text.length + 1;
    return { text, start, end: start + text.length, page, file: null, line: null, endLine: null };
  });
}

function answer(texts: readonly string[], more: Partial<SystemAnswer> = {}): SystemAnswer {
  return {
    citations: cited(texts),
    answer: "",
    span: null,
    support: null,
    quoted: null,
    refused: false,
    ms: 1,
    ...more,
  };
}

const options = { citedWords: 60, isOnPage: () => false };
const markOf = (question: WrittenQuestion, given: SystemAnswer): QuestionMarks =>
  markQuestion(askedOf("d", question), given, options);

describe("evidence", () => {
  const two = written([["red fox runs", "fox of red fur"], ["grey wolf sleeps"]], { kind: "two" });

  it("is complete when every needed place has shown up, in any of its wordings", () => {
    expect(markOf(two, answer(["a fox of red fur", "x", "the grey wolf sleeps"])).evidenceRank).toBe(3);
    expect(markOf(two, answer(["the red fox runs", "a fox of red fur"])).evidenceRank).toBe(Infinity);
    expect(markOf(two, answer([])).evidenceRank).toBe(Infinity);
  });

  it("counts only among the first eight", () => {
    const nine = [...Array.from({ length: 8 }, (_, i) => `filler ${i}`), "the red fox runs"];
    expect(markOf(written([["red fox runs"]]), answer(nine)).evidenceRank).toBe(Infinity);
    expect(markOf(written([["red fox runs"]]), answer(nine.slice(1))).evidenceRank).toBe(8);
  });

  it("does not count behind the sixtieth word, unless the row is not cut", () => {
    const late = `${"word ".repeat(58)}the red fox runs`;
    const question = askedOf("d", written([["red fox runs"]]));
    expect(markQuestion(question, answer([late]), options).evidenceRank).toBe(Infinity);
    expect(markQuestion(question, answer([late]), { ...options, citedWords: null }).evidenceRank).toBe(1);
    expect(markQuestion(question, answer([late]), options).citedWords).toBe(60);
  });

  it("is touched when most of a passage stands", () => {
    const marks = markOf(written([["the red fox runs over hills"]]), answer(["a red fox runs over there"]));
    expect(marks).toMatchObject({ evidenceRank: Infinity, touchedRank: 1 });
    expect(markOf(written([["the red fox runs over hills"]]), answer(["a red fox runs"])).touchedRank).toBe(Infinity);
  });
});

describe("precision", () => {
  it("of what the answer quotes counts those places alone, and none as nothing right", () => {
    const question = written([["red fox runs"]]);
    const texts = ["nothing", "the red fox runs", "nothing else"];
    expect(markOf(question, answer(texts, { quoted: [0, 1] }))).toMatchObject({ precisionQuoted: 0.5, quoted: 2 });
    expect(markOf(question, answer(texts, { quoted: [] }))).toMatchObject({ precisionQuoted: 0, quoted: 0 });
    expect(markOf(question, answer(texts)).precisionQuoted).toBeNull();
  });

  const question = written([["red fox"]]);
  it("is over the citations that were shown, three at most", () => {
    expect(markOf(question, answer(["red fox"])).precision).toBe(1);
    expect(markOf(question, answer(["red fox", "x", "y", "red fox"])).precision).toBeCloseTo(1 / 3, 12);
    expect(markOf(question, answer([])).precision).toBe(0);
  });

  it("apart: overlapping windows with the same evidence count once", () => {
    const [first, , third] = cited(["a red fox", "b", "c"]);
    if (first === undefined || third === undefined) throw new Error("three citations");
    const sliding = { ...first, text: "red fox too", start: first.start + 2, end: first.end + 2 };
    const marks = markOf(question, { ...answer([]), citations: [first, sliding, third] });
    expect(marks.precision).toBeCloseTo(2 / 3, 12);
    expect(marks.precisionApart).toBe(1 / 2);
  });
});

describe("answers and pages", () => {
  it("are found by any right wording in the answer's own text", () => {
    const question = written([["x"]], { accept: ["Reynard"] });
    expect(markOf(question, answer([], { answer: "It was Reynard." })).answerFound).toBe(true);
    expect(markOf(question, answer(["It was the fox"], { answer: "Nobody." })).answerFound).toBe(false);
  });

  it("scores a short answer only when there is one", () => {
    expect(markOf(written([["x"]]), answer([])).spanF1).toBeNull();
    expect(markOf(written([["x"]]), answer([], { span: "fox" }))).toMatchObject({ spanF1: 1, spanExact: 1 });
  });

  it("checks cited words against the page that is named", () => {
    const pages = new Map([
      [4, "4herethewholeredfoxrunsawayoverthehillsand"],
      [5, "5overtheriver"],
    ]);
    const isOnPage = (one: Cited): boolean => standsOnPage(pages, one);
    const asked = askedOf("d", written([["red fox"]]));
    const on = (page: number, text: string): SystemAnswer => ({ ...answer([]), citations: cited([text], page) });
    const marked = (page: number, text: string): QuestionMarks =>
      markQuestion(asked, on(page, text), { ...options, isOnPage });
    expect(marked(4, "The whole red fox runs away.")).toMatchObject({ places: 1, rightPlaces: 1 });
    expect(marked(5, "The whole red fox runs away.")).toMatchObject({ places: 1, rightPlaces: 0 });
    expect(marked(4, "The hills and over the river we go")).toMatchObject({ places: 1, rightPlaces: 0 });
    expect(marked(4, "the hills and 5 over the river")).toMatchObject({ places: 1, rightPlaces: 1 });
  });
});

describe("facts of the whole document", () => {
  const whole = written([["fact one"], ["fact two", "the second"], ["fact three"], ["fact four"]], { kind: "whole" });

  it("stand in any citation, beyond the eighth too, or in the answer", () => {
    const many = [...Array.from({ length: 9 }, () => "nothing"), "and the second"];
    expect(markOf(whole, answer(many, { answer: "Fact one." })).facts).toBe(0.5);
    expect(markOf(whole, answer(many)).citations).toBe(10);
    expect(markOf(whole, answer([])).facts).toBe(0);
  });
});

describe("figures", () => {
  const mark = (id: string, kind: QuestionKind, refused: boolean, support: number): QuestionMarks => ({
    ...markOf(written([["x"]], { id, kind }), answer(["x"], { refused, support })),
  });
  const of = (key: string, marks: readonly QuestionMarks[]): number =>
    FIGURES.find((figure) => figure.key === key)?.of(marks) ?? Number.POSITIVE_INFINITY;
  const judged = [
    mark("a", "place", false, 0.9),
    mark("b", "place", true, 0.2),
    mark("c", "two", false, 0.4),
    mark("d", "none", true, 0.1),
    mark("e", "none", false, 0.5),
    mark("f", "none", true, 0.1),
  ];

  it("judge refusals against questions without an answer", () => {
    expect(of("refusalPrecision", judged)).toBeCloseTo(2 / 3, 12);
    expect(of("refusalRecall", judged)).toBeCloseTo(2 / 3, 12);
    expect(of("refusalF1", judged)).toBeCloseTo(2 / 3, 12);
    // Answerable .9 .2 .4 against .1 .5 .1: 3 + 2 + 2 of 9 pairs in order.
    expect(of("auroc", judged)).toBeCloseTo(7 / 9, 12);
  });

  it("ask every figure of its own kinds, and pair differences by question", () => {
    const better = judged.map((one) => ({ ...one, precision: one.precision / 2 }));
    const row = rowOf("own", "all", judged, better.toReversed());
    expect(row.figures["evidence8"]?.value).toBe(1);
    expect(row.figures["facts"]).toBeUndefined();
    expect(row.differences?.["precision3"]).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(rowOf("own", "all", judged, better.slice(1)).differences?.["precision3"]).toBeUndefined();
  });

  it("leave out short answers where a system has none, and count a missing one as wrong where it has some", () => {
    const [a, b] = judged;
    if (a === undefined || b === undefined) throw new Error("two marks");
    expect(of("spanF1", [a, b])).toBeNaN();
    expect(of("spanF1", [{ ...a, spanF1: 1 }, b])).toBe(0.5);
  });
});
