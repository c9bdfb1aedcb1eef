import { expect, test } from "vitest";
import { damageSentence } from "../../../engine/documents/pdf/read-pdf.ts";
import { divisionRank } from "../../../engine/documents/division-words.ts";
import { levelsOf } from "../../../engine/documents/pdf/headings.ts";
import { joint, vocabularyOf } from "../../../engine/documents/pdf/hyphens.ts";
import { inReadingOrder, toReadingOrder } from "../../../engine/documents/pdf/right-to-left.ts";
import { romanValue } from "../../../engine/documents/pdf/running-lines.ts";

test("damage from a page on is one sentence, scattered damage another", () => {
  expect(damageSentence([212, 213, 214], 214)).toBe("This file is damaged from page 212 on. Pages 1 to 211 were read.");
  expect(damageSentence([2], 2)).toBe("This file is damaged from page 2 on. Page 1 was read.");
  expect(damageSentence([3, 7], 10)).toBe("Pages 3, 7 are damaged and could not be read; the other 8 were.");
  expect(damageSentence([3], 10)).toBe("Page 3 is damaged and could not be read; the other 9 were.");
});

test("Roman numerals are read only when they are well-formed", () => {
  expect(["I", "iv", "XLII", "MCMXCIX"].map(romanValue)).toEqual([1, 4, 42, 1999]);
  expect(["IIII", "IC", "", "VX"].map(romanValue)).toEqual([null, null, null, null]);
});

test("words that begin chapters are known, sentences with such words are not", () => {
  for (const text of [
    "Chapter IV",
    "CHAPTER THE FIRST.",
    "Letter 12",
    "Kapitel 3",
    "第三章 燈塔",
    "IV. THE STORM",
    "Epilogue",
  ]) {
    expect(divisionRank(text), text).toBe(2);
  }
  expect(divisionRank("PART TWO")).toBe(3);
  for (const text of [
    "Part of the crew went home.",
    "Chapter houses are round.",
    "I. went home",
    "Contents of the box were lost",
  ]) {
    expect(divisionRank(text), text).toBe(0);
  }
});

test("ranks that hardly differ share a level", () => {
  expect([...levelsOf([240, 180, 178, 2, 240])]).toEqual([
    [240, 1],
    [180, 2],
    [178, 2],
    [2, 3],
  ]);
});

test("lines of Chinese join without a space", () => {
  expect(joint("燈塔在", "海邊", vocabularyOf([]))).toEqual({ left: "燈塔在", between: "" });
  expect(joint("the lamp", "was lit", vocabularyOf([]))).toEqual({ left: "the lamp", between: " " });
});

test("right-to-left text is turned into the order in which it is read", () => {
  // As the eye meets it from the left, in presentation forms as fonts name them.
  expect(toReadingOrder("\u05DD\u05D5\u05DC\u05E9")).toBe("\u05E9\u05DC\u05D5\u05DD");
  expect(toReadingOrder("(12 \u05D3\u05E8\u05D5\u05E2\u05DE 2026)")).toBe("(2026 \u05DE\u05E2\u05D5\u05E8\u05D3 12)");
  expect(toReadingOrder("\uFEF2\uFE91\uFEAE\uFECB")).toBe("\u0639\u0631\u0628\u064A");
  expect(toReadingOrder("plain (text)")).toBe("plain (text)");
  const run = (text: string, x0: number, isRightToLeft: boolean) => ({
    text,
    x0,
    x1: x0 + 10,
    y0: 0,
    y1: 10,
    baseline: 8,
    size: 10,
    isBold: false,
    isMono: false,
    isHidden: false,
    isRightToLeft,
    spaceBefore: false,
    order: 0,
  });
  const mixed = [run("see", 0, false), run("B", 20, true), run("A", 40, true), run("there", 60, false)];
  expect(inReadingOrder(mixed).map((one) => one.text)).toEqual(["see", "A", "B", "there"]);
  const mostly = [run("CCCCC", 0, true), run("one", 20, false), run("two", 40, false), run("AAAAA", 60, true)];
  expect(inReadingOrder(mostly).map((one) => one.text)).toEqual(["AAAAA", "one", "two", "CCCCC"]);
});
