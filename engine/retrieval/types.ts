/**
 * What search takes and gives, and the narrow face of the index that it needs (the store implements it).
 * Knows nothing about SQL, answers or prompts. Units as in store/types.ts.
 */
import type { DocumentId } from "../protocol/dto.ts";
import type { PassageFeatures } from "./features.ts";

/** A chunk with its text: what is ranked, and what a scan walks over. */
export interface IndexedChunk {
  readonly documentId: DocumentId;
  /** From 0, in reading order. */
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly isHidden: boolean;
  /** True for lines of a code file: windows break at lines, not sentences. */
  readonly isCode: boolean;
  /** Titles of the contents path, outermost first. */
  readonly heading: readonly string[];
  readonly file: string | null;
  readonly text: string;
}

/** Where the chunks' words are looked up. Terms are those of the search tokenizer. */
export interface ChunkIndex {
  /** The best chunks by BM25 over text, headings, names; any one of the terms is enough. */
  candidates(query: {
    readonly terms: readonly string[];
    readonly scope: readonly DocumentId[];
    readonly limit: number;
  }): { readonly documentId: DocumentId; readonly seq: number; readonly score: number }[];
  /** In how many chunks each term occurs, and how many chunks there are (in scope where that is cheap, else in all). */
  frequencies(
    terms: readonly string[],
    scope: readonly DocumentId[],
  ): { readonly chunks: number; readonly averageWords: number; readonly withTerm: ReadonlyMap<string, number> };
  /** Terms of the whole library in [from, before) in order of their UTF-8, with the number of chunks that hold them. */
  vocabulary(from: string, before: string, limit: number): { readonly term: string; readonly chunks: number }[];
  /** Chunks [from, to] by seq, with text; fewer at the ends. */
  read(documentId: DocumentId, from: number, to: number): IndexedChunk[];
  /** The document's text at [start, end). */
  text(documentId: DocumentId, start: number, end: number): string;
  /** Every chunk of the scope in reading order, for questions that must check all of it. */
  scan(scope: readonly DocumentId[]): IterableIterator<IndexedChunk>;
  count(scope: readonly DocumentId[]): number;
}

/** What each part added to the score; shown on demand, used by the evaluation. */
export interface ScoreParts {
  /** BM25 of the passage (60 words), of 180 and of 500 words around it. */
  readonly near: number;
  readonly middle: number;
  readonly wide: number;
  /** Query words next to each other, in order or close by. */
  readonly phrase: number;
  /** Query words in the contents path or the file's path. */
  readonly heading: number;
  /** Exact forms, names and numbers, definitions in code. */
  readonly exact: number;
  /** BM25 of the passage's best sentence. */
  readonly sentence: number;
  /** How much of the question occurs at all, here and in 180 words. */
  readonly coverage: number;
  /** It holds the kind of thing that was asked for: a person, a time, a number, … */
  readonly kind: number;
  /** It is itself a question (negative). */
  readonly asks: number;
  /** Words that feedback added to the question; 0 unless that is on. */
  readonly feedback: number;
}

export interface RankedPassage {
  readonly documentId: DocumentId;
  /** The chunk in which it starts. */
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
  /** Exactly the document's text at [start, end). */
  readonly text: string;
  /** Higher is better; comparable within one search only. */
  readonly score: number;
  readonly parts: ScoreParts;
  /** What was measured, before weights; null for the baseline. For what ranks again: readers, fusion. */
  readonly features: PassageFeatures | null;
  /** Share (0..1) of the query's weight (by rarity) whose words occur in the passage: low means "not about this". */
  readonly matched: number;
  /** The query's words that occur, as the person typed them, rarest first. */
  readonly words: readonly string[];
  /** Ranges of `text` that matched, in order, not overlapping. */
  readonly marks: readonly (readonly [number, number])[];
  readonly heading: readonly string[];
  readonly file: string | null;
  readonly isHidden: boolean;
  readonly isCode: boolean;
  /** For `whyChosen.retriever`. */
  readonly retriever: "words" | "baseline";
}

export interface SearchOptions {
  /** Passages to return; they do not overlap. */
  readonly limit: number;
  /** Longest passage in words; default 60. Longer sentences are cut at a clause or word border. */
  readonly windowWords?: number;
  /** Passages of one chunk at most; default 6. Fewer loses evidence: the answer is often beside the best passage. */
  readonly perChunk?: number;
  /** Passages of one file of a repository at most; default: any number. */
  readonly perFile?: number;
  readonly signal?: AbortSignal;
}

export interface Retriever {
  /**
   * Best passages for a question or some search words, best first. "Quoted words" must occur as they stand.
   * Empty when no word of the query occurs in the scope.
   */
  search(query: string, scope: readonly DocumentId[], options: SearchOptions): RankedPassage[];
  /** Every chunk of the scope in reading order (count and list questions). */
  scanChunks(scope: readonly DocumentId[]): IterableIterator<IndexedChunk>;
}
