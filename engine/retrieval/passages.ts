/**
 * Passages of candidate chunks: whole sentences or lines, at most so many words, each measured and scored.
 * Owns: which stretches are looked at. Does not know: the index, which of them are returned (choose.ts).
 */
import type { FeatureReader, PassageFeatures } from "./features.ts";
import { markDefinitions, readUnits, type Hit, type Run, type Unit } from "./passage-text.ts";
import type { SearchQuery } from "./query.ts";
import { tokenizeForSearch } from "./search-tokenizer.ts";
import type { IndexedChunk } from "./types.ts";
import { scoreOf, type ScoreWeights } from "./weights.ts";

/** They name what is asked for in every other word, and say nothing about it. */
const LISTS = /^(?:(?:table of )?contents|index|list of .*)$/iu;
const LIST_SHARE = 0.6;

export interface Scored {
  /** Units [first, last] of `units`. */
  readonly units: readonly Unit[];
  readonly first: number;
  readonly last: number;
  readonly rescore: (first: number, last: number) => Scored | null;
  readonly start: number;
  readonly end: number;
  readonly chunk: IndexedChunk;
  readonly score: number;
  readonly features: PassageFeatures;
  readonly matched: number;
  readonly hits: readonly Hit[];
}

export interface WantedChunk {
  readonly run: Run;
  /** In the run. */
  readonly at: number;
  /** Score of its best stretch, before sentences are known. */
  readonly promise: number;
}

export interface PassageWork {
  readonly reader: FeatureReader;
  readonly query: SearchQuery;
  readonly windowWords: number;
  readonly weights: ScoreWeights;
  /** How far a sentence holds the kind of thing that was asked for; null when anything may answer. */
  readonly expects: ((sentence: string) => number) | null;
}

export function wantedChunks(run: Run, wanted: ReadonlySet<number>, { reader, weights }: PassageWork): WantedChunk[] {
  return run.chunks.flatMap((chunk, at) => {
    if (!wanted.has(chunk.seq)) return [];
    const stretch = { from: run.chunkWords[at] ?? 0, to: run.chunkWords[at + 1] ?? 0, ...boundsOfFile(run, at) };
    const { own, wide } = reader.rough(run, stretch);
    const promise = own * (weights.near + weights.middle) + wide * weights.wide;
    return promise > 0 ? [{ run, at, promise }] : [];
  });
}

export function* passagesOf({ run, at }: WantedChunk, work: PassageWork): Generator<Scored> {
  const { reader, query, windowWords, weights } = work;
  const chunk = run.chunks[at];
  if (chunk === undefined) return;
  markDefinitions(run, at);
  const own = readUnits(run, at, windowWords);
  // A passage may run on into the next chunk: where chunks end says nothing about the text.
  const next = run.chunks[at + 1];
  const units =
    next !== undefined && isSameSection(chunk, next) ? [...own, ...readUnits(run, at + 1, windowWords)] : own;
  const headingTerms = termsOfHeading(chunk, query);
  const listShare = chunk.heading.some((title) => LISTS.test(title)) ? LIST_SHARE : 1;
  const signs = signsOf(units, run, work);
  const bounds = boundsOfFile(run, at);
  const rescore = (first: number, last: number): Scored | null => {
    const [from, to] = [units[first], units[last]];
    if (from === undefined || to === undefined) return null;
    const most = (sign: Float64Array): number => sign.subarray(first, last + 1).reduce((a, b) => Math.max(a, b), 0);
    const [sentence, kind, asks] = [most(signs.bm25), most(signs.kind), most(signs.asks)];
    const stretch = { from: from.from, to: to.to, ...bounds, headingTerms, sentence, kind, asks };
    const found = reader.measure(run, stretch);
    const score = scoreOf(found.features, weights) * listShare;
    return { units, first, last, rescore, start: from.start, end: to.end, chunk, ...found, score };
  };
  let before = -1;
  for (const first of own.keys()) {
    const last = grow(units, first, windowWords);
    // A window that ends where the one before it ended holds nothing new.
    if (last === before) continue;
    before = last;
    const found = rescore(first, last);
    if (found !== null) yield found;
  }
}

/** Words of the run that belong to the same file as the chunk; all of it in a book. */
function boundsOfFile(run: Run, at: number): { low: number; high: number } {
  const file = run.chunks[at]?.file ?? null;
  let first = at;
  while (first > 0 && run.chunks[first - 1]?.file === file) first -= 1;
  let last = at;
  while (last + 1 < run.chunks.length && run.chunks[last + 1]?.file === file) last += 1;
  return { low: run.chunkWords[first] ?? 0, high: run.chunkWords[last + 1] ?? run.words };
}

/** By unit: BM25, whether it holds what is asked for, whether it is a question itself. */
function signsOf(
  units: readonly Unit[],
  run: Run,
  { reader, expects }: PassageWork,
): { bm25: Float64Array; kind: Float64Array; asks: Float64Array } {
  const text = (unit: Unit): string => {
    const chunk = run.chunks[unit.chunk];
    return chunk === undefined ? "" : chunk.text.slice(unit.start - chunk.start, unit.end - chunk.start);
  };
  const isCode = run.chunks[units[0]?.chunk ?? 0]?.isCode ?? false;
  return {
    bm25: Float64Array.from(units, ({ from, to }) => reader.sentence(run, from, to)),
    kind: Float64Array.from(units, (unit) => (expects === null || isCode ? 0 : expects(text(unit)))),
    asks: Float64Array.from(units, (unit) => (!isCode && /\?["”’']?$/u.test(text(unit)) ? 1 : 0)),
  };
}

/** Whole units from `first` on while they fit. Returns the last. */
function grow(units: readonly Unit[], first: number, windowWords: number): number {
  const from = units[first]?.from ?? 0;
  let last = first;
  while (last + 1 < units.length && (units[last + 1]?.to ?? 0) - from <= windowWords) last += 1;
  return last;
}

/** Never into another file, section or hidden text. */
const isSameSection = (a: IndexedChunk, b: IndexedChunk): boolean =>
  a.file === b.file && a.isHidden === b.isHidden && a.heading.join("\n") === b.heading.join("\n");

function termsOfHeading(chunk: IndexedChunk, query: SearchQuery): ReadonlySet<number> {
  const words = `${chunk.heading.join("\n")}\n${chunk.file ?? ""}`;
  const terms = new Set(tokenizeForSearch(words).map(({ term }) => term));
  return new Set(query.terms.flatMap(({ term }, index) => (terms.has(term) ? [index] : [])));
}
