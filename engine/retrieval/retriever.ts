/**
 * Search over the words of chunks: about 200 chunks by SQL's BM25, then passages of at most 60 words inside them,
 * ranked with their surroundings. Borders are those of sentences, or of lines in code.
 * Owns: the steps and the choice of passages. Does not know: SQL (ChunkIndex), the formula (passage-score.ts).
 */
import { throwIfCancelled } from "../base/abort.ts";
import type { DocumentId } from "../protocol/dto.ts";
import { PassageScorer, statisticsOf, WEIGHTS, type ScoreWeights, type TermStatistics } from "./passage-score.ts";
import { holdsPhrase, markDefinitions, readRun, readUnits, type Hit, type Run, type Unit } from "./passage-text.ts";
import { readQuery, type SearchQuery } from "./query.ts";
import { tokenizeForSearch } from "./search-tokenizer.ts";
import type { ChunkIndex, IndexedChunk, RankedPassage, Retriever, ScoreParts, SearchOptions } from "./types.ts";

const CANDIDATES = 100;
const DEFAULT_WINDOW_WORDS = 60;
const DEFAULT_PER_CHUNK = 6;
/** Chunks that SQL may have to score: a few milliseconds per thousand. */
const MOST_SCORED_CHUNKS = 10_000;
/** Chunks whose sentences are looked at. More changed nothing in bench/retrieval/evidence.ts. */
const CLOSELY_READ = 40;
/** A piece left over beside a better passage is offered when it has this many words. */
const LEAST_WORDS = 8;
/** They name what is asked for in every other word, and say nothing about it. */
const LISTS = /^(?:(?:table of )?contents|index|list of .*)$/iu;
const LIST_SHARE = 0.6;
/** Chunks on each side that are read for the windows of 180 and 500 words. */
const NEIGHBOURS = 1;

interface Scored {
  /** Units [first, last] of `units`. */
  readonly units: readonly Unit[];
  readonly first: number;
  readonly last: number;
  readonly rescore: (first: number, last: number) => Scored | null;
  readonly start: number;
  readonly end: number;
  readonly chunk: IndexedChunk;
  readonly score: number;
  readonly parts: ScoreParts;
  readonly matched: number;
  readonly hits: readonly Hit[];
}

/** `weights` only for experiments (bench/retrieval). */
export function createRetriever(index: ChunkIndex, weights: ScoreWeights = WEIGHTS): Retriever {
  return {
    search: (query, scope, options) => search(index, weights, query, scope, options),
    scanChunks: (scope) => index.scan(scope),
  };
}

function search(
  index: ChunkIndex,
  weights: ScoreWeights,
  text: string,
  scope: readonly DocumentId[],
  options: SearchOptions,
): RankedPassage[] {
  const query = readQuery(text);
  const terms = query.terms.map(({ term }) => term);
  if (terms.length === 0) return [];
  const frequencies = index.frequencies(terms, scope);
  const limit = Math.max(CANDIDATES, options.limit * 2);
  const candidates = index.candidates({ terms: rareTerms(terms, frequencies.withTerm), scope, limit });
  if (candidates.length === 0) return [];
  const statistics = statisticsOf(query, frequencies);
  const windowWords = options.windowWords ?? DEFAULT_WINDOW_WORDS;
  const scorer = new PassageScorer(query, statistics, windowWords, weights);
  const chunks: WantedChunk[] = [];
  for (const { documentId, from, to, wanted } of runsOf(candidates)) {
    if (options.signal !== undefined) throwIfCancelled(options.signal);
    const run = readRun(index.read(documentId, from, to), query);
    chunks.push(...wantedChunks(run, wanted, scorer));
  }
  // Sentences are found only where a passage can still be among the best.
  chunks.sort((a, b) => b.promise - a.promise);
  const scored: Scored[] = [];
  for (const chunk of chunks.slice(0, Math.max(CLOSELY_READ, options.limit * 2))) {
    for (const passage of passagesOf(chunk, { scorer, query, windowWords }))
      if (holdsPhrases(index, passage, query)) scored.push(passage);
  }
  return choose(scored, options).map((passage) => present(index, passage, query, statistics));
}

/**
 * The rarest terms that together occur in a bounded number of chunks, at least two: SQL scores every chunk that holds
 * one of its terms, and a chunk with none but the commonest is never among the best. All terms count in the ranking.
 */
function rareTerms(terms: readonly string[], withTerm: ReadonlyMap<string, number>): string[] {
  const count = (term: string): number => withTerm.get(term) ?? 0;
  const rarestFirst = terms.filter((term) => count(term) > 0).sort((a, b) => count(a) - count(b));
  let sum = 0;
  return rarestFirst.filter((term, at) => {
    sum += count(term);
    return at < 2 || sum <= MOST_SCORED_CHUNKS;
  });
}

interface WantedRun {
  readonly documentId: DocumentId;
  readonly from: number;
  to: number;
  /** Chunks in which passages may begin; the others are surroundings. */
  readonly wanted: Set<number>;
}

/** Candidates of one document that lie close to each other, with their neighbours, read in one go. */
function runsOf(candidates: ReturnType<ChunkIndex["candidates"]>): WantedRun[] {
  const byDocument = new Map<DocumentId, number[]>();
  for (const { documentId, seq } of candidates) {
    const seqs = byDocument.get(documentId);
    if (seqs === undefined) byDocument.set(documentId, [seq]);
    else seqs.push(seq);
  }
  const runs: WantedRun[] = [];
  for (const [documentId, seqs] of byDocument) {
    for (const seq of seqs.sort((a, b) => a - b)) {
      const last = runs.at(-1);
      if (last?.documentId === documentId && seq - NEIGHBOURS <= last.to + 1) {
        last.to = seq + NEIGHBOURS;
        last.wanted.add(seq);
      } else {
        runs.push({ documentId, from: Math.max(0, seq - NEIGHBOURS), to: seq + NEIGHBOURS, wanted: new Set([seq]) });
      }
    }
  }
  return runs;
}

interface WantedChunk {
  readonly run: Run;
  /** In the run. */
  readonly at: number;
  /** Score of its best stretch, before sentences are known. */
  readonly promise: number;
}

function wantedChunks(run: Run, wanted: ReadonlySet<number>, scorer: PassageScorer): WantedChunk[] {
  return run.chunks.flatMap((chunk, at) => {
    if (!wanted.has(chunk.seq)) return [];
    const promise = scorer.promise(run, run.chunkWords[at] ?? 0, run.chunkWords[at + 1] ?? 0);
    return promise > 0 ? [{ run, at, promise }] : [];
  });
}

interface PassageWork {
  readonly scorer: PassageScorer;
  readonly query: SearchQuery;
  readonly windowWords: number;
}

function* passagesOf({ run, at }: WantedChunk, { scorer, query, windowWords }: PassageWork): Generator<Scored> {
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
  const rescore = (first: number, last: number): Scored | null => {
    const [from, to] = [units[first], units[last]];
    if (from === undefined || to === undefined) return null;
    const found = scorer.score(run, { from: from.from, to: to.to, headingTerms });
    const score = found.score * listShare;
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

function holdsPhrases(index: ChunkIndex, { chunk, start, end }: Scored, { phrases }: SearchQuery): boolean {
  if (phrases.length === 0) return true;
  const text = index.text(chunk.documentId, start, end);
  return phrases.every((forms) => holdsPhrase(text, forms));
}

/** Best first, no two that overlap, hidden text after everything that can be seen. */
function choose(scored: Scored[], { limit, perChunk = DEFAULT_PER_CHUNK }: SearchOptions): Scored[] {
  const worseFirst = (a: Scored, b: Scored): number =>
    Number(b.chunk.isHidden) - Number(a.chunk.isHidden) || a.score - b.score || b.start - a.start;
  const waiting = scored.sort(worseFirst);
  const chosen: Scored[] = [];
  const perChunkCount = new Map<string, number>();
  while (chosen.length < limit) {
    const best = waiting.pop();
    if (best === undefined) break;
    const { documentId, seq } = best.chunk;
    const count = perChunkCount.get(`${documentId} ${seq}`) ?? 0;
    if (count >= perChunk) continue;
    const other = chosen.find((passage) => overlaps(passage, best));
    if (other !== undefined) {
      const rest = withoutOverlap(best, other);
      if (rest !== null) insert(waiting, rest, worseFirst);
      continue;
    }
    perChunkCount.set(`${documentId} ${seq}`, count + 1);
    chosen.push(best);
  }
  return chosen;
}

/** The longer end of a passage that a better one leaves free; null when that is too little to read. */
function withoutOverlap(passage: Scored, other: Scored): Scored | null {
  const { units, first, last } = passage;
  let head = first;
  while (head <= last && (units[head]?.end ?? 0) <= other.start) head += 1;
  let tail = last;
  while (tail >= first && (units[tail]?.start ?? 0) >= other.end) tail -= 1;
  const words = (from: number, to: number): number => (from > to ? 0 : (units[to]?.to ?? 0) - (units[from]?.from ?? 0));
  const [before, after] = [words(first, head - 1), words(tail + 1, last)];
  if (Math.max(before, after) < LEAST_WORDS) return null;
  return before > after ? passage.rescore(first, head - 1) : passage.rescore(tail + 1, last);
}

function insert(sorted: Scored[], passage: Scored, order: (a: Scored, b: Scored) => number): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = sorted[middle];
    if (there !== undefined && order(there, passage) < 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, passage);
}

const overlaps = (a: Scored, b: Scored): boolean =>
  a.chunk.documentId === b.chunk.documentId && a.start < b.end && b.start < a.end;

function present(index: ChunkIndex, found: Scored, query: SearchQuery, { idf }: TermStatistics): RankedPassage {
  const { start, end, chunk, score, parts, matched, hits } = found;
  const terms = [...new Set(hits.map(({ term }) => term))].sort((a, b) => (idf[b] ?? 0) - (idf[a] ?? 0));
  const typed = terms.flatMap((term) => {
    const asked = query.terms[term];
    return asked === undefined || asked.isPart ? [] : [asked.typed];
  });
  return {
    documentId: chunk.documentId,
    chunk: chunk.seq,
    start,
    end,
    text: index.text(chunk.documentId, start, end),
    score,
    parts,
    matched,
    words: [...new Set(typed)],
    marks: marksOf(hits, start),
    heading: chunk.heading,
    file: chunk.file,
    isHidden: chunk.isHidden,
    isCode: chunk.isCode,
    retriever: "words",
  };
}

/** Ranges of the passage's text; pairs of characters and parts of compounds that touch become one. */
function marksOf(hits: readonly Hit[], start: number): [number, number][] {
  const ranges = hits.map((hit): [number, number] => [hit.start - start, hit.end - start]).sort((a, b) => a[0] - b[0]);
  const marks: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = marks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else marks.push([from, to]);
  }
  return marks;
}
