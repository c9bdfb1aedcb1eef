/**
 * Chooses sentences: each further one must be worth its words, name something new and not repeat what was chosen.
 * Greedy choice (Lin and Bilmes 2011, "A Class of Submodular Functions for Document Summarization"): worth of the sentence
 * per word, plus the names that it is the first to mention, among sentences that do not resemble a chosen one (maximal
 * marginal relevance: Carbonell and Goldstein 1998). Resemblance is a function of two sentences, so that other vectors can
 * take the place of the terms. Pure. Does not know: where worth and weights come from.
 */
import { termOf, type SentenceTable } from "./sentence-table.ts";

/** How much two sentences say the same, 0 to 1. */
export type Resemblance = (a: number, b: number) => number;

export interface Choice {
  /** Candidates, as numbers of sentences of the table. */
  readonly sentences: readonly number[];
  /** Worth of a candidate's average word. */
  readonly worth: ReadonlyMap<number, number>;
  /** Names by term, with how likely a summary mentions each, 0 to 1. */
  readonly names: ReadonlyMap<number, number>;
  readonly resemblance: Resemblance;
  /** Sentences that resemble a chosen one more than this are not taken. */
  readonly mostResemblance: number;
  /** Sentences are added until so many words or so many lines are there. */
  readonly words: number;
  readonly lines: number;
}

/** Worth of the first mention of a sure name. */
const NAME_WORTH = 0.35;
/** Shorter sentences are weighed as if they had so many words: a bare list of names says nothing. */
const LEAST_WORDS = 8;

/** Numbers of the chosen sentences in the order of the text; at least one when there is a candidate at all. */
export function chooseSentences(table: SentenceTable, choice: Choice): number[] {
  const { worth, names, resemblance, mostResemblance } = choice;
  const mentioned = new Set<number>();
  const score = (sentence: number): number =>
    (worth.get(sentence) ?? 0) +
    (NAME_WORTH * freshNames(table, sentence, names, mentioned)) / Math.max(LEAST_WORDS, table.words.at(sentence));
  const left = new Map(choice.sentences.map((sentence) => [sentence, Infinity]));
  const chosen: number[] = [];
  let words = 0;
  while (chosen.length < choice.lines && words < choice.words) {
    const best = nextBest(left, score);
    if (best === null) break;
    left.delete(best);
    if (chosen.some((other) => resemblance(best, other) > mostResemblance)) continue;
    chosen.push(best);
    words += table.words.at(best);
    for (let at = table.termsFrom(best); at < table.termsFrom(best + 1); at += 1)
      mentioned.add(termOf(table.entries.at(at)));
  }
  return chosen.toSorted((a, b) => a - b);
}

/**
 * The candidate with the highest score. `left` holds the last score of each: scores only fall as more is mentioned, so
 * that few have to be computed again (lazy greedy: Minoux 1978).
 */
function nextBest(left: Map<number, number>, scoreOf: (sentence: number) => number): number | null {
  let best: number | null = null;
  let bestScore = -Infinity;
  for (const [sentence, bound] of left) {
    if (bound <= bestScore) continue;
    const score = scoreOf(sentence);
    left.set(sentence, score);
    if (score <= bestScore) continue;
    best = sentence;
    bestScore = score;
  }
  return best;
}

function freshNames(
  table: SentenceTable,
  sentence: number,
  names: ReadonlyMap<number, number>,
  mentioned: ReadonlySet<number>,
): number {
  let sum = 0;
  for (let at = table.termsFrom(sentence); at < table.termsFrom(sentence + 1); at += 1) {
    const term = termOf(table.entries.at(at));
    if (!mentioned.has(term)) sum += names.get(term) ?? 0;
  }
  return sum;
}

/** Cosine of the terms of two sentences, weighted by importance. */
export function termResemblance(table: SentenceTable, importance: ReadonlyMap<number, number>): Resemblance {
  const weight = (at: number): number => importance.get(termOf(table.entries.at(at))) ?? 0;
  const norm = (sentence: number): number => {
    let sum = 0;
    for (let at = table.termsFrom(sentence); at < table.termsFrom(sentence + 1); at += 1) sum += weight(at) ** 2;
    return Math.sqrt(sum);
  };
  return (a, b) => {
    const held = new Set<number>();
    for (let at = table.termsFrom(a); at < table.termsFrom(a + 1); at += 1) held.add(termOf(table.entries.at(at)));
    let shared = 0;
    for (let at = table.termsFrom(b); at < table.termsFrom(b + 1); at += 1)
      if (held.has(termOf(table.entries.at(at)))) shared += weight(at) ** 2;
    const size = norm(a) * norm(b);
    return size === 0 ? 0 : shared / size;
  };
}
