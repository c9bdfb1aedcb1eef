/**
 * Chunks that lie next to each other, taken apart for ranking: where the query's terms stand, counted in words, and
 * the sentences or lines of which passages are made.
 * Owns: that reading of a run of chunks. Does not know: scores.
 */
import { endOfWords } from "../chunking/chunks.ts";
import { splitSentences } from "../chunking/sentences.ts";
import { findDefinitions } from "./definitions.ts";
import type { SearchQuery } from "./query.ts";
import { countPositions, tokenizeForSearch, visitTokens } from "./search-tokenizer.ts";
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
  /** 1; less for an alternate of the word that was asked for. */
  readonly weight: number;
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

/** An occurrence of a word derived from the one that was asked for, or spelt otherwise. */
const ALTERNATE_WEIGHT = 0.7;

function indexOfTerms({ terms }: SearchQuery): Map<string, number> {
  const byTerm = new Map<string, number>();
  for (const [index, { alternates }] of terms.entries()) for (const term of alternates) byTerm.set(term, index);
  for (const [index, { term }] of terms.entries()) byTerm.set(term, index);
  return byTerm;
}

/** Finds the query's terms in all chunks of a run. */
export function readRun(chunks: readonly IndexedChunk[], query: SearchQuery): Run {
  const byTerm = indexOfTerms(query);
  const filter = new WordFilter([...byTerm.keys()]);
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
        const asked = query.terms[found];
        hits.push({
          term: found,
          position: first + position,
          start: chunk.start + start,
          end: chunk.start + end,
          weight: asked?.term === term ? 1 : ALTERNATE_WEIGHT,
          isExact: asked?.form === form,
          isDefinition: false,
        });
      },
      filter,
    );
    chunkWords.push(words);
  }
  return { chunks, hits, chunkWords, words };
}

/** The sentences or lines of one chunk of a run. No word lies between two of them, so their words add up. */
export function readUnits(run: Run, index: number, windowWords: number): Unit[] {
  const chunk = run.chunks[index];
  if (chunk === undefined) return [];
  const units: Unit[] = [];
  let from = run.chunkWords[index] ?? 0;
  const push = (start: number, end: number, words: number): void => {
    units.push({ start: chunk.start + start, end: chunk.start + end, from, to: from + words, chunk: index });
    from += words;
  };
  for (const { start, end } of chunk.isCode ? lineRanges(chunk.text) : splitSentences(chunk.text)) {
    const words = countPositions(chunk.text.slice(start, end));
    if (words <= windowWords) push(start, end, words);
    else {
      for (const piece of cutRange(chunk.text, start, end, windowWords))
        push(piece.start, piece.end, countPositions(chunk.text.slice(piece.start, piece.end)));
    }
  }
  return units;
}

/** Marks the hits of one chunk of code that define their name, or are a part of a name that is defined there. */
export function markDefinitions(run: Run, index: number): void {
  const chunk = run.chunks[index];
  if (chunk === undefined || !chunk.isCode) return;
  const hits = run.hits.filter(({ start }) => start >= chunk.start && start < chunk.end);
  if (hits.length === 0) return;
  for (const { name, at } of findDefinitions(chunk.text)) {
    const from = chunk.start + at;
    for (const hit of hits) if (hit.start >= from && hit.end <= from + name.length) hit.isDefinition = true;
  }
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

/** Whether the forms stand in the text one right after the other. */
export function holdsPhrase(text: string, forms: readonly string[]): boolean {
  const words = tokenizeForSearch(text)
    .filter(({ kind }) => kind !== "whole" && kind !== "pair")
    .map(({ form }) => form);
  for (let at = 0; at + forms.length <= words.length; at += 1)
    if (forms.every((form, index) => words[at + index] === form)) return true;
  return false;
}
