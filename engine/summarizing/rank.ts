/**
 * The sentences of a stretch that stand for it: importance of its terms, worth of its sentences, then the choice.
 * Owns: how these are put together, and what a reader would stumble over. Pure but for its slices. Does not know: the
 * tree of parts, citations.
 */
import { dot, countTerms, termImportance, type Stretch } from "./importance.ts";
import { BROKEN, LEANING, QUESTION, SPEECH, type SentenceTable } from "./sentence-table.ts";
import { chooseSentences, termResemblance } from "./choose.ts";
import type { TextKind } from "./text-kind.ts";
import { WEIGHTS } from "./weights.ts";
import { SentenceWorth } from "./worth.ts";

export interface StretchWeights {
  /** By TERM_FEATURES. */
  readonly terms: readonly number[];
  /** By SENTENCE_FEATURES. */
  readonly sentences: readonly number[];
}

/** In stories the same few names stand in most sentences. */
const MOST_RESEMBLANCE: Readonly<Record<TextKind, number>> = { talk: 0.8, story: 0.7, exposition: 0.8 };

/** Only so many of the best candidates take part in the choice. */
export const MOST_CANDIDATES = 2_000;

export interface RankedStretch {
  /** The candidates by falling worth, MOST_CANDIDATES at most. */
  readonly best: readonly number[];
  /** Chosen sentences in the order of the text, until `words` or `lines` are reached. */
  choose(words: number, lines: number): number[];
}

/** `candidates`: some of the sentences of [from, to); all of [from, to) are counted. */
export async function rankStretch(
  table: SentenceTable,
  { from, to }: { readonly from: number; readonly to: number },
  candidates: readonly number[],
  kind: TextKind,
): Promise<RankedStretch> {
  const stretch = await countTerms(table, from, to);
  const importance = termImportance(table, stretch, WEIGHTS[kind].terms);
  const features = new SentenceWorth(table, stretch, importance);
  const worth = new Map<number, number>();
  for (const sentence of candidates) {
    const value = Math.max(0.001, dot(WEIGHTS[kind].sentences, features.features(sentence)));
    worth.set(sentence, value * readability(table, sentence, kind) * table.standing(sentence));
  }
  const best = candidates
    .toSorted((a, b) => (worth.get(b) ?? 0) - (worth.get(a) ?? 0) || a - b)
    .slice(0, MOST_CANDIDATES);
  return {
    best,
    choose: (words, lines) =>
      chooseSentences(table, {
        sentences: best,
        worth,
        names: namesOf(stretch, importance),
        resemblance: termResemblance(table, importance),
        mostResemblance: MOST_RESEMBLANCE[kind],
        words,
        lines,
      }),
  };
}

/** Terms that are written as names in at least half of their sentences, and stand in two. */
function namesOf(stretch: Stretch, importance: ReadonlyMap<number, number>): Map<number, number> {
  const names = new Map<number, number>();
  for (const { id, all, named } of stretch.counts.values())
    if (named > 1 && named * 2 >= all) names.set(id, importance.get(id) ?? 0);
  return names;
}

/** Measures of overlap do not mind half sentences, questions, "he" and talk in a story; readers do. 0 to 1. */
function readability(table: SentenceTable, sentence: number, kind: TextKind): number {
  const words = table.words.at(sentence);
  return (
    (table.has(sentence, BROKEN) ? 0.75 : 1) *
    (table.has(sentence, QUESTION) ? 0.8 : 1) *
    (kind === "story" && table.has(sentence, SPEECH) ? 0.75 : 1) *
    (table.has(sentence, LEANING) ? 0.97 : 1) *
    (words < 6 ? 0.6 : 1)
  );
}
