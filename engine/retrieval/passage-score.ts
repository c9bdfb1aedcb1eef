/**
 * How well a stretch of a run answers a query: BM25 of the stretch and of its surroundings, and what lies beside it.
 * Owns: the formula and its weights. Pure. Does not know: the index, how stretches are chosen.
 *
 * BM25: Robertson et al. 1994 (Okapi at TREC-3), idf as in Lucene: ln(1 + (N - n + .5) / (n + .5)).
 * Three window sizes, 60 / 180 / 500 words at 1 : .5 : .25: shared/design/reader.md, +.051 at 1 over plain BM25.
 */
import type { Hit, Run } from "./passage-text.ts";
import type { QueryTerm, SearchQuery } from "./query.ts";
import type { ScoreParts } from "./types.ts";

export interface ScoreWeights {
  readonly k1: number;
  /** Length normalisation of the passage itself; its length varies with its sentences. */
  readonly b: number;
  readonly middle: number;
  readonly wide: number;
  readonly middleWords: number;
  readonly wideWords: number;
  /** Times the rarer word's idf: two query words side by side as typed / within a few words. */
  readonly adjacent: number;
  readonly close: number;
  readonly closeWords: number;
  /** Share of the score that is lost when all matched words stand at an end of the passage, times two. */
  readonly offCenter: number;
  /** Times idf: term in the contents path or file path, exact form, name with its capital, definition in code. */
  readonly heading: number;
  readonly exact: number;
  readonly name: number;
  readonly definition: number;
}

/** Chosen on bench/retrieval/evidence.ts, where every weight has a wide plateau: @8 moves by less than .01 around these. */
export const WEIGHTS: ScoreWeights = {
  k1: 0.9,
  b: 0.15,
  middle: 0.5,
  wide: 0.25,
  middleWords: 180,
  wideWords: 500,
  adjacent: 0.8,
  close: 0.3,
  closeWords: 6,
  offCenter: 0.2,
  heading: 0.3,
  exact: 0.2,
  name: 0.1,
  definition: 1.0,
};

export interface TermStatistics {
  /** By index of the query's term. */
  readonly idf: readonly number[];
  readonly totalIdf: number;
}

export function statisticsOf(
  query: SearchQuery,
  { chunks, withTerm }: { readonly chunks: number; readonly withTerm: ReadonlyMap<string, number> },
): TermStatistics {
  const idf = query.terms.map(({ term }) => {
    const n = Math.min(chunks, withTerm.get(term) ?? 0);
    return Math.log(1 + (chunks - n + 0.5) / (n + 0.5));
  });
  // Parts say again what their whole says: they do not count towards "how much of the question is here".
  const totalIdf = query.terms.reduce((sum, term, index) => sum + (term.isPart ? 0 : (idf[index] ?? 0)), 0);
  return { idf, totalIdf };
}

export interface Stretch {
  /** Words [from, to) of the run. */
  readonly from: number;
  readonly to: number;
  /** Terms (by index) that occur in its contents path or file path. */
  readonly headingTerms: ReadonlySet<number>;
}

export class PassageScorer {
  readonly #query: SearchQuery;
  readonly #statistics: TermStatistics;
  readonly #weights: ScoreWeights;
  readonly #windowWords: number;
  /** Scratch space: occurrences per term. */
  readonly #counts: Float64Array;

  constructor(query: SearchQuery, statistics: TermStatistics, windowWords: number, weights: ScoreWeights = WEIGHTS) {
    this.#query = query;
    this.#statistics = statistics;
    this.#windowWords = windowWords;
    this.#weights = weights;
    this.#counts = new Float64Array(query.terms.length);
  }

  /** What the best passage of [from, to) may reach: BM25 of all its words as if they stood together. */
  promise(run: Run, from: number, to: number): number {
    const { middle, wide, wideWords } = this.#weights;
    const own = this.#bm25(run.hits, lowerBound(run.hits, from), lowerBound(run.hits, to), to - from, to - from, 0);
    return own === 0 ? 0 : own * (1 + middle) + wide * this.#around(run, (from + to) / 2, wideWords);
  }

  score(
    run: Run,
    { from, to, headingTerms }: Stretch,
  ): { score: number; parts: ScoreParts; matched: number; hits: Hit[] } {
    const { middleWords, wideWords, middle, wide, b } = this.#weights;
    const center = (from + to) / 2;
    const first = lowerBound(run.hits, from);
    const last = lowerBound(run.hits, to);
    const near = this.#bm25(run.hits, first, last, to - from, this.#windowWords, b);
    const matched = this.#matched();
    const hits = run.hits.slice(first, last);
    const parts: ScoreParts = {
      near,
      middle: middle * this.#around(run, center, middleWords),
      wide: wide * this.#around(run, center, wideWords),
      phrase: this.#phrase(hits),
      heading: this.#heading(headingTerms),
      exact: this.#exact(hits),
    };
    const sum = parts.near + parts.middle + parts.wide + parts.phrase + parts.heading + parts.exact;
    return { score: sum * this.#centered(hits, from, to), parts, matched, hits };
  }

  #around(run: Run, center: number, size: number): number {
    const from = Math.max(0, center - size / 2);
    const to = Math.min(run.words, center + size / 2);
    // All windows of this size are equally long but at the ends of a run, where length says nothing: b = 0.
    return this.#bm25(run.hits, lowerBound(run.hits, from), lowerBound(run.hits, to), size, size, 0);
  }

  #bm25(hits: readonly Hit[], first: number, last: number, words: number, average: number, b: number): number {
    const counts = this.#counts.fill(0);
    for (let at = first; at < last; at += 1) {
      const term = hits[at]?.term ?? 0;
      counts[term] = (counts[term] ?? 0) + 1;
    }
    const { k1 } = this.#weights;
    const norm = k1 * (1 - b + (b * words) / average);
    let sum = 0;
    for (const [term, count] of counts.entries())
      if (count > 0) sum += ((this.#statistics.idf[term] ?? 0) * count * (k1 + 1)) / (count + norm);
    return sum;
  }

  /** Reads the counts of the last `#bm25`: share of the query's weight that occurs. */
  #matched(): number {
    const { idf, totalIdf } = this.#statistics;
    let sum = 0;
    for (const [term, count] of this.#counts.entries())
      if (count > 0 && this.#query.terms[term]?.isPart === false) sum += idf[term] ?? 0;
    return totalIdf === 0 ? 0 : Math.min(1, sum / totalIdf);
  }

  /**
   * Windows that hold the same words differ only in what else they hold: the best has text on both sides of them, for
   * the answer may stand before or after. 1 when the words' middle is the window's, less towards its ends.
   */
  #centered(hits: readonly Hit[], from: number, to: number): number {
    let weight = 0;
    let sum = 0;
    for (const { term, position } of hits) {
      const idf = this.#statistics.idf[term] ?? 0;
      weight += idf;
      sum += idf * position;
    }
    if (weight === 0) return 1;
    return 1 - (this.#weights.offCenter * Math.abs(sum / weight - (from + to) / 2)) / Math.max(1, to - from);
  }

  /** Each pair of neighbouring query words once, by its best occurrence. */
  #phrase(hits: readonly Hit[]): number {
    const { adjacent, close, closeWords } = this.#weights;
    const { terms } = this.#query;
    let sum = 0;
    for (let index = 0; index + 1 < terms.length; index += 1) {
      const [left, right] = [terms[index], terms[index + 1]];
      if (left === undefined || right === undefined) continue;
      const typedGap = right.position - left.position;
      const distance = bestDistance(hits, index, index + 1, typedGap);
      const weight = distance === 0 ? adjacent : distance <= closeWords ? close : 0;
      sum += weight * Math.min(this.#statistics.idf[index] ?? 0, this.#statistics.idf[index + 1] ?? 0);
    }
    return sum;
  }

  #heading(terms: ReadonlySet<number>): number {
    let sum = 0;
    for (const term of terms) sum += this.#statistics.idf[term] ?? 0;
    return this.#weights.heading * sum;
  }

  #exact(hits: readonly Hit[]): number {
    const { exact, name, definition } = this.#weights;
    const best = new Map<number, number>();
    for (const hit of hits) {
      const term: QueryTerm | undefined = this.#query.terms[hit.term];
      if (term === undefined) continue;
      const isName = term.isName && hit.isCapital && hit.isExact;
      const worth = (hit.isExact ? exact : 0) + (isName ? name : 0) + (hit.isDefinition ? definition : 0);
      if (worth > (best.get(hit.term) ?? 0)) best.set(hit.term, worth);
    }
    let sum = 0;
    for (const [term, worth] of best) sum += worth * (this.#statistics.idf[term] ?? 0);
    return sum;
  }
}

/** 0: right stands after left at the typed distance. Else words between them, in any order; Infinity when one is absent. */
function bestDistance(hits: readonly Hit[], left: number, right: number, typedGap: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (const a of hits) {
    if (a.term !== left) continue;
    for (const b of hits) {
      if (b.term !== right) continue;
      const gap = b.position - a.position;
      if (gap === typedGap) return 0;
      best = Math.min(best, Math.abs(gap));
    }
  }
  return Math.max(best, 1);
}

function lowerBound(hits: readonly Hit[], position: number): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle]?.position ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
