/**
 * Plain BM25 over fixed windows of words: the peer that Longleaf's own ranking has to beat in the evaluation.
 * Owns: exactly that and nothing clever: lower-cased words, no stems, no stop words, windows with half overlap.
 * Okapi BM25 (Robertson et al. 1994) with k1 = 1.2, b = .75 (or .9 and .4, Anserini's defaults).
 */
import type { DocumentId } from "../protocol/dto.ts";
import type { ChunkIndex, RankedPassage, ScoreParts } from "./types.ts";

export interface BaselineOptions {
  /** Words per window: 60 or 180. */
  readonly windowWords: number;
  readonly k1?: number;
  readonly b?: number;
}

interface Window {
  readonly documentId: DocumentId;
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
  readonly words: number;
}

interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly chunk: number;
}

const NO_PARTS: ScoreParts = {
  near: 0,
  middle: 0,
  wide: 0,
  phrase: 0,
  heading: 0,
  exact: 0,
  sentence: 0,
  coverage: 0,
  kind: 0,
  asks: 0,
  feedback: 0,
};
/** Chinese and Japanese character by character, as Lucene's standard analyzer does: a run of them is no word. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[[\p{L}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+/gv;

/** An index of its own, made once per scope; windows never cross documents. */
export class PlainBm25 {
  readonly #index: ChunkIndex;
  readonly #windows: Window[] = [];
  readonly #postings = new Map<string, Map<number, number>>();
  readonly #k1: number;
  readonly #b: number;
  #averageWords = 1;

  constructor(index: ChunkIndex, scope: readonly DocumentId[], { windowWords, k1 = 1.2, b = 0.75 }: BaselineOptions) {
    this.#index = index;
    this.#k1 = k1;
    this.#b = b;
    for (const id of scope) this.#add(id, windowWords);
    const total = this.#windows.reduce((sum, { words }) => sum + words, 0);
    this.#averageWords = this.#windows.length === 0 ? 1 : total / this.#windows.length;
  }

  /** Best windows first; they may overlap by half, as everywhere where this baseline is used. */
  search(query: string, limit: number): RankedPassage[] {
    const scores = new Map<number, number>();
    for (const [word] of query.toLowerCase().matchAll(WORD)) {
      const windows = this.#postings.get(word);
      if (windows === undefined) continue;
      const count = this.#windows.length;
      const idf = Math.log(1 + (count - windows.size + 0.5) / (windows.size + 0.5));
      for (const [at, frequency] of windows) {
        const length = this.#windows[at]?.words ?? 0;
        const norm = this.#k1 * (1 - this.#b + (this.#b * length) / this.#averageWords);
        scores.set(at, (scores.get(at) ?? 0) + (idf * frequency * (this.#k1 + 1)) / (frequency + norm));
      }
    }
    const best = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit);
    return best.flatMap(([at, score]) => {
      const window = this.#windows[at];
      return window === undefined ? [] : [this.#present(window, score)];
    });
  }

  #add(documentId: DocumentId, windowWords: number): void {
    const words: Word[] = [];
    for (const chunk of this.#index.scan([documentId])) {
      for (const match of chunk.text.matchAll(WORD)) {
        const start = chunk.start + match.index;
        words.push({ word: match[0].toLowerCase(), start, end: start + match[0].length, chunk: chunk.seq });
      }
    }
    const step = Math.max(1, Math.floor(windowWords / 2));
    for (let from = 0; from < words.length; from += step) {
      this.#addWindow(documentId, words.slice(from, from + windowWords));
      if (from + windowWords >= words.length) break;
    }
  }

  #addWindow(documentId: DocumentId, words: readonly Word[]): void {
    const [first, last] = [words[0], words.at(-1)];
    if (first === undefined || last === undefined) return;
    const at = this.#windows.length;
    this.#windows.push({ documentId, chunk: first.chunk, start: first.start, end: last.end, words: words.length });
    for (const { word } of words) {
      let windows = this.#postings.get(word);
      if (windows === undefined) this.#postings.set(word, (windows = new Map()));
      windows.set(at, (windows.get(at) ?? 0) + 1);
    }
  }

  #present({ documentId, chunk, start, end }: Window, score: number): RankedPassage {
    return {
      documentId,
      chunk,
      start,
      end,
      text: this.#index.text(documentId, start, end),
      score,
      parts: { ...NO_PARTS, near: score },
      features: null,
      matched: 0,
      words: [],
      marks: [],
      heading: [],
      file: null,
      isHidden: false,
      isCode: false,
      retriever: "baseline",
    };
  }
}

/** The baseline for one question; for many over the same scope make one `PlainBm25`. */
export function plainBm25(
  index: ChunkIndex,
  query: string,
  scope: readonly DocumentId[],
  options: BaselineOptions & { readonly limit: number },
): RankedPassage[] {
  return new PlainBm25(index, scope, options).search(query, options.limit);
}
