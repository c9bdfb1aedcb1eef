/**
 * How much of a summary by a person stands in a sentence's average word: a linear regression over what can be seen of the
 * sentence. Its weights were fitted by bench/evaluate/summaries/fit.ts. Owns: the features. Pure. Does not know: which
 * sentences were chosen already.
 */
import type { Stretch } from "./importance.ts";
import {
  AFTER_HEADING,
  BROKEN,
  CUE,
  FILLER,
  FIRST,
  HAS_NUMBER,
  isNameEntry,
  LEANING,
  PERSONAL,
  QUESTION,
  SPEECH,
  termOf,
  TURN,
  type SentenceTable,
} from "./sentence-table.ts";

export const SENTENCE_FEATURES = [
  "bias",
  "importance per word",
  "importance per term",
  "importance",
  "importance, relative",
  "best term",
  "count per term",
  "links",
  "links per word",
  "importance before",
  "importance after",
  "names",
  "importance of names",
  "beginning",
  "first tenth",
  "last tenth",
  "place",
  "words",
  "words squared",
  "short",
  "long",
  "first of paragraph",
  "after a heading",
  "speech",
  "broken",
  "turn",
  "question",
  "leaning",
  "number",
  "personal",
  "cue",
  "filler",
] as const;

/** The flags behind the last eleven features, in their order. */
const FLAGS = [FIRST, AFTER_HEADING, SPEECH, BROKEN, TURN, QUESTION, LEANING, HAS_NUMBER, PERSONAL, CUE, FILLER];

/** Sums over the terms of one sentence. */
interface Sums {
  readonly terms: number;
  readonly importance: number;
  readonly best: number;
  /** Sentences of the stretch that hold the sentence's terms. */
  readonly held: number;
  readonly names: number;
  readonly ofNames: number;
}

/** Means are taken over about so many sentences at most, evenly spread. */
const MEANS_OF = 10_000;

/** Sentences of a stretch against its terms' importance. */
export class SentenceWorth {
  readonly #table: SentenceTable;
  readonly #stretch: Stretch;
  readonly #importance: ReadonlyMap<number, number>;
  readonly #meanLinks: number;
  readonly #meanImportance: number;

  constructor(table: SentenceTable, stretch: Stretch, importance: ReadonlyMap<number, number>) {
    this.#table = table;
    this.#stretch = stretch;
    this.#importance = importance;
    let links = 0;
    let sum = 0;
    const step = Math.max(1, Math.floor((stretch.to - stretch.from) / MEANS_OF));
    for (let sentence = stretch.from; sentence < stretch.to; sentence += step) {
      const sums = this.#sums(sentence);
      links += linksOf(sums);
      sum += sums.importance;
    }
    const sentences = Math.max(1, Math.ceil((stretch.to - stretch.from) / step));
    this.#meanLinks = Math.max(1e-6, links / sentences);
    this.#meanImportance = Math.max(1e-6, sum / sentences);
  }

  /** One number for each of SENTENCE_FEATURES, all of about the size of 1. */
  features(sentence: number): number[] {
    const { from, to } = this.#stretch;
    const sums = this.#sums(sentence);
    const words = Math.max(1, this.#table.words.at(sentence));
    const terms = Math.max(4, sums.terms);
    const links = linksOf(sums) / this.#meanLinks;
    const place = sentence - from;
    const tenth = (to - from) * 0.1;
    return [
      1,
      sums.importance / words,
      sums.importance / terms,
      sums.importance / 4,
      Math.min(4, sums.importance / this.#meanImportance) / 2,
      sums.best,
      sums.held / terms / Math.sqrt(to - from),
      Math.min(4, links) / 2,
      Math.min(4, (links * 20) / words) / 2,
      this.#perTerm(sentence - 1),
      this.#perTerm(sentence + 1),
      sums.names / words,
      sums.ofNames / words,
      1 / (1 + place),
      Math.max(0, 1 - place / tenth),
      Math.max(0, (place - tenth * 9) / tenth),
      place / (to - from),
      words / 30,
      (words / 30) ** 2,
      Math.max(0, 8 - words) / 8,
      Math.max(0, words - 35) / 25,
      ...FLAGS.map((flag) => (this.#table.has(sentence, flag) ? 1 : 0)),
    ];
  }

  #perTerm(sentence: number): number {
    if (sentence < this.#stretch.from || sentence >= this.#stretch.to) return 0;
    const { importance, terms } = this.#sums(sentence);
    return importance / Math.max(4, terms);
  }

  #sums(sentence: number): Sums {
    const from = this.#table.termsFrom(sentence);
    const end = this.#table.termsFrom(sentence + 1);
    let importance = 0;
    let best = 0;
    let held = 0;
    let names = 0;
    let ofNames = 0;
    for (let at = from; at < end; at += 1) {
      const entry = this.#table.entries.at(at);
      const value = this.#importance.get(termOf(entry)) ?? 0;
      importance += value;
      best = Math.max(best, value);
      held += this.#stretch.counts.get(termOf(entry))?.all ?? 1;
      if (!isNameEntry(entry)) continue;
      names += 1;
      ofNames += value;
    }
    return { terms: end - from, importance, best, held, names, ofNames };
  }
}

/** Links to other sentences through shared terms, per log of its length, as in TextRank: a sum instead of a walk. */
const linksOf = ({ held, terms }: Sums): number => (held - terms) / Math.log2(2 + terms);
