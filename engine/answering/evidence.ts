/**
 * From ranked passages to the sentences that answer: every sentence around them is scored, the best become quotations.
 * Owns: the score of a sentence and the choice of quotations. Does not know: routes, refusals, events.
 * The weights were tuned on stories and articles of shared/corpus, never on the evaluation's questions (bench/evaluate).
 */
import type { DocumentId } from "../protocol/dto.ts";
import type { RankedPassage } from "../retrieval/types.ts";
import { visitTokens } from "../retrieval/search-tokenizer.ts";
import { kindFit } from "./answer-kind.ts";
import type { Question } from "./question.ts";
import type { AnswerSources } from "./types.ts";
import { endsLikeSentence, growWindow, QUOTE_WORDS, quotedWords, unitsOf } from "./windows.ts";
import type { Unit } from "./windows.ts";

/** Rarity of each term of the question in the scope: ln(1 + (N - n + .5) / (n + .5)). */
export interface Rarity {
  readonly weightOf: ReadonlyMap<string, number>;
  readonly chunksWith: ReadonlyMap<string, number>;
  readonly total: number;
}

export function rarityOf(
  terms: readonly string[],
  chunks: AnswerSources["chunks"],
  scope: readonly DocumentId[],
): Rarity {
  const { chunks: count, withTerm } = chunks.frequencies(terms, scope);
  const weightOf = new Map<string, number>();
  let total = 0;
  for (const term of terms) {
    const n = withTerm.get(term) ?? 0;
    const weight = Math.log(1 + (Math.max(count, n) - n + 0.5) / (n + 0.5));
    weightOf.set(term, weight);
    total += weight;
  }
  return { weightOf, chunksWith: withTerm, total };
}

/** A quotation that may answer, before it becomes a citation. */
export interface Quotation {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The sentence for which it was chosen. */
  readonly core: { readonly start: number; readonly end: number; readonly text: string };
  readonly score: number;
  /** Share (0..1) of the question's weight that stands in the quotation. */
  readonly coverage: number;
  readonly passage: RankedPassage;
}

export interface EvidenceWeights {
  /** Score of the passage in search, as a share of the best one's. */
  readonly passage: number;
  /** What is left of it for a sentence just before or after the passage, and for one farther off. */
  readonly before: number;
  readonly after: number;
  /** Words of the question in the sentence itself, and within one sentence of it. */
  readonly cover: number;
  readonly near: number;
  readonly kind: number;
  /** A question is seldom an answer; a fragment of a few words neither. */
  readonly asks: number;
  readonly fragment: number;
  /** A title names what is said below it; it seldom says it. */
  readonly title: number;
  /** A neighbour joins a quotation more readily when it holds the kind of thing that was asked for. */
  readonly joins: number;
}

export const EVIDENCE_WEIGHTS: EvidenceWeights = {
  passage: 2,
  before: 0.7,
  after: 0.9,
  cover: 0.5,
  near: 0.4,
  kind: 0.15,
  asks: -0.15,
  fragment: -0.15,
  title: -4,
  joins: 0.3,
};

/** Characters around a passage in which its neighbours are looked for. */
const AROUND = 700;

/** Terms of the question that occur in a text. */
export function termsIn(text: string, wanted: ReadonlyMap<string, number>): Set<string> {
  const found = new Set<string>();
  visitTokens(text, (term) => {
    if (wanted.has(term)) found.add(term);
  });
  return found;
}

function weightOf(terms: Iterable<string>, rarity: Rarity): number {
  let weight = 0;
  for (const term of terms) weight += rarity.weightOf.get(term) ?? 0;
  return rarity.total === 0 ? 0 : weight / rarity.total;
}

interface Scored {
  readonly units: readonly Unit[];
  readonly at: number;
  readonly worth: (at: number) => number;
  readonly score: number;
  readonly passage: RankedPassage;
  readonly low: number;
  readonly high: number;
}

/** At most `limit` quotations of at most 60 words, best first; none overlaps another or repeats its words. */
export function chooseQuotations(
  question: Question,
  passages: readonly RankedPassage[],
  rarity: Rarity,
  texts: AnswerSources["texts"],
  limit: number,
  weights: EvidenceWeights = EVIDENCE_WEIGHTS,
): Quotation[] {
  const best = Math.max(...passages.map((passage) => passage.score), Number.MIN_VALUE);
  const scored = passages.flatMap((passage) => scorePassage(question, passage, rarity, texts, best, weights));
  scored.sort((a, b) => b.score - a.score);
  const chosen: Quotation[] = [];
  for (const entry of scored) {
    if (chosen.length >= limit) break;
    const core = entry.units[entry.at];
    if (core === undefined || chosen.some((other) => isInside(other, entry.passage.documentId, core))) continue;
    const quotation = quote(entry, core, rarity, chosen, texts);
    if (!chosen.some((other) => saysTheSame(other.text, quotation.text))) chosen.push(quotation);
  }
  return chosen;
}

function isInside(other: Quotation, documentId: DocumentId, unit: Unit): boolean {
  return other.documentId === documentId && unit.start < other.end && other.start < unit.end;
}

function scorePassage(
  question: Question,
  passage: RankedPassage,
  rarity: Rarity,
  texts: AnswerSources["texts"],
  best: number,
  weights: EvidenceWeights,
): Scored[] {
  const { low, high } = boundsOf(passage, texts);
  const base = Math.max(low, passage.start - AROUND);
  const text = texts.text(passage.documentId, base, Math.min(high, passage.end + AROUND));
  const units = unitsOf(text, base, passage.isCode);
  const terms = units.map((unit) => termsIn(unit.text, rarity.weightOf));
  const worth = (at: number): number => weightOf(terms[at] ?? [], rarity);
  const joins = (at: number): number => worth(at) + weights.joins * kindFit(question, units[at]?.text ?? "");
  const standing = standingOf(question, passage);
  const scored: Scored[] = [];
  units.forEach((unit, at) => {
    const reach = reachOf(unit, passage, weights);
    if (reach <= 0) return;
    const around = new Set([...(terms[at - 1] ?? []), ...(terms[at] ?? []), ...(terms[at + 1] ?? [])]);
    const score =
      weights.passage * reach * (passage.score / best) * standing +
      weights.cover * worth(at) +
      weights.near * weightOf(around, rarity) +
      weights.kind * kindFit(question, unit.text) +
      (/\?["”’']?$/u.test(unit.text) ? weights.asks : 0) +
      (unit.words < 4 ? weights.fragment : 0) +
      (isTitle(unit, passage) ? weights.title : 0);
    scored.push({ units, at, worth: joins, score, passage, low, high });
  });
  return scored;
}

function isTitle({ text }: Unit, { heading }: RankedPassage): boolean {
  return heading.some((title) => title.includes(text));
}

/** Hidden text comes last; a question without an identifier is answered by prose rather than by code or tests of it. */
function standingOf(question: Question, passage: RankedPassage): number {
  if (passage.isHidden) return 0.3;
  if (passage.file === null || question.words.some(({ word }) => IDENTIFIER.test(word))) return 1;
  return (passage.isCode ? 0.85 : 1) * (TEST_FILE.test(passage.file) ? 0.8 : 1);
}

const IDENTIFIER = /[a-z][A-Z]|_|\w\.\w|\(\)/u;
const TEST_FILE = /(?:^|\/)(?:tests?|specs?|__tests__)\/|[._](?:test|spec)\.|(?:^|\/)test_/u;

/** Characters beside a passage that still profit from it. */
const REACH = 320;

/** 1 inside the passage; less beside it, where a story often answers; 0 beyond reach. */
function reachOf(unit: Unit, passage: RankedPassage, weights: EvidenceWeights): number {
  if (unit.end <= passage.start) return passage.start - unit.end < REACH ? weights.before : 0;
  if (unit.start >= passage.end) return unit.start - passage.end < REACH ? weights.after : 0;
  return 1;
}

/** Nothing is quoted across files. Pages are looked at later: a sentence may run over the end of one. */
function boundsOf(passage: RankedPassage, texts: AnswerSources["texts"]): { low: number; high: number } {
  const file = texts
    .files(passage.documentId)
    .find((range) => range.start <= passage.start && passage.start < range.end);
  return file === undefined ? { low: 0, high: texts.length(passage.documentId) } : { low: file.start, high: file.end };
}

function quote(
  entry: Scored,
  core: Unit,
  rarity: Rarity,
  chosen: readonly Quotation[],
  texts: AnswerSources["texts"],
): Quotation {
  const { documentId } = entry.passage;
  const page = pageBounds(texts, documentId, core, entry);
  const others = chosen.filter((other) => other.documentId === documentId);
  const low = Math.max(page.low, ...others.filter((other) => other.end <= core.start).map((other) => other.end));
  const high = Math.min(page.high, ...others.filter((other) => other.start >= core.end).map((other) => other.start));
  // The passage as search found it, when it holds the core and stands on its page; else what belongs to the core.
  const asFound = entry.passage.start >= low && entry.passage.end <= high && isWithin(core, entry.passage);
  const window =
    asFound && quotedWords(entry.passage.text) <= QUOTE_WORDS
      ? { start: withoutHeading(entry, core), end: entry.passage.end }
      : growWindow(entry.units, entry.at, { low, high, worth: entry.worth, isCode: entry.passage.isCode });
  const text = texts.text(documentId, window.start, window.end);
  return {
    documentId,
    start: window.start,
    end: window.end,
    text,
    core: { start: core.start, end: Math.min(core.end, window.end), text: core.text },
    score: entry.score,
    coverage: weightOf(termsIn(text, rarity.weightOf), rarity),
    passage: entry.passage,
  };
}

/** Start of the passage, or behind the last thing before the core that does not end like a sentence: a heading, a running title. */
function withoutHeading({ units, at, passage }: Scored, core: Unit): number {
  if (passage.isCode) return passage.start;
  for (let before = at - 1; before >= 0 && units[before].start >= passage.start; before -= 1)
    if (!endsLikeSentence(units[before].text)) return units[before + 1]?.start ?? core.start;
  return passage.start;
}

function isWithin(core: Unit, { start, end }: RankedPassage): boolean {
  return core.start >= start && core.end <= end;
}

/** The page on which the core begins; a sentence that runs over the page's end may be quoted whole. */
function pageBounds(
  texts: AnswerSources["texts"],
  documentId: DocumentId,
  core: Unit,
  entry: Scored,
): { low: number; high: number } {
  const page = texts.pages(documentId).find((range) => range.start <= core.start && core.start < range.end);
  if (page === undefined) return { low: entry.low, high: entry.high };
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
