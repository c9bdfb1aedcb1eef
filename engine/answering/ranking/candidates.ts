/**
 * Passages of search with all that is known of them, weighed by one regression: what search thinks, what stands in their
 * sentences, what the reader read, and whether several places say the same.
 * Owns: the features and the sentence for which a passage stands. Does not know: quotations, refusals, threads.
 */
import type { PassageReader, Reading } from "../../reading/reading.ts";
import type { ScoreParts } from "../../retrieval/types.ts";
import { kindFit } from "../answer-kind.ts";
import { normalise } from "../normalised.ts";
import type { Question } from "../question.ts";
import { QUOTE_WORDS, type Unit } from "../windows.ts";
import { FUSION } from "./fusion-weights.ts";
import type { Look } from "./look.ts";
import { type Rarity, shareOf } from "./rarity.ts";
import { type Features, logOddsOf, probabilityOf, type Way } from "./regression.ts";

/** Where the reader sees the answer. */
export interface ReadAnswer {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly relevance: number;
  readonly score: number;
  readonly certainty: number;
}

export interface Candidate {
  readonly look: Look;
  /** Index of the unit for which it is quoted. */
  readonly core: number;
  readonly answer: ReadAnswer | null;
  readonly features: Features;
  /** Log odds that a quotation around the core answers the question. */
  readonly logOdds: number;
  readonly probability: number;
}

/** Reads the looks, or gives null when there is no reader or it fails: search goes on alone. */
export async function readLooks(
  question: string,
  looks: readonly Look[],
  reader: PassageReader | null,
  signal: AbortSignal,
): Promise<(ReadAnswer | null)[]> {
  if (reader === null || looks.length === 0) return looks.map(() => null);
  const passages = looks.map(({ context }) => context.text);
  const readings = await reader.read(question, passages, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return null;
  });
  return looks.map((look, at) => {
    const reading = readings?.[at];
    return reading === undefined || !Number.isFinite(reading.relevance) ? null : answerOf(look, reading);
  });
}

function answerOf({ context }: Look, reading: Reading): ReadAnswer {
  const raw = context.text.slice(reading.start, reading.end);
  const lead = raw.length - raw.trimStart().length;
  const text = raw.trim();
  const start = context.start + reading.start + lead;
  const { relevance, score, certainty } = reading;
  return { start, end: start + text.length, text, relevance, score, certainty };
}

/** What was read in each look; null where nothing was. */
export type Closely = readonly (ReadAnswer | null)[];
export const NOT_READ: Closely = [];

/** All candidates, best first. */
export function weighCandidates(
  question: Question,
  looks: readonly Look[],
  answers: Closely,
  rarity: Rarity,
): Candidate[] {
  const best = Math.max(...looks.map(({ passage }) => passage.score), Number.MIN_VALUE);
  const way = wayOf(answers);
  const relevances = answers.map((answer) => answer?.relevance ?? -Infinity);
  const mostRelevant = Math.max(...relevances);
  const company = companyOf(looks, best);
  const rankOfRelevance = ranksOf(relevances);
  const regression = FUSION.candidate[way];
  const weighed = looks.map((look, rank) => {
    const answer = answers[rank] ?? null;
    const core = coreOf(question, look, answer, rarity);
    const features: Features = {
      ...searchFeatures(look, rank, best),
      ...sentenceFeatures(question, look, core, rarity),
      company: company[rank]?.near ?? 0,
      region: company[rank]?.far ?? 0,
      ...(answer === null
        ? {}
        : {
            relevance: answer.relevance,
            behind: answer.relevance - mostRelevant,
            relevanceRank: Math.log1p(rankOfRelevance[rank] ?? 0),
            answerScore: answer.score,
            certainty: answer.certainty,
            agreement: Math.log1p(agreeing(answers, rank, mostRelevant)),
          }),
    };
    return { look, core, answer, features, odds: logOddsOf(regression, features) + standingOf(question, look) };
  });
  const rivals = rivalFeatures(weighed.map(({ odds }) => odds));
  const calibration = FUSION.calibration[way];
  return weighed
    .map(({ look, core, answer, features }, at) => {
      const logOdds = logOddsOf(calibration, rivals[at] ?? {});
      return { look, core, answer, features, logOdds, probability: probabilityOf(logOdds) };
    })
    .sort((a, b) => b.logOdds - a.logOdds);
}

/** Which weights speak of it: a candidate's odds, the refusal that rests on them, and its thresholds go together. */
export function wayOf(answers: Closely): Way {
  return answers.some((answer) => answer !== null) ? "read" : "searched";
}

/** A candidate's score alone, and how it stands beside the others: the logarithm of its share of all. Both grow with it. */
export function rivalFeatures(odds: readonly number[]): Features[] {
  const largest = Math.max(...odds);
  const all = largest + Math.log(odds.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return odds.map((value) => ({ odds: value, share: Math.max(-12, value - all) }));
}

/** Distances (characters) over which passages speak for each other: a page, a chapter. */
const PAGE = 2_500;
const CHAPTER = 15_000;

/** How many other passages of the search lie around each, weighed by their scores and their distance, as log(1 + sum). */
function companyOf(looks: readonly Look[], best: number): { near: number; far: number }[] {
  return looks.map(({ passage }) => {
    let [near, far] = [0, 0];
    for (const { passage: other } of looks) {
      if (other === passage || other.documentId !== passage.documentId) continue;
      const distance = Math.abs(other.start - passage.start);
      const worth = Math.max(0, other.score / best);
      near += worth * Math.exp(-distance / PAGE);
      far += worth * Math.exp(-distance / CHAPTER);
    }
    return { near: Math.log1p(near), far: Math.log1p(far) };
  });
}

function searchFeatures({ passage }: Look, rank: number, best: number): Features {
  const parts = Object.fromEntries(
    (Object.keys(passage.parts) as (keyof ScoreParts)[]).map((name) => [name, passage.parts[name] / best]),
  );
  return { ...parts, share: passage.score / best, rank: Math.log1p(rank), matched: passage.matched };
}

function sentenceFeatures(question: Question, look: Look, core: number, rarity: Rarity): Features {
  const unit = look.units[core];
  const text = unit?.text ?? "";
  return {
    holds: shareOf(look.terms[core] ?? [], rarity),
    around: shareOf(around(look, core), rarity),
    fits: kindFit(question, text),
    asks: isQuestion(text) ? 1 : 0,
    fragment: (unit?.words ?? 0) < 4 ? 1 : 0,
    long: (unit?.words ?? 0) > QUOTE_WORDS ? 1 : 0,
  };
}

const isQuestion = (text: string): boolean => /\?["”’']?$/u.test(text);

function around({ terms }: Look, at: number): Set<string> {
  return new Set([...(terms[at - 1] ?? []), ...(terms[at] ?? []), ...(terms[at + 1] ?? [])]);
}

/** A sentence beside the passage has to be worth this much more than one inside it. */
const BESIDE = 0.35;
/** What the reader's choice of a sentence is worth, beside shares of the question's words (0..1). */
const READ = 1.2;

/** The sentence that stands for the passage: where the reader sees the answer, where the question's words stand. */
function coreOf(question: Question, look: Look, answer: ReadAnswer | null, rarity: Rarity): number {
  const { passage, units, terms } = look;
  let [best, most] = [0, -Infinity];
  units.forEach((unit, at) => {
    const isRead = answer !== null && unit.start < answer.end && unit.end > answer.start;
    const isInside = unit.end > passage.start && unit.start < passage.end;
    const worth =
      0.5 * shareOf(terms[at] ?? [], rarity) +
      0.4 * shareOf(around(look, at), rarity) +
      0.15 * kindFit(question, unit.text) +
      (isRead ? READ * Math.sqrt(answer.certainty) : 0) -
      (isInside ? 0 : isRead ? BESIDE / 2 : BESIDE) -
      (isQuestion(unit.text) ? 0.15 : 0) -
      (unit.words < 4 ? 0.15 : 0) -
      (isTitle(unit, look) ? 4 : 0);
    if (worth > most) [best, most] = [at, worth];
  });
  return best;
}

function isTitle({ text }: Unit, { passage }: Look): boolean {
  return passage.heading.some((title) => title.includes(text));
}

/** Other passages, among those that the reader finds nearly as relevant, in which it reads the same answer. */
function agreeing(answers: Closely, own: number, mostRelevant: number): number {
  const text = normalise(answers[own]?.text ?? "").text;
  if (text === "") return 0;
  return answers.filter(
    (other, at) =>
      at !== own && other !== null && other.relevance > mostRelevant - 3 && normalise(other.text).text === text,
  ).length;
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const ranks: number[] = [];
  order.forEach((at, rank) => (ranks[at] = rank));
  return ranks;
}

const IDENTIFIER = /[a-z][A-Z]|_|\w\.\w|\(\)/u;
const TEST_FILE = /(?:^|\/)(?:tests?|specs?|__tests__)\/|[._](?:test|spec)\.|(?:^|\/)test_/u;

/** Hidden text comes last; a question without an identifier is answered by prose rather than by code or tests of it. */
function standingOf(question: Question, { passage }: Look): number {
  if (passage.isHidden) return -6;
  if (passage.file === null || question.words.some(({ word }) => IDENTIFIER.test(word))) return 0;
  return (passage.isCode ? -0.5 : 0) + (TEST_FILE.test(passage.file) ? -0.7 : 0);
}
