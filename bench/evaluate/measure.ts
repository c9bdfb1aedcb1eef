/**
 * What an answer is worth: evidence among its citations, words in it, right places, refusals. Pure.
 */
import { beginsOn, holds } from "./comparing.ts";
import { CITATIONS } from "./marks.ts";
import type { Cited } from "./marks.ts";
import { mean, share } from "./statistics.ts";
import type { EvaluationQuestion } from "./questions.ts";

export type GivenCitation = Omit<Cited, "start" | "end">;

export interface GivenAnswer {
  readonly answer: string;
  readonly answerable: boolean;
  readonly citations: readonly GivenCitation[];
  readonly ms: number;
}

/** Words of a page, or of lines of a file, as the document has them. */
export type PlaceText = (citation: GivenCitation) => string;

export interface Marks {
  readonly id: string;
  readonly answerable: boolean;
  readonly refused: boolean;
  /** Rank (from 1) at which the evidence is complete; 0 when it is not among the first eight. */
  readonly evidenceRank: number;
  /** Of the first three citations, the share that holds evidence. */
  readonly precision: number;
  readonly containsAnswer: boolean;
  /** Citations whose words stand at the place they name, of all. */
  readonly rightPlaces: number;
  readonly places: number;
  /** Longest citation of the first eight, in words. */
  readonly longest: number;
  readonly ms: number;
}

export function markAnswer(question: EvaluationQuestion, given: GivenAnswer, placeText: PlaceText): Marks {
  const citations = given.citations.slice(0, CITATIONS);
  const all = [...question.evidence, ...question.alternatives];
  const hits = citations.slice(0, 3).filter(({ text }) => all.some((passage) => holds(text, passage)));
  const right = citations.filter((citation) => beginsOn(placeText(citation), citation.text));
  return {
    id: question.id,
    answerable: question.answerable,
    refused: !given.answerable,
    evidenceRank: question.answerable ? rankOfEvidence(question, citations) : 0,
    precision: citations.length === 0 ? 0 : hits.length / Math.min(3, citations.length),
    containsAnswer: question.answerable && question.answers.every((words) => holds(given.answer, words)),
    rightPlaces: right.length,
    places: citations.length,
    longest: Math.max(0, ...citations.map(({ text }) => text.split(/\s+/u).length)),
    ms: given.ms,
  };
}

function rankOfEvidence({ evidence, alternatives }: EvaluationQuestion, citations: readonly GivenCitation[]): number {
  const rankOf = (passage: string): number => {
    const at = citations.findIndex(({ text }) => holds(text, passage));
    return at < 0 ? Infinity : at + 1;
  };
  const complete = Math.max(...evidence.map(rankOf));
  const best = Math.min(complete, ...alternatives.map(rankOf));
  return Number.isFinite(best) ? best : 0;
}

export interface Summary {
  readonly name: string;
  readonly questions: number;
  readonly evidence1: number;
  readonly evidence3: number;
  readonly evidence8: number;
  readonly precision3: number;
  readonly contains: number;
  readonly rightPlace: number;
  /** Of the refused, the share without an answer; of those without an answer, the share that was refused. */
  readonly refusalPrecision: number;
  readonly refusalRecall: number;
  readonly answeredShare: number;
  readonly longest: number;
  readonly ms: number;
}

export function summarise(name: string, marks: readonly Marks[]): Summary {
  const answerable = marks.filter((mark) => mark.answerable);
  const others = marks.filter((mark) => !mark.answerable);
  const refused = marks.filter((mark) => mark.refused);
  const within = (k: number): number => share(answerable, ({ evidenceRank }) => evidenceRank > 0 && evidenceRank <= k);
  const places = marks.reduce((sum, mark) => sum + mark.places, 0);
  return {
    name,
    questions: marks.length,
    evidence1: within(1),
    evidence3: within(3),
    evidence8: within(8),
    precision3: mean(answerable.map(({ precision }) => precision)),
    contains: share(answerable, ({ containsAnswer }) => containsAnswer),
    rightPlace: places === 0 ? 0 : marks.reduce((sum, mark) => sum + mark.rightPlaces, 0) / places,
    refusalPrecision: refused.length === 0 ? 0 : share(refused, (mark) => !mark.answerable),
    refusalRecall: share(others, (mark) => mark.refused),
    answeredShare: share(answerable, (mark) => !mark.refused),
    longest: Math.max(0, ...marks.map(({ longest }) => longest)),
    ms: mean(marks.map(({ ms }) => ms)),
  };
}
