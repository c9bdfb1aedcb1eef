/**
 * Chunks that lie next to each other, taken apart for ranking: where the query's terms stand, counted in words, and
 * the sentences or lines of which passages are made.
 * Owns: that reading of a run of chunks. Does not know: scores.
 */
import { endOfWords } from "../chunking/chunks.ts";
import { splitSentences } from "../chunking/sentences.ts";
import { findDefinitions } from "./definitions.ts";
import type { SearchQuery } from "./query.ts";
import { positionStarts, tokenizeForSearch, visitTokens } from "./search-tokenizer.ts";
import type { IndexedChunk } from "./types.ts";
import { WordFilter } from "./word-filter.ts";

/** One occurrence of a query term. */
export interface Hit {
  /** Index of the term in the query. */
  readonly term: number;
  /** In words from the run's beginning. */
  readonly position: number;
  /** In the document. */
  readonly start: number;
  readonly end: number;
  /** The very form that was typed, not only its stem. */
  readonly isExact: boolean;
  readonly isCapital: boolean;
  /** This occurrence defines the name (code). */
  isDefinition: boolean;
}

/** A sentence, a line of code, or a piece of one that is longer than a passage may be. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  /** First and last + 1 word, in words from the run's beginning. */
  readonly from: number;
  readonly to: number;
  /** Index of its chunk in the run. */
  readonly chunk: number;
}

export interface Run {
  readonly chunks: readonly IndexedChunk[];
  /** By position. */
  readonly hits: readonly Hit[];
  /** First word of each chunk, and the end of the last. */
  readonly chunkWords: readonly number[];
  readonly words: number;
}

/** Finds the query's terms in all chunks of a run. */
export function readRun(chunks: readonly IndexedChunk[], query: SearchQuery): Run {
  const byTerm = new Map(query.terms.map(({ term }, index) => [term, index]));
  const filter = new WordFilter(query.terms.map(({ term }) => term));
  const hits: Hit[] = [];
  const chunkWords = [0];
  let words = 0;
  for (const chunk of chunks) {
    const first = words;
    words += visitTokens(
      chunk.text,
      (term, form, start, end, position) => {
        const found = byTerm.get(term);
        if (found === undefined) return;
        hits.push({
          term: found,
          position: first + position,
          start: chunk.start + start,
          end: chunk.start + end,
          isExact: query.terms[found]?.form === form,
          isCapital: isCapital(chunk.text, start),
          isDefinition: false,
        });
      },
      filter,
    );
    chunkWords.push(words);
  }
  return { chunks, hits, chunkWords, words };
}

/** The sentences or lines of one chunk of a run. */
export function readUnits(run: Run, index: number, windowWords: number): Unit[] {
  const chunk = run.chunks[index];
  const first = run.chunkWords[index] ?? 0;
  if (chunk === undefined) return [];
  const wordStarts = positionStarts(chunk.text);
  const wordAt = (offset: number): number => first + firstAtOrAfter(wordStarts, offset);
  const units: Unit[] = [];
  for (const { start, end } of chunk.isCode ? lineRanges(chunk.text) : splitSentences(chunk.text)) {
    const whole = {
      start: chunk.start + start,
      end: chunk.start + end,
      from: wordAt(start),
      to: wordAt(end),
      chunk: index,
    };
    if (whole.to - whole.from <= windowWords) units.push(whole);
    else {
      for (const piece of cutRange(chunk.text, start, end, windowWords))
        units.push({
          start: chunk.start + piece.start,
          end: chunk.start + piece.end,
          from: wordAt(piece.start),
          to: wordAt(piece.end),
          chunk: index,
        });
    }
  }
  return units;
}

function isCapital(text: string, at: number): boolean {
  const letter = text.charAt(at);
  return letter !== letter.toLowerCase();
}

/** Marks the hits of one chunk of code that define their name. */
export function markDefinitions(run: Run, index: number): void {
  const chunk = run.chunks[index];
  if (chunk === undefined || !chunk.isCode) return;
  const hits = run.hits.filter(({ start }) => start >= chunk.start && start < chunk.end);
  if (hits.length === 0) return;
  const starts = new Set(findDefinitions(chunk.text).map(({ at }) => chunk.start + at));
  for (const hit of hits) if (starts.has(hit.start)) hit.isDefinition = true;
}

/** A sentence longer than a passage may be, cut between words. */
function* cutRange(text: string, start: number, end: number, most: number): Generator<{ start: number; end: number }> {
  for (let from = start; from < end;) {
    const to = from + endOfWords(text.slice(from, end), 0, most);
    yield { start: from, end: to };
    from = to;
    while (from < end && /\s/u.test(text.charAt(from))) from += 1;
  }
}

function* lineRanges(text: string): Generator<{ start: number; end: number }> {
  for (const match of text.matchAll(/[^\n]*\S[^\n]*/gu))
    yield { start: match.index, end: match.index + match[0].length };
}

function firstAtOrAfter(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the forms stand in the text one right after the other. */
export function holdsPhrase(text: string, forms: readonly string[]): boolean {
  const words = tokenizeForSearch(text)
    .filter(({ kind }) => kind !== "whole" && kind !== "pair")
    .map(({ form }) => form);
  for (let at = 0; at + forms.length <= words.length; at += 1)
    if (forms.every((form, index) => words[at + index] === form)) return true;
  return false;
}
