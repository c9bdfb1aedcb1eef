/**
 * Search over the words of chunks: some hundred chunks by SQL's BM25, then passages of at most 60 words inside them,
 * ranked with their surroundings. Borders are those of sentences, or of lines in code.
 * Owns: the steps. Does not know: SQL (ChunkIndex), measures (features.ts), weights, the choice among passages.
 */
import { throwIfCancelled } from "../base/abort.ts";
import type { DocumentId } from "../protocol/dto.ts";
import { choose } from "./choose.ts";
import { expectation } from "./expects.ts";
import {
  FEATURE_SETTINGS,
  FeatureReader,
  statisticsOf,
  type FeatureSettings,
  type TermStatistics,
} from "./features.ts";
import { withFeedback, type FeedbackSettings } from "./feedback.ts";
import { holdsPhrase, readRun, type Hit } from "./passage-text.ts";
import { passagesOf, wantedChunks, type Scored, type WantedChunk } from "./passages.ts";
import { readQuery, type SearchQuery } from "./query.ts";
import { withVariants, type VariantSettings } from "./variants.ts";
import { partsOf, WEIGHTS, type ScoreWeights } from "./weights.ts";
import type { ChunkIndex, RankedPassage, Retriever, SearchOptions } from "./types.ts";

const DEFAULT_WINDOW_WORDS = 60;
/** Chunks that SQL may have to score: a few milliseconds per thousand. */
const MOST_SCORED_CHUNKS = 10_000;
/** Chunks on each side that are read for the windows of 180 and 500 words. */
const NEIGHBOURS = 1;

export interface RetrieverSettings {
  readonly weights: ScoreWeights;
  readonly features: FeatureSettings;
  /** Chunks that SQL's BM25 proposes, and how many of them are taken apart into sentences. */
  readonly candidates: number;
  readonly closelyRead: number;
  readonly variants: VariantSettings;
  /** Words of the best passages asked for too; null: not. */
  readonly feedback: FeedbackSettings | null;
}

/** Derived words and feedback add nothing that bench/retrieval/ablation.ts can see, so they are off. */
export const SETTINGS: RetrieverSettings = {
  weights: WEIGHTS,
  features: FEATURE_SETTINGS,
  candidates: 100,
  closelyRead: 40,
  variants: { numbers: true, families: true, derived: false, typos: true },
  feedback: null,
};

/** `settings` only for experiments (bench/retrieval). */
export function createRetriever(index: ChunkIndex, settings: Partial<RetrieverSettings> = {}): Retriever {
  const all = { ...SETTINGS, ...settings };
  return {
    search: (query, scope, options) => search({ index, settings: all, scope, options }, query),
    scanChunks: (scope) => index.scan(scope),
  };
}

interface Search {
  readonly index: ChunkIndex;
  readonly settings: RetrieverSettings;
  readonly scope: readonly DocumentId[];
  readonly options: SearchOptions;
}

function search(asked: Search, text: string): RankedPassage[] {
  const { index, settings, scope } = asked;
  const read = readQuery(text);
  if (read.terms.length === 0) return [];
  const widened = widen(read, index, scope, settings.variants);
  const expects = expectation(text);
  const found = rank(asked, widened, expects);
  const { feedback } = settings;
  if (feedback === null || found.length === 0) return found;
  const query = withFeedback(widened.query, found, feedback);
  return rank(asked, counted(query, index, scope), expects);
}

/** Candidates by SQL, passages in the best of them, the choice. */
function rank(
  { index, settings, scope, options }: Search,
  { query, terms, frequencies }: WidenedQuery,
  expects: ((sentence: string) => number) | null,
): RankedPassage[] {
  const limit = Math.max(settings.candidates, options.limit * 2);
  const candidates = index.candidates({ terms: rareTerms(terms, frequencies.withTerm), scope, limit });
  if (candidates.length === 0) return [];
  const statistics = statisticsOf(query, frequencies);
  const windowWords = options.windowWords ?? DEFAULT_WINDOW_WORDS;
  const reader = new FeatureReader(query, statistics, windowWords, settings.features);
  const work = { reader, query, windowWords, weights: settings.weights, expects };
  const chunks: WantedChunk[] = [];
  for (const { documentId, from, to, wanted } of runsOf(candidates)) {
    if (options.signal !== undefined) throwIfCancelled(options.signal);
    const run = readRun(index.read(documentId, from, to), query);
    chunks.push(...wantedChunks(run, wanted, work));
  }
  // Sentences are found only where a passage can still be among the best.
  chunks.sort((a, b) => b.promise - a.promise);
  const scored: Scored[] = [];
  for (const chunk of chunks.slice(0, Math.max(settings.closelyRead, options.limit * 2))) {
    for (const passage of passagesOf(chunk, work)) if (holdsPhrases(index, passage, query)) scored.push(passage);
  }
  const presentation = { index, query, statistics, weights: settings.weights };
  return choose(scored, options).map((passage) => present(passage, presentation));
}

interface WidenedQuery {
  readonly query: SearchQuery;
  /** With alternates. */
  readonly terms: readonly string[];
  readonly frequencies: ReturnType<ChunkIndex["frequencies"]>;
}

/** The query with the alternates that occur in the scope, and how often everything does. */
function widen(
  read: SearchQuery,
  index: ChunkIndex,
  scope: readonly DocumentId[],
  variants: VariantSettings,
): WidenedQuery {
  const asked = read.terms.map(({ term }) => term);
  const own = index.frequencies(asked, scope);
  const occurs = (term: string): boolean => (own.withTerm.get(term) ?? 0) > 0;
  const query = withVariants(read, index, occurs, variants);
  const added = query.terms.flatMap(({ alternates }) => alternates);
  if (added.length === 0) return { query, terms: asked, frequencies: own };
  const others = index.frequencies(added, scope);
  const withTerm = new Map([...own.withTerm, ...others.withTerm]);
  return { query, terms: [...asked, ...added], frequencies: { ...own, withTerm } };
}

/** As it stands: nothing is widened. */
function counted(query: SearchQuery, index: ChunkIndex, scope: readonly DocumentId[]): WidenedQuery {
  const terms = query.terms.flatMap(({ term, alternates }) => [term, ...alternates]);
  return { query, terms, frequencies: index.frequencies(terms, scope) };
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

function holdsPhrases(index: ChunkIndex, { chunk, start, end }: Scored, { phrases }: SearchQuery): boolean {
  if (phrases.length === 0) return true;
  const text = index.text(chunk.documentId, start, end);
  return phrases.every((forms) => holdsPhrase(text, forms));
}

interface Presentation {
  readonly index: ChunkIndex;
  readonly query: SearchQuery;
  readonly statistics: TermStatistics;
  readonly weights: ScoreWeights;
}

function present(found: Scored, { index, query, statistics, weights }: Presentation): RankedPassage {
  const { start, end, chunk, score, features, matched } = found;
  // Words that feedback added were not asked for.
  const hits = found.hits.filter(({ term }) => !(query.terms[term]?.isFeedback ?? true));
  const { idf } = statistics;
  const terms = [...new Set(hits.map(({ term }) => term))].sort((a, b) => (idf[b] ?? 0) - (idf[a] ?? 0));
  const asked = terms.flatMap((term) => query.terms[term] ?? []);
  // A part says again what its whole says; where only parts of compounds were found, they are the reason.
  const wholes = asked.filter(({ isPart }) => !isPart);
  const typed = (wholes.length > 0 ? wholes : asked).map((term) => term.typed);
  return {
    documentId: chunk.documentId,
    chunk: chunk.seq,
    start,
    end,
    text: index.text(chunk.documentId, start, end),
    score,
    parts: partsOf(features, weights),
    features,
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
