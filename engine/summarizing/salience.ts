/**
 * Which sentences stand for a part: those that hold its frequent, distinctive words, early or late rather than in the
 * middle, readable alone; each further one must say something new.
 * Sources: frequency with decay of words already covered (SumBasic: Nenkova and Vanderwende 2005), maximal marginal
 * relevance (Carbonell and Goldstein 1998). Ours weighs words by their rarity over the blocks of the whole document.
 * Pure. Does not know: the store, citations.
 */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly words: number;
  /** It stands inside a speech that was opened before it, or is one. */
  readonly isSpeech: boolean;
  /** Begins and ends like a sentence; a page's end cuts some in two. */
  readonly isWhole: boolean;
  /** How much it speaks for its part by where it stands: 1 usually, more for the opening of a README, less for a changelog. */
  readonly standing: number;
  /** Distinct search terms. */
  readonly terms: readonly string[];
  /** Terms written with a capital inside the sentence. */
  readonly names: readonly string[];
}

/** How common each term is over the document's blocks. */
export interface TermStatistics {
  readonly blocks: number;
  readonly blocksWith: ReadonlyMap<string, number>;
}

/** In how many sentences of a part each term stands, and in how many of them as a name. */
export class TermCounts {
  readonly #counts = new Map<string, { all: number; asName: number }>();

  add(candidate: Candidate): void {
    for (const term of candidate.terms) this.#of(term).all += 1;
    for (const term of candidate.names) this.#of(term).asName += 1;
  }

  /** Takes in the counts of a part below. */
  merge(other: TermCounts): void {
    for (const [term, { all, asName }] of other.#counts) {
      const own = this.#of(term);
      own.all += all;
      own.asName += asName;
    }
  }

  entries(): IterableIterator<[string, { readonly all: number; readonly asName: number }]> {
    return this.#counts.entries();
  }

  #of(term: string): { all: number; asName: number } {
    const known = this.#counts.get(term);
    if (known !== undefined) return known;
    const made = { all: 0, asName: 0 };
    this.#counts.set(term, made);
    return made;
  }
}

/** Words of every third block say nothing; words of one in twenty are as good as rarer ones, which are there by chance. */
const LEAST_RARITY = 1.1;
const MOST_RARITY = 2;

/** Weights of the terms of a part: how often they stand in it times how rare they are elsewhere. */
export function termWeights(counts: TermCounts, statistics: TermStatistics): Map<string, number> {
  const weights = new Map<string, number>();
  for (const [term, { all: count, asName }] of counts.entries()) {
    const rarity = Math.log((statistics.blocks + 1) / ((statistics.blocksWith.get(term) ?? 0) + 1));
    const nameBonus = asName * 2 > count ? 1.3 : 1;
    // A term of a single sentence tells nothing about the part.
    weights.set(
      term,
      count < 2 ? 0 : Math.sqrt(count) * Math.min(MOST_RARITY, Math.max(0, rarity - LEAST_RARITY)) * nameBonus,
    );
  }
  return weights;
}

const LEANING =
  /^["“'‘(]*(?:he|she|it|they|this|that|these|those|him|them|such|so|but|and|then|yes|no|there|here|his|her|their)\b/iu;

/** How well a sentence can stand alone, 0 to 1. */
function readability({ text, words, isSpeech, isWhole }: Candidate): number {
  let value = isSpeech ? 0.5 : 1;
  if (!isWhole) value *= 0.2;
  if (words < 8) value *= 0.3;
  else if (words < 12) value *= 0.8;
  if (words > 42) value *= 0.8;
  if (/\?["”’']?$/u.test(text)) value *= 0.5;
  return LEANING.test(text) ? value * 0.75 : value;
}

/** 1.25 at the beginning of a part, 1.1 at its end, 1 in the middle. */
function position(at: number, count: number): number {
  if (count < 4) return 1;
  const where = at / (count - 1);
  return where < 0.12 ? 1.25 - where : where > 0.92 ? 1.1 : 1;
}

/** What a covered word is still worth for the next sentence. */
const DECAY = 0.35;

/** The `count` best candidates in the order of the text; fewer when there are fewer. */
export function chooseSentences(
  candidates: readonly Candidate[],
  weights: ReadonlyMap<string, number>,
  count: number,
): Candidate[] {
  const left = new Map(weights);
  const chosen = new Set<Candidate>();
  while (chosen.size < Math.min(count, candidates.length)) {
    let best: Candidate | null = null;
    let bestScore = -1;
    for (const [at, candidate] of candidates.entries()) {
      if (chosen.has(candidate)) continue;
      const score =
        worth(candidate, left) * readability(candidate) * position(at, candidates.length) * candidate.standing;
      if (score > bestScore) {
        best = candidate;
        bestScore = score;
      }
    }
    if (best === null) break;
    chosen.add(best);
    for (const term of best.terms) left.set(term, (left.get(term) ?? 0) * DECAY);
  }
  return [...chosen].toSorted((a, b) => a.start - b.start);
}

/** Mean-like: long sentences do not win by length alone. */
function worth(candidate: Candidate, weights: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const term of candidate.terms) total += weights.get(term) ?? 0;
  return total / Math.max(6, candidate.terms.length) ** 0.75;
}
