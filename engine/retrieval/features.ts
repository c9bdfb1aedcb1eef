/**
 * What is measured of a stretch of a run for a query, each in units of idf (nats), so that a weighted sum is a score:
 * BM25 of the stretch and of its surroundings, what share of the question is there, what stands side by side.
 * Owns: the measures. Pure. Does not know: their weights (weights.ts), the index, how stretches are chosen.
 *
 * BM25: Robertson et al. 1994 (Okapi at TREC-3), idf as in Lucene: ln(1 + (N - n + .5) / (n + .5)).
 */
import type { Hit, Run } from "./passage-text.ts";
import type { QueryTerm, SearchQuery } from "./query.ts";

/**
 * near, middle, wide: BM25 of the passage, of 180 and of 500 words around it. sentence: of its best sentence.
 * coverage, middleCoverage: idf of the query's words that occur, however often, in the passage and in 180 words.
 * adjacent, close: neighbouring query words side by side as typed, or within a few words; by the rarer word's idf.
 * heading: in the contents path or the file's path. exact, definition: the form as typed; the place that
 * defines the name (code). kind: holds the kind of thing asked for. asks: is itself a question.
 * feedback, feedbackMiddle: BM25 of the words that feedback added (off unless asked for).
 */
export const FEATURES = [
  "near",
  "sentence",
  "coverage",
  "middle",
  "middleCoverage",
  "wide",
  "adjacent",
  "close",
  "heading",
  "exact",
  "definition",
  "kind",
  "asks",
  "feedback",
  "feedbackMiddle",
] as const;
export type Feature = (typeof FEATURES)[number];
export type PassageFeatures = Readonly<Record<Feature, number>>;

export interface FeatureSettings {
  readonly k1: number;
  /** Length normalisation of the passage itself; its length varies with its sentences. */
  readonly b: number;
  readonly middleWords: number;
  readonly wideWords: number;
  readonly closeWords: number;
}

export const FEATURE_SETTINGS: FeatureSettings = { k1: 0.9, b: 0.15, middleWords: 180, wideWords: 500, closeWords: 6 };

export interface TermStatistics {
  /** By index of the query's term, times its weight. */
  readonly idf: readonly number[];
  readonly totalIdf: number;
}

export function statisticsOf(
  query: SearchQuery,
  { chunks, withTerm }: { readonly chunks: number; readonly withTerm: ReadonlyMap<string, number> },
): TermStatistics {
  const idf = query.terms.map(({ term, alternates, weight }) => {
    const all = [term, ...alternates].reduce((sum, form) => sum + (withTerm.get(form) ?? 0), 0);
    const n = Math.min(chunks, all);
    return weight * Math.log(1 + (chunks - n + 0.5) / (n + 0.5));
  });
  // Parts say again what their whole says: they do not count towards "how much of the question is here".
  const totalIdf = query.terms.reduce((sum, term, index) => sum + (counts(term) ? (idf[index] ?? 0) : 0), 0);
  return { idf, totalIdf };
}

const counts = (term: QueryTerm | undefined): boolean => term !== undefined && !term.isPart && !term.isFeedback;

export interface Stretch {
  /** Words [from, to) of the run. */
  readonly from: number;
  readonly to: number;
  /** Words [low, high) of its file, as far as the run holds it: the surroundings do not reach beyond. */
  readonly low: number;
  readonly high: number;
  /** Terms (by index) that occur in its contents path or file path. */
  readonly headingTerms: ReadonlySet<number>;
  /** Best sentence's BM25; does it hold the kind of thing that was asked for; is it a question. All 0..1 but the first. */
  readonly sentence: number;
  readonly kind: number;
  readonly asks: number;
}

export interface MeasuredStretch {
  readonly features: PassageFeatures;
  /** Share (0..1) of the query's weight that occurs. */
  readonly matched: number;
  readonly hits: readonly Hit[];
}

interface Sum {
  /** BM25 of the query's own words. */
  readonly own: number;
  readonly feedback: number;
  readonly coverage: number;
}

export class FeatureReader {
  readonly #query: SearchQuery;
  readonly #statistics: TermStatistics;
  readonly #settings: FeatureSettings;
  readonly #windowWords: number;
  /** Scratch space: occurrences per term. */
  readonly #counts: Float64Array;

  constructor(query: SearchQuery, statistics: TermStatistics, windowWords: number, settings = FEATURE_SETTINGS) {
    this.#query = query;
    this.#statistics = statistics;
    this.#windowWords = windowWords;
    this.#settings = settings;
    this.#counts = new Float64Array(query.terms.length);
  }

  /** BM25 of words [from, to) whatever their number, and of the 500 words around their middle. */
  rough(run: Run, stretch: Pick<Stretch, "from" | "to" | "low" | "high">): { own: number; wide: number } {
    const { own } = this.#sum(run, stretch.from, stretch.to, 1);
    return { own, wide: own === 0 ? 0 : this.#around(run, stretch, this.#settings.wideWords).own };
  }

  /** BM25 of one sentence. */
  sentence(run: Run, from: number, to: number): number {
    return this.#sum(run, from, to, 1).own;
  }

  measure(run: Run, stretch: Stretch): MeasuredStretch {
    const { from, to } = stretch;
    const { b, middleWords, wideWords } = this.#settings;
    const { totalIdf } = this.#statistics;
    const near = this.#sum(run, from, to, 1 - b + (b * (to - from)) / this.#windowWords);
    const hits = run.hits.slice(lowerBound(run.hits, from), lowerBound(run.hits, to));
    const middle = this.#around(run, stretch, middleWords);
    const features = {
      near: near.own,
      sentence: stretch.sentence,
      coverage: near.coverage,
      middle: middle.own,
      middleCoverage: middle.coverage,
      wide: this.#around(run, stretch, wideWords).own,
      ...this.#phrase(hits),
      heading: this.#heading(stretch.headingTerms),
      ...this.#exact(hits),
      kind: stretch.kind * totalIdf,
      asks: stretch.asks * totalIdf,
      feedback: near.feedback,
      feedbackMiddle: middle.feedback,
    };
    return { features, matched: totalIdf === 0 ? 0 : Math.min(1, near.coverage / totalIdf), hits };
  }

  #around(run: Run, { from, to, low, high }: Pick<Stretch, "from" | "to" | "low" | "high">, size: number): Sum {
    const center = (from + to) / 2;
    // All windows of this size are equally long but at the ends of a run, where length says nothing.
    return this.#sum(run, Math.max(low, center - size / 2), Math.min(high, center + size / 2), 1);
  }

  #sum({ hits }: Run, from: number, to: number, length: number): Sum {
    const found = this.#counts.fill(0);
    const last = lowerBound(hits, to);
    for (let at = lowerBound(hits, from); at < last; at += 1) {
      const hit = hits[at];
      if (hit !== undefined) found[hit.term] = (found[hit.term] ?? 0) + hit.weight;
    }
    const { k1 } = this.#settings;
    const { terms } = this.#query;
    let [own, feedback, coverage] = [0, 0, 0];
    for (let term = 0; term < found.length; term += 1) {
      const count = found[term] ?? 0;
      if (count === 0) continue;
      const idf = this.#statistics.idf[term] ?? 0;
      const worth = (idf * count * (k1 + 1)) / (count + k1 * length);
      const asked = terms[term];
      if (asked?.isFeedback ?? false) feedback += worth;
      else own += worth;
      if (counts(asked)) coverage += idf * Math.min(1, count);
    }
    return { own, feedback, coverage };
  }

  /** Each pair of neighbouring query words once, by its best occurrence. */
  #phrase(hits: readonly Hit[]): { adjacent: number; close: number } {
    const { terms } = this.#query;
    const found = { adjacent: 0, close: 0 };
    for (let index = 0; index + 1 < terms.length; index += 1) {
      const [left, right] = [terms[index], terms[index + 1]];
      if (left === undefined || right === undefined || right.isFeedback) continue;
      const distance = bestDistance(hits, index, index + 1, right.position - left.position);
      const rarer = Math.min(this.#statistics.idf[index] ?? 0, this.#statistics.idf[index + 1] ?? 0);
      if (distance === 0) found.adjacent += rarer;
      else if (distance <= this.#settings.closeWords) found.close += rarer;
    }
    return found;
  }

  #heading(terms: ReadonlySet<number>): number {
    let sum = 0;
    for (const term of terms) sum += this.#statistics.idf[term] ?? 0;
    return sum;
  }

  #exact(hits: readonly Hit[]): { exact: number; definition: number } {
    const exact = new Set<number>();
    const defined = new Set<number>();
    for (const { term, isExact, isDefinition } of hits) {
      if (this.#query.terms[term]?.isFeedback ?? false) continue;
      if (isExact) exact.add(term);
      if (isDefinition) defined.add(term);
    }
    const sum = (terms: ReadonlySet<number>): number =>
      [...terms].reduce((total, term) => total + (this.#statistics.idf[term] ?? 0), 0);
    return { exact: sum(exact), definition: sum(defined) };
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
