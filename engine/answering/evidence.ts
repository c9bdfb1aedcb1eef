/**
 * From weighed candidates to quotations: the sentence that answers and what belongs to it, at most 60 words, on one page.
 * Owns: what is quoted, and that no two quotations overlap or say the same. Does not know: weights, routes, refusals.
 */
import { visitTokens } from "../retrieval/search-tokenizer.ts";
import type { DocumentId } from "../protocol/dto.ts";
import type { RankedPassage } from "../retrieval/types.ts";
import { kindFit } from "./answer-kind.ts";
import type { Question } from "./question.ts";
import type { Candidate, ReadAnswer } from "./ranking/candidates.ts";
import { termsIn } from "./ranking/look.ts";
import { type Rarity, shareOf } from "./ranking/rarity.ts";
import type { AnswerSources } from "./types.ts";
import { endsLikeSentence, growWindow, QUOTE_WORDS, quotedWords } from "./windows.ts";
import type { Unit } from "./windows.ts";

/** A quotation that may answer, before it becomes a citation. */
export interface Quotation {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The sentence for which it was chosen. */
  readonly core: { readonly start: number; readonly end: number; readonly text: string };
  /** Log odds that it answers the question. */
  readonly score: number;
  readonly probability: number;
  /** Share (0..1) of the question's weight that stands in the quotation. */
  readonly coverage: number;
  readonly passage: RankedPassage;
  /** Words of the question that stand in it, as the person wrote them, the rarest first. */
  readonly words: readonly string[];
  /** Where the reader sees the answer, when that stands in the quotation. */
  readonly answer: ReadAnswer | null;
}

/** A neighbour joins a quotation more readily when it holds the kind of thing that was asked for. */
const JOINS = 0.3;

/** At most `limit` quotations of at most 60 words, best first; none overlaps another or repeats its words. */
export function chooseQuotations(
  question: Question,
  candidates: readonly Candidate[],
  rarity: Rarity,
  texts: AnswerSources["texts"],
  limit: number,
): Quotation[] {
  const chosen: Quotation[] = [];
  for (const candidate of candidates) {
    if (chosen.length >= limit) break;
    const core = candidate.look.units[candidate.core];
    const { documentId } = candidate.look.passage;
    if (core === undefined || chosen.some((other) => isInside(other, documentId, core))) continue;
    const quotation = quote(question, candidate, core, { rarity, chosen, texts });
    if (!chosen.some((other) => saysTheSame(other.text, quotation.text))) chosen.push(quotation);
  }
  return chosen;
}

function isInside(other: Quotation, documentId: DocumentId, unit: Unit): boolean {
  return other.documentId === documentId && unit.start < other.end && other.start < unit.end;
}

interface QuoteWork {
  readonly rarity: Rarity;
  readonly chosen: readonly Quotation[];
  readonly texts: AnswerSources["texts"];
}

function quote(question: Question, candidate: Candidate, core: Unit, { rarity, chosen, texts }: QuoteWork): Quotation {
  const { look, answer } = candidate;
  const { passage, units } = look;
  const { documentId } = passage;
  const page = pageBounds(texts, core, candidate);
  const others = chosen.filter((other) => other.documentId === documentId);
  const low = Math.max(page.low, ...others.filter((other) => other.end <= core.start).map((other) => other.end));
  const high = Math.min(page.high, ...others.filter((other) => other.start >= core.end).map((other) => other.start));
  // The passage as search found it, when it holds the core and stands on its page; else what belongs to the core.
  const asFound = passage.start >= low && passage.end <= high && isWithin(core, passage);
  const worth = (at: number): number =>
    shareOf(look.terms[at] ?? [], rarity) + JOINS * kindFit(question, units[at]?.text ?? "");
  const window =
    asFound && quotedWords(passage.text) <= QUOTE_WORDS
      ? { start: withoutHeading(candidate, core), end: passage.end }
      : growWindow(units, candidate.core, { low, high, worth, isCode: passage.isCode });
  const { start, end } = holdingAnswer(window, core, answer, texts, documentId);
  const text = texts.text(documentId, start, end);
  const terms = termsIn(text, rarity.weightOf);
  return {
    documentId,
    start,
    end,
    text,
    core: { start: Math.max(start, core.start), end: Math.min(core.end, end), text: core.text },
    score: candidate.logOdds,
    probability: candidate.probability,
    coverage: shareOf(terms, rarity),
    passage,
    words: wordsIn(question, terms, rarity, passage.start < end && start < passage.end ? passage.words : []),
    answer: answer !== null && answer.start >= start && answer.end <= end ? answer : null,
  };
}

/** The question's own words in a text; beside them those that search found there in another spelling. */
function wordsIn(
  question: Question,
  terms: ReadonlySet<string>,
  { weightOf }: Rarity,
  found: readonly string[],
): readonly string[] {
  const own = question.words
    .filter(({ term }) => terms.has(term))
    .sort((a, b) => (weightOf.get(b.term) ?? 0) - (weightOf.get(a.term) ?? 0))
    .map(({ word }) => word);
  return [...new Set([...own, ...found])];
}

/** A sentence too long to be quoted whole is cut around the answer that the reader sees in it, not at its beginning. */
function holdingAnswer(
  window: { readonly start: number; readonly end: number },
  core: Unit,
  answer: ReadAnswer | null,
  texts: AnswerSources["texts"],
  documentId: DocumentId,
): { start: number; end: number } {
  if (answer === null || core.words <= QUOTE_WORDS || answer.end <= window.end) return window;
  if (answer.start < core.start || answer.end > core.end) return window;
  const words = [...texts.text(documentId, core.start, core.end).matchAll(/\S+/gu)];
  const at = words.findIndex((word) => core.start + word.index + word[0].length > answer.start);
  const last = words.findIndex((word) => core.start + word.index + word[0].length >= answer.end);
  const first = Math.max(0, Math.min(at - QUOTE_WORDS / 4, words.length - QUOTE_WORDS));
  let until = Math.min(words.length, first + QUOTE_WORDS) - 1;
  const [from] = [words[first]?.index ?? 0];
  const endOf = (word: number): number => core.start + (words[word]?.index ?? 0) + (words[word]?.[0].length ?? 0);
  while (until > last && quotedWords(texts.text(documentId, core.start + from, endOf(until))) > QUOTE_WORDS) until -= 1;
  return until < last ? window : { start: core.start + from, end: endOf(until) };
}

/** Start of the passage, or behind the last thing before the core that does not end like a sentence: a heading, a running title. */
function withoutHeading({ look: { units, passage }, core: at }: Candidate, core: Unit): number {
  if (passage.isCode) return passage.start;
  for (let before = at - 1; before >= 0 && (units[before]?.start ?? 0) >= passage.start; before -= 1)
    if (!endsLikeSentence(units[before]?.text ?? "")) return units[before + 1]?.start ?? core.start;
  return passage.start;
}

function isWithin(core: Unit, { start, end }: RankedPassage): boolean {
  return core.start >= start && core.end <= end;
}

/** The page on which the core begins; a sentence that runs over the page's end may be quoted whole. */
function pageBounds(
  texts: AnswerSources["texts"],
  core: Unit,
  { look: { passage, low, high } }: Candidate,
): { low: number; high: number } {
  const page = texts.pages(passage.documentId).find((range) => range.start <= core.start && core.start < range.end);
  if (page === undefined) return { low, high };
  return { low: page.start, high: Math.max(page.end, core.end) };
}

/** Nearly the same words (running heads, repeated sentences, a quotation of a quotation). */
export function saysTheSame(one: string, other: string): boolean {
  const a = formsOf(one);
  const b = formsOf(other);
  if (a.size === 0 || b.size === 0) return a.size === b.size;
  let common = 0;
  for (const form of a) if (b.has(form)) common += 1;
  return common / Math.min(a.size, b.size) > 0.85 && Math.min(a.size, b.size) / Math.max(a.size, b.size) > 0.6;
}

function formsOf(text: string): Set<string> {
  const forms = new Set<string>();
  visitTokens(text, (_term, form) => {
    forms.add(form);
  });
  return forms;
}
