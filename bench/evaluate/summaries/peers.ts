/**
 * What a summary is measured against: the first sentences, sentences by chance, TextRank, LexRank. All choose among the
 * same sentences as Longleaf does. Owns: these systems as published. Does not know: Longleaf's own choice, scores.
 */
import { countWords, tokenizeForSearch } from "../../../engine/retrieval/search-tokenizer.ts";
import { isFunctionWord } from "../../../engine/summarizing/background.ts";

/** Sentences in order of preference to those that fill `words`, in the order of the text. The last may pass the budget. */
export function fill(sentences: readonly string[], order: readonly number[], words: number): string {
  const chosen: number[] = [];
  let count = 0;
  for (const at of order) {
    if (count >= words) break;
    chosen.push(at);
    count += countWords(sentences[at] ?? "");
  }
  return chosen
    .toSorted((a, b) => a - b)
    .map((at) => sentences[at] ?? "")
    .join(" ");
}

export const leadThree = (sentences: readonly string[]): string => sentences.slice(0, 3).join(" ");

export const lead = (sentences: readonly string[], words: number): string =>
  fill(sentences, [...sentences.keys()], words);

/** Seeded: the same seed draws the same sentences (mulberry32). */
export function random(sentences: readonly string[], words: number, seed: number): string {
  const next = randomNumbers(seed);
  const keys = sentences.map((_, at) => ({ at, key: next() })).toSorted((a, b) => a.key - b.key);
  return fill(
    sentences,
    keys.map(({ at }) => at),
    words,
  );
}

export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Links = readonly (readonly { readonly to: number; readonly weight: number }[])[];

/** Mihalcea and Tarau 2004: PageRank over sentences linked by shared words, divided by the logs of their lengths. */
export function textRank(sentences: readonly string[], words: number): string {
  const terms = sentences.map(contentTerms);
  const links = linksOf(terms, (shared, a, b) => {
    const size = Math.log((terms[a]?.length ?? 0) + 1) + Math.log((terms[b]?.length ?? 0) + 1);
    return size === 0 ? 0 : shared.length / size;
  });
  return fill(sentences, bestFirst(pageRank(links)), words);
}

/** Erkan and Radev 2004, continuous form: PageRank over sentences linked by the cosine of their tf-idf vectors above 0.1. */
export function lexRank(sentences: readonly string[], words: number): string {
  const terms = sentences.map(contentTerms);
  const having = new Map<string, number>();
  for (const list of terms) for (const term of list) having.set(term, (having.get(term) ?? 0) + 1);
  const idf = (term: string): number => Math.log((sentences.length + 1) / (having.get(term) ?? 1));
  const norms = terms.map((list) => Math.sqrt(list.reduce((sum, term) => sum + idf(term) ** 2, 0)));
  const links = linksOf(terms, (shared, a, b) => {
    const size = (norms[a] ?? 0) * (norms[b] ?? 0);
    const cosine = size === 0 ? 0 : shared.reduce((sum, term) => sum + idf(term) ** 2, 0) / size;
    return cosine > 0.1 ? cosine : 0;
  });
  return fill(sentences, bestFirst(pageRank(links)), words);
}

/** Distinct stems without function words. */
function contentTerms(sentence: string): string[] {
  const tokens = tokenizeForSearch(sentence).filter(
    ({ kind, form, term }) => kind !== "whole" && !isFunctionWord(form, term),
  );
  return [...new Set(tokens.map(({ term }) => term))];
}

function linksOf(
  terms: readonly (readonly string[])[],
  weigh: (shared: readonly string[], a: number, b: number) => number,
): Links {
  const holders = new Map<string, number[]>();
  const links = terms.map((): { to: number; weight: number }[] => []);
  terms.forEach((list, at) => {
    const shared = new Map<number, string[]>();
    for (const term of list) {
      const known = holders.get(term) ?? [];
      for (const other of known) {
        const both = shared.get(other);
        if (both === undefined) shared.set(other, [term]);
        else both.push(term);
      }
      known.push(at);
      holders.set(term, known);
    }
    for (const [other, both] of shared) {
      const weight = weigh(both, at, other);
      if (weight === 0) continue;
      links[at]?.push({ to: other, weight });
      links[other]?.push({ to: at, weight });
    }
  });
  return links;
}

const DAMPING = 0.85;
const ROUNDS = 40;

function pageRank(links: Links): number[] {
  const sums = links.map((list) => list.reduce((sum, { weight }) => sum + weight, 0));
  let ranks = links.map(() => 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    ranks = links.map((list) => {
      let rank = 0;
      for (const { to, weight } of list) rank += ((ranks[to] ?? 0) * weight) / (sums[to] ?? 1);
      return 1 - DAMPING + DAMPING * rank;
    });
  }
  return ranks;
}

const bestFirst = (scores: readonly number[]): number[] =>
  [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
