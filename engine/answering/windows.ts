/**
 * Cuts quotations: whole sentences (or lines of code) around a sentence that matters, at most 60 words, on one page.
 * Owns: what belongs to a quotation so that it can be understood alone. Does not know: scores of passages, citations.
 */
import { splitSentences } from "../chunking/sentences.ts";
import { countWords } from "../retrieval/search-tokenizer.ts";

/** No quotation is longer than this, in words. */
export const QUOTE_WORDS = 60;

export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly words: number;
}

/** Sentences of prose or lines of code with absolute offsets. `base`: offset of the text's first character. */
export function unitsOf(text: string, base: number, isCode: boolean): Unit[] {
  const ranges = isCode ? linesOf(text) : splitSentences(text);
  return ranges.map(({ start, end }) => {
    const part = text.slice(start, end);
    return { start: base + start, end: base + end, text: part, words: quotedWords(part) };
  });
}

/** Words by the stricter of two counts: words of a language, or stretches between white space (signs of code). */
export function quotedWords(text: string): number {
  return Math.max(countWords(text), text.match(/\S+/gu)?.length ?? 0);
}

function linesOf(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const match of text.matchAll(/[^\n]+/gu)) {
    if (match[0].trim() === "") continue;
    found.push({ start: match.index, end: match.index + match[0].trimEnd().length });
  }
  return found;
}

/** A neighbour that does not end like a sentence is a heading, a running title or half of one. */
const CLOSED = /[.!?…:;。！？]["”’'»)\]]*$/u;

export function endsLikeSentence(text: string): boolean {
  return CLOSED.test(text);
}

/** These open a sentence that leans on the one before it. */
const LEANING =
  /^["“'‘(]*(?:he|she|it|they|this|that|these|those|his|her|their|its|him|them|such|so|but|and|then|there|yes|no|here)\b/iu;

/** How well a neighbour fits, higher first; below 0 it is left out. `answers`: its own worth for the question. */
function fit(units: readonly Unit[], core: number, at: number, worth: (at: number) => number, isCode: boolean): number {
  const unit = units[at];
  const middle = units[core];
  if (unit === undefined || middle === undefined || (!isCode && !endsLikeSentence(unit.text))) return -1;
  const distance = Math.abs(at - core);
  let score = worth(at) - 0.12 * (distance - 1);
  if (at === core - 1 && LEANING.test(middle.text)) score += 0.5;
  if (at === core + 1 && /[?:]["”’']?$/u.test(middle.text)) score += 0.8;
  if (at === core + 1) score += 0.15;
  return score;
}

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The quotation around units[core]: neighbours join, the best fitting first, while it stays within `limit` words and
 * inside [low, high) (a page, a file). A core longer than the limit is cut at a word border.
 */
export function growWindow(
  units: readonly Unit[],
  core: number,
  options: {
    readonly low: number;
    readonly high: number;
    readonly limit?: number;
    readonly worth: (at: number) => number;
    readonly isCode?: boolean;
  },
): Window {
  const limit = options.limit ?? QUOTE_WORDS;
  const isCode = options.isCode ?? false;
  const middle = units[core];
  if (middle === undefined) return { from: core, to: core, start: 0, end: 0 };
  if (middle.words > limit) {
    return { from: core, to: core, start: middle.start, end: middle.start + lengthOfWords(middle.text, limit) };
  }
  let from = core;
  let to = core;
  let words = middle.words;
  for (;;) {
    const before = candidate(units, from - 1, options, words, limit)
      ? fit(units, core, from - 1, options.worth, isCode)
      : -1;
    const after = candidate(units, to + 1, options, words, limit)
      ? fit(units, core, to + 1, options.worth, isCode)
      : -1;
    if (before < 0 && after < 0) break;
    if (after >= before) to += 1;
    else from -= 1;
    words += units[after >= before ? to : from]?.words ?? 0;
  }
  return { from, to, start: units[from]?.start ?? middle.start, end: units[to]?.end ?? middle.end };
}

function candidate(
  units: readonly Unit[],
  at: number,
  options: { readonly low: number; readonly high: number },
  words: number,
  limit: number,
): boolean {
  const unit = units[at];
  return unit !== undefined && unit.start >= options.low && unit.end <= options.high && words + unit.words <= limit;
}

/** Length of the first `limit` words of a text, without what stands between the last one and the next. */
export function lengthOfWords(text: string, limit: number): number {
  let words = 0;
  let end = 0;
  for (const match of text.matchAll(/\S+/gu)) {
    words += quotedWords(match[0]);
    if (words > limit) break;
    end = match.index + match[0].length;
  }
  return end === 0 ? Math.min(text.length, limit) : end;
}
