/**
 * What one system's answer to one question is worth: evidence among its citations, words in it, right places, refusal.
 * Owns: the marks of a single question. Does not know: systems, documents, means (figures.ts). Pure.
 */
import type { Citation } from "../../engine/protocol/dto.ts";
import { cutToWords, holds, touches, wordsIn } from "./comparing.ts";
import { spanScore } from "./span-score.ts";
import type { QuestionKind, WrittenQuestion } from "./test-set.ts";

/** A stretch of a document that a system shows, and the place that it names for it. */
export type Cited = Pick<Citation, "text" | "start" | "end" | "page" | "file" | "line" | "endLine">;

export interface SystemAnswer {
  /** Best first; as long as the system shows them (the cut to 60 words is made here). */
  readonly citations: readonly Cited[];
  readonly answer: string;
  /** The short answer, when the system gives one. */
  readonly span: string | null;
  /** Higher: the text rather holds an answer. Comparable within one system; null when it has no such score. */
  readonly support: number | null;
  /** Places (of `citations`) whose words stand in the answer itself; null when the system does not tell them apart. */
  readonly quoted: readonly number[] | null;
  /** It said that the text does not say. */
  readonly refused: boolean;
  readonly ms: number;
}

/** A place that an answer needs: how a citation, or the answer's own words, show it. */
export interface NeededPlace {
  readonly stands: (cited: Cited) => boolean;
  readonly touched: (cited: Cited) => boolean;
  readonly said: (text: string) => boolean;
}

export interface AskedQuestion {
  readonly id: string;
  readonly document: string;
  readonly kind: QuestionKind;
  readonly question: string;
  /** Right wordings of the short answer; none for `none`. */
  readonly answers: readonly string[];
  readonly needed: readonly NeededPlace[];
}

export interface QuestionMarks {
  readonly id: string;
  readonly document: string;
  readonly kind: QuestionKind;
  readonly refused: boolean;
  readonly support: number | null;
  readonly questionWords: number;
  /** Rank (from 1) at which all needed places stand in the citations, Infinity when they do not in the first eight. */
  readonly evidenceRank: number;
  /** The same for places that are touched: at least 60 % of a passage stands. */
  readonly touchedRank: number;
  /** Share of the first three citations that hold a passage of evidence. */
  readonly precision: number;
  /** The same of the first three that do not overlap one before them: a passage shown twice counts once. */
  readonly precisionApart: number;
  /** Share of the places quoted in the answer that hold a passage of evidence; 0 where none is, null where all look alike. */
  readonly precisionQuoted: number | null;
  readonly quoted: number;
  readonly answerFound: boolean;
  /** null when the system gave no short answer. */
  readonly spanF1: number | null;
  readonly spanExact: number | null;
  /** Citations that name a page, and those of them whose words stand there. */
  readonly places: number;
  readonly rightPlaces: number;
  /** Share of the needed places that stand in any citation or in the answer. */
  readonly facts: number;
  readonly citations: number;
  readonly citedWords: number;
  readonly ms: number;
}

/** Citations that are looked at for evidence, places and precision. */
export const CITATIONS = 8;
const FIRST = 3;

/** How evidence written as passages is recognised. */
export function askedOf(document: string, written: WrittenQuestion): AskedQuestion {
  const { id, kind, question, answer, accept, evidence } = written;
  return {
    id: `${document}/${id}`,
    document,
    kind,
    question,
    answers: [answer, ...accept].filter((wording) => wording.trim() !== ""),
    needed: evidence.map((passages) => ({
      stands: ({ text }) => passages.some((passage) => holds(text, passage)),
      touched: ({ text }) => passages.some((passage) => touches(text, passage)),
      said: (text) => passages.some((passage) => holds(text, passage)),
    })),
  };
}

export interface MarkOptions {
  /** Words to which each citation is cut; null leaves them as long as they are. */
  readonly citedWords: number | null;
  /** The cited text really stands on the page that is named. */
  readonly isOnPage: (cited: Cited) => boolean;
}

export function markQuestion(
  asked: AskedQuestion,
  given: SystemAnswer,
  { citedWords, isOnPage }: MarkOptions,
): QuestionMarks {
  const all = given.citations.map((cited) => (citedWords === null ? cited : cutCitation(cited, citedWords)));
  const citations = all.slice(0, CITATIONS);
  const quoted = given.quoted?.flatMap((at) => citations[at] ?? []) ?? null;
  const paged = citations.filter(({ page }) => page !== null);
  const { needed } = asked;
  const span = given.span === null || asked.answers.length === 0 ? null : spanScore(given.span, asked.answers);
  return {
    id: asked.id,
    document: asked.document,
    kind: asked.kind,
    refused: given.refused,
    support: given.support,
    questionWords: wordsIn(asked.question),
    evidenceRank: rankOf(needed, citations, (place, cited) => place.stands(cited)),
    touchedRank: rankOf(needed, citations, (place, cited) => place.touched(cited)),
    precision: precisionOf(needed, citations.slice(0, FIRST)),
    precisionApart: precisionOf(needed, apart(citations).slice(0, FIRST)),
    precisionQuoted: quoted === null ? null : precisionOf(needed, quoted),
    quoted: quoted?.length ?? 0,
    answerFound: asked.answers.some((wording) => holds(given.answer, wording)),
    spanF1: span?.f1 ?? null,
    spanExact: span?.exact ?? null,
    places: paged.length,
    rightPlaces: paged.filter(isOnPage).length,
    facts: factsCovered(needed, all, given.answer),
    citations: all.length,
    citedWords: all.reduce((sum, { text }) => sum + wordsIn(text), 0),
    ms: given.ms,
  };
}

export function cutCitation(cited: Cited, words: number): Cited {
  const text = cutToWords(cited.text, words);
  return { ...cited, text, end: cited.start + text.length };
}

function precisionOf(needed: readonly NeededPlace[], first: readonly Cited[]): number {
  const right = first.filter((cited) => needed.some((place) => place.stands(cited)));
  return first.length === 0 ? 0 : right.length / first.length;
}

/** Without those that overlap a better one: windows that slide by half would say the same thing twice. */
function apart(citations: readonly Cited[]): Cited[] {
  const kept: Cited[] = [];
  for (const cited of citations)
    if (!kept.some((other) => other.start < cited.end && cited.start < other.end)) kept.push(cited);
  return kept;
}

/** The number of citations that are needed until every place has shown up. */
export function rankOf<C>(
  needed: readonly NeededPlace[],
  citations: readonly C[],
  shows: (place: NeededPlace, cited: C) => boolean,
): number {
  if (needed.length === 0) return Infinity;
  const ranks = needed.map((place) => {
    const at = citations.findIndex((cited) => shows(place, cited));
    return at < 0 ? Infinity : at + 1;
  });
  return Math.max(...ranks);
}

export function factsCovered(needed: readonly NeededPlace[], citations: readonly Cited[], answer: string): number {
  if (needed.length === 0) return 0;
  const covered = needed.filter((place) => place.said(answer) || citations.some((cited) => place.stands(cited)));
  return covered.length / needed.length;
}
