/**
 * How well a short answer hits the expected one: exact match and F1 of SQuAD (Rajpurkar et al. 2016).
 * Owns: the normalisation: lower case, no signs, no articles; Chinese by characters. Pure.
 */
import { tokens } from "./comparing.ts";

/** Signs inside a word go without leaving a gap, as in SQuAD's own script: "well-known" is one word. */
function answerWords(text: string): string[] {
  const joined = text.normalize("NFKC").replace(/[\p{P}\p{S}]/gu, "");
  return tokens(joined).filter((word) => !/^(?:a|an|the)$/u.test(word));
}

export interface SpanScore {
  /** 0 or 1. */
  readonly exact: number;
  /** 0 to 1. */
  readonly f1: number;
}

/** The best over all wordings of the expected answer. */
export function spanScore(given: string, expected: readonly string[]): SpanScore {
  const scores = expected.map((wording) => scoreOf(answerWords(given), answerWords(wording)));
  return {
    exact: Math.max(0, ...scores.map(({ exact }) => exact)),
    f1: Math.max(0, ...scores.map(({ f1 }) => f1)),
  };
}

function scoreOf(given: readonly string[], expected: readonly string[]): SpanScore {
  const exact = given.join(" ") === expected.join(" ") ? 1 : 0;
  if (given.length === 0 || expected.length === 0) return { exact, f1: exact };
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(word, count - 1);
  }
  if (common === 0) return { exact, f1: 0 };
  const precision = common / given.length;
  const recall = common / expected.length;
  return { exact, f1: (2 * precision * recall) / (precision + recall) };
}
