/**
 * Which terms of a stretch of text a summary of it would name: a logistic regression over what can be counted
 * (word importance: Hong and Nenkova 2014, "Improving the Estimation of Word Importance for News Multi-Document
 * Summarization"). Its few weights were fitted by bench/evaluate/summaries/fit.ts on summaries by people.
 * Owns: the counts of a stretch, the features of a term. Pure. Does not know: sentences' worth, parts.
 */
import { breathe } from "../base/abort.ts";
import { commonness } from "./background.ts";
import { FIRST, isNameEntry, SPEECH, termOf, type SentenceTable } from "./sentence-table.ts";

/** What is counted of one term in sentences [from, to). */
export interface TermCount {
  readonly id: number;
  /** Sentences that hold it; in how many of them as a name, as part of a paragraph's first sentence, inside a speech. */
  all: number;
  named: number;
  leads: number;
  spoken: number;
  /** First and last sentence that holds it, relative to the stretch. */
  readonly first: number;
  last: number;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly words: number;
  readonly counts: ReadonlyMap<number, TermCount>;
  readonly headingTerms: ReadonlySet<number>;
}

/** After so many sentences other work gets its turn. */
const SLICE = 10_000;

/** Counts the terms of sentences [from, to). */
export async function countTerms(table: SentenceTable, from: number, to: number): Promise<Stretch> {
  const counts = new Map<number, TermCount>();
  let words = 0;
  for (let sentence = from; sentence < to; sentence += 1) {
    if ((sentence - from) % SLICE === SLICE - 1) await breathe();
    words += table.words.at(sentence);
    const leads = table.has(sentence, FIRST) ? 1 : 0;
    const spoken = table.has(sentence, SPEECH) ? 1 : 0;
    const end = table.termsFrom(sentence + 1);
    for (let at = table.termsFrom(sentence); at < end; at += 1) {
      const entry = table.entries.at(at);
      const id = termOf(entry);
      const named = isNameEntry(entry) ? 1 : 0;
      const known = counts.get(id);
      if (known === undefined) {
        counts.set(id, { id, all: 1, named, leads, spoken, first: sentence - from, last: sentence - from });
        continue;
      }
      known.all += 1;
      known.named += named;
      known.leads += leads;
      known.spoken += spoken;
      known.last = sentence - from;
    }
  }
  return { from, to, words, counts, headingTerms: table.headingTerms(from, to) };
}

export const TERM_FEATURES = [
  "bias",
  "count",
  "count squared",
  "share of sentences",
  "bits",
  "rarer than here",
  "named",
  "named and frequent",
  "leads",
  "spoken",
  "in a heading",
  "first",
  "spread",
  "length of text",
  "length of word",
] as const;

/** One number for each of TERM_FEATURES, all of about the size of 1. */
export function termFeatures(table: SentenceTable, stretch: Stretch, count: TermCount): number[] {
  const sentences = stretch.to - stretch.from;
  const term = table.term(count.id);
  const bits = commonness(term);
  const frequency = Math.log2(1 + count.all);
  const named = count.named / count.all;
  return [
    1,
    frequency / 4,
    (frequency / 4) ** 2,
    Math.sqrt(count.all / sentences),
    bits / 16,
    (bits + Math.log2(count.all / Math.max(1, stretch.words))) / 8,
    named,
    (named * frequency) / 4,
    count.leads / count.all,
    count.spoken / count.all,
    stretch.headingTerms.has(count.id) ? 1 : 0,
    Math.log2(1 + count.first) / 8,
    (count.last - count.first) / sentences,
    Math.log2(1 + sentences) / 8,
    Math.min(12, term.length) / 8,
  ];
}

/** How likely a summary names each term of the stretch, 0 to 1. */
export function termImportance(
  table: SentenceTable,
  stretch: Stretch,
  weights: readonly number[],
): Map<number, number> {
  const importance = new Map<number, number>();
  for (const count of stretch.counts.values())
    importance.set(count.id, logistic(dot(weights, termFeatures(table, stretch, count))));
  return importance;
}

export const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
