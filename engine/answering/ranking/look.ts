/**
 * What stands around a passage that search found: its sentences, which words of the question they hold, and the stretch
 * that the reader gets to see. Owns: how far around a passage one looks.
 * Does not know: scores, readers.
 */
import { visitTokens } from "../../retrieval/search-tokenizer.ts";
import type { RankedPassage } from "../../retrieval/types.ts";
import type { AnswerSources } from "../types.ts";
import { unitsOf } from "../windows.ts";
import type { Unit } from "../windows.ts";
import type { Rarity } from "./rarity.ts";

/** Characters around a passage in which its neighbours are looked for. */
const AROUND = 700;
/** Words that the reader sees: sentences beside the passage join while there is room. It was trained on 40 to 120. */
const READ_WORDS = 90;

export interface Look {
  readonly passage: RankedPassage;
  /** Sentences (or lines of code) of the passage and around it, absolute offsets. */
  readonly units: readonly Unit[];
  /** Terms of the question in each unit. */
  readonly terms: readonly ReadonlySet<string>[];
  /** Nothing is quoted outside [low, high): another file. */
  readonly low: number;
  readonly high: number;
  /** What the reader reads: whole units. */
  readonly context: { readonly start: number; readonly text: string };
}

export function lookAround(passage: RankedPassage, rarity: Rarity, texts: AnswerSources["texts"]): Look {
  const { low, high } = boundsOf(passage, texts);
  const base = Math.max(low, passage.start - AROUND);
  const text = texts.text(passage.documentId, base, Math.min(high, passage.end + AROUND));
  const units = unitsOf(text, base, passage.isCode);
  const { start, end } = readStretch(passage, units);
  return {
    passage,
    units,
    terms: units.map((unit) => termsIn(unit.text, rarity.weightOf)),
    low,
    high,
    context: { start, text: text.slice(start - base, end - base) },
  };
}

/** The passage's own sentences whole, then the one after and the one before, in turn, while they fit. */
function readStretch(passage: RankedPassage, units: readonly Unit[]): { start: number; end: number } {
  let first = units.findIndex(({ end }) => end > passage.start);
  let last = units.findLastIndex(({ start }) => start < passage.end);
  if (first < 0 || last < first) return passage;
  let words = units.slice(first, last + 1).reduce((sum, unit) => sum + unit.words, 0);
  for (let isAfter = true, misses = 0; misses < 2; isAfter = !isAfter) {
    const next = units[isAfter ? last + 1 : first - 1];
    if (next === undefined || words + next.words > READ_WORDS) {
      misses += 1;
      continue;
    }
    misses = 0;
    words += next.words;
    if (isAfter) last += 1;
    else first -= 1;
  }
  return {
    start: Math.min(passage.start, units[first]?.start ?? passage.start),
    end: Math.max(passage.end, units[last]?.end ?? passage.end),
  };
}

/** Terms of the question that occur in a text. */
export function termsIn(text: string, wanted: ReadonlyMap<string, number>): Set<string> {
  const found = new Set<string>();
  visitTokens(text, (term) => {
    if (wanted.has(term)) found.add(term);
  });
  return found;
}

/** Nothing is quoted across files. Pages are looked at later: a sentence may run over the end of one. */
function boundsOf(passage: RankedPassage, texts: AnswerSources["texts"]): { low: number; high: number } {
  const file = texts
    .files(passage.documentId)
    .find((range) => range.start <= passage.start && passage.start < range.end);
  return file === undefined ? { low: 0, high: texts.length(passage.documentId) } : { low: file.start, high: file.end };
}
