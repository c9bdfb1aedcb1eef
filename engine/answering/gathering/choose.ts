/**
 * From scored stretches to quotations that span the document: best first, each saying something new (maximal marginal
 * relevance: Carbonell and Goldstein 1998), and one of every part that has anything to say.
 * Owns: how many there are and how new each has to be. Does not know: how stretches are scored.
 */
import type { DocumentId } from "../../protocol/dto.ts";
import { visitTokens } from "../../retrieval/search-tokenizer.ts";
import type { AnswerSources } from "../types.ts";
import type { Part } from "./parts.ts";
import { quoteAt } from "./quote-at.ts";
import type { Candidate } from "./scan.ts";

/** A place that is quoted. */
export interface Gathered {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly score: number;
  /** Index of its part; -1 outside all of them. */
  readonly part: number;
}

export interface ChoiceWeights {
  /** The best of a part is taken first when its score is at least this share of the best of all. */
  part: number;
  /** Nothing is taken whose score, less what others have said already, is below this share of the best. */
  fill: number;
  /** What is taken off for words that stand in another quotation already. */
  repeats: number;
  most: number;
}

/** Tuned on bench/evaluate/development only. */
export const CHOICE_WEIGHTS: ChoiceWeights = { part: 0.7, fill: 0.45, repeats: 0.15, most: 24 };

/** Stretches that are looked at, best first, and beyond them the best few of each part. */
const LOOKED_AT = 240;
const OF_EACH_PART = 2;

interface Waiting extends Candidate {
  readonly part: number;
  readonly terms: ReadonlySet<string>;
  repeats: number;
}

/** Best first. `taken` are quotations given already: nothing overlaps them. */
export function chooseAcross(
  candidates: readonly Candidate[],
  parts: readonly Part[],
  taken: readonly Gathered[],
  sources: { readonly texts: AnswerSources["texts"]; readonly worthOf: (text: string) => number },
  weights: ChoiceWeights = CHOICE_WEIGHTS,
): Gathered[] {
  const { texts, worthOf } = sources;
  const waiting = new Set(shortlist(candidates, parts, texts));
  const best = Math.max(Number.MIN_VALUE, ...[...waiting].map(({ score }) => score));
  const seen = new Set(taken.map(({ part }) => part));
  const chosen: Gathered[] = [];
  for (const place of taken) leaveOut(waiting, place);
  const take = (next: Waiting): void => {
    waiting.delete(next);
    const { documentId, score, part } = next;
    const { start, end } = quoteAt(next, [...taken, ...chosen], texts, worthOf);
    const place = { documentId, start, end, text: texts.text(documentId, start, end), score, part };
    chosen.push(place);
    seen.add(part);
    leaveOut(waiting, place);
  };
  for (const next of [...waiting]) {
    if (taken.length + chosen.length >= weights.most || next.score < weights.part * best) break;
    if (waiting.has(next) && !seen.has(next.part)) take(next);
  }
  while (taken.length + chosen.length < weights.most) {
    let next: Waiting | null = null;
    let gain = weights.fill * best;
    for (const candidate of waiting) {
      if (candidate.score < gain) break;
      const value = candidate.score * (1 - weights.repeats * candidate.repeats);
      if (value > gain) [next, gain] = [candidate, value];
    }
    if (next === null) break;
    take(next);
  }
  return chosen;
}

/** Best first. */
function shortlist(
  candidates: readonly Candidate[],
  parts: readonly Part[],
  texts: AnswerSources["texts"],
): readonly Waiting[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score || a.start - b.start);
  const perPart = new Map<number, number>();
  const kept: Waiting[] = [];
  for (const [at, candidate] of sorted.entries()) {
    const part = partAt(parts, candidate);
    const count = perPart.get(part) ?? 0;
    if (at >= LOOKED_AT && count >= OF_EACH_PART) continue;
    perPart.set(part, count + 1);
    const { documentId, start, end } = candidate;
    kept.push({ ...candidate, part, terms: termsOf(texts.text(documentId, start, end)), repeats: 0 });
  }
  return kept;
}

export function partAt(parts: readonly Part[], place: Pick<Candidate, "documentId" | "start">): number {
  return parts.findIndex(
    ({ documentId, start, end }) => documentId === place.documentId && start <= place.start && place.start < end,
  );
}

/** What overlaps the place is left out; what repeats its words is worth less from now on. */
function leaveOut(waiting: Set<Waiting>, place: Gathered): void {
  const terms = termsOf(place.text);
  for (const candidate of waiting) {
    const isSame = candidate.documentId === place.documentId;
    if (isSame && candidate.start < place.end && place.start < candidate.end) {
      waiting.delete(candidate);
      continue;
    }
    let common = 0;
    for (const term of candidate.terms) if (terms.has(term)) common += 1;
    candidate.repeats = Math.max(candidate.repeats, common / Math.max(1, candidate.terms.size));
  }
}

/** Without the shortest words, which every sentence has. */
function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  visitTokens(text, (term, form) => {
    if (form.length > 3) terms.add(term);
  });
  return terms;
}
