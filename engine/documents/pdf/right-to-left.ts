/**
 * Right-to-left text on a page: glyphs stand in the order in which the eye meets them from the left, and here they get
 * back the order in which they are read. A small part of the Unicode bidirectional algorithm (UAX #9): two levels,
 * numbers and Latin words inside Hebrew and Arabic keep their direction. Pure; knows nothing about pages.
 */
import type { Run } from "./page-model.ts";

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/u;
/** Numbers, Latin letters and what stands between them. */
const LEFT_TO_RIGHT = /[\p{Script=Latin}\d]+(?:[.,:/%+-]*[\p{Script=Latin}\d]+)*/gu;
const MIRRORED: Readonly<Record<string, string>> = {
  "(": ")",
  ")": "(",
  "[": "]",
  "]": "[",
  "{": "}",
  "}": "{",
  "<": ">",
  ">": "<",
  "«": "»",
  "»": "«",
};

export function isRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/** Letters in reading order, presentation forms as the letters they present. Other text comes back as it is. */
export function toReadingOrder(text: string): string {
  if (!isRightToLeft(text)) return text;
  const turned = graphemes(text)
    .map((letter) => MIRRORED[letter] ?? letter)
    .toReversed()
    .join("");
  return turned.replace(LEFT_TO_RIGHT, (word) => graphemes(word).toReversed().join("")).normalize("NFKC");
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
}

/** The runs of one row, sorted from left to right, in the order in which they are read. */
export function inReadingOrder(row: readonly Run[]): Run[] {
  if (!row.some((run) => run.isRightToLeft)) return [...row];
  const count = (direction: boolean): number =>
    row.reduce((sum, run) => sum + (run.isRightToLeft === direction ? run.text.length : 0), 0);
  const base = count(true) > count(false);
  const ordered: Run[] = [];
  let stretch: Run[] = [];
  for (const run of base ? row.toReversed() : row) {
    if (stretch.length > 0 && stretch[0].isRightToLeft !== run.isRightToLeft)
      ordered.push(...inDirection(stretch, base));
    if (stretch.length > 0 && stretch[0].isRightToLeft !== run.isRightToLeft) stretch = [];
    stretch.push(run);
  }
  ordered.push(...inDirection(stretch, base));
  return ordered;
}

/** A stretch against the base direction is turned round. */
function inDirection(stretch: readonly Run[], base: boolean): Run[] {
  return stretch.length > 0 && stretch[0].isRightToLeft !== base ? stretch.toReversed() : [...stretch];
}
