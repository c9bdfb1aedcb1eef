/**
 * The route to a place: search, choose the best sentences, quote them, or say that the text does not say.
 * Owns: the order of evidence for questions with one or several parts. Does not know: scores of sentences, SQL.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { AnswerEvent, Citation } from "../protocol/dto.ts";
import { decide, supportFeatures, type Verdict } from "./decide.ts";
import { chooseQuotations } from "./evidence.ts";
import type { Quotation } from "./evidence.ts";
import { frame, NOT_SAID } from "./frames.ts";
import { Pace } from "./pace.ts";
import { cite, CoverageMeter, foundBy } from "./places.ts";
import { type Question, readQuestion } from "./question.ts";
import { type Candidate, type Closely, NOT_READ, wayOf, weighCandidates } from "./ranking/candidates.ts";
import { type FindTask, lookClosely, type Searched } from "./ranking/closely.ts";
import { lookAround } from "./ranking/look.ts";
import { type Rarity, rarityOf } from "./ranking/rarity.ts";
import type { Way } from "./ranking/regression.ts";
import type { AnswerSources, Task } from "./types.ts";

/** Citations of an answer; the first few are quoted in it, the others are further places. */
export const MOST_CITATIONS = 8;
const MOST_QUOTED = 3;
/** Passages that search gives for each part of a question. */
const PASSAGES = 150;
/** See placesWorthCiting; chosen on the development set (bench/evaluate/fusion prints the table). */
const LEFT_TO_CHANCE = 0.1;
/** See placesWorthQuoting; chosen likewise. */
const WORTH_QUOTING = 0.6;

/** See chanceOfAny: "stated" is read of the words that follow it, so these must be likely to hold the answer. */
const LEAST_STATED = 0.6;

/** After this long without a reading, the answer of search alone is shown, and said to be a first look. */
const FIRST_LOOK_MS = 700;
const CHANGED = "Reading the passages closely changed the first answer.";
const CONFIRMED = "Reading the passages closely confirmed the first answer.";

export interface Found extends Verdict {
  readonly quotations: readonly Quotation[];
}

/** Everything that is known of one question with one part, best first. */
export interface Weighed {
  readonly question: Question;
  readonly rarity: Rarity;
  /** Whose weights ordered the candidates. */
  readonly way: Way;
  readonly candidates: readonly Candidate[];
  readonly quotations: readonly Quotation[];
}

/** Searches and looks; marks the pages that were looked at. */
export function searchFor(text: string, { request, sources }: FindTask, meter: CoverageMeter | null): Searched {
  const question = readQuestion(text);
  const passages = sources.retriever.search(text, request.scope, { limit: PASSAGES });
  for (const passage of passages) meter?.mark(passage.documentId, passage.start, passage.end);
  const terms = question.words.map(({ term }) => term);
  const rarity = rarityOf(terms, sources.chunks, request.scope);
  const looks = passages.map((passage) => lookAround(passage, rarity, sources.texts));
  return { question, rarity, looks };
}

export function weigh({ question, rarity, looks }: Searched, closely: Closely, texts: AnswerSources["texts"]): Weighed {
  const candidates = weighCandidates(question, looks, closely, rarity);
  const quotations = chooseQuotations(question, candidates, rarity, texts, MOST_CITATIONS);
  return { question, rarity, way: wayOf(closely), candidates, quotations };
}

function judge({ question, rarity, way, candidates, quotations }: Weighed): Found {
  const verdict = decide(question, supportFeatures(question, candidates, quotations, rarity), way);
  const probabilities = quotations.map(({ probability }) => probability);
  const isShown = chanceOfAny(probabilities.slice(0, placesWorthQuoting(probabilities))) >= LEAST_STATED;
  const confidence = verdict.confidence === "stated" && !isShown ? "likely" : verdict.confidence;
  return { quotations, ...verdict, confidence };
}

/** Searches, reads and weighs. Errors: Cancelled. */
export async function weighEvidence(text: string, task: FindTask, meter: CoverageMeter | null): Promise<Weighed> {
  const searched = searchFor(text, task, meter);
  return weigh(searched, await lookClosely(searched, task), task.sources.texts);
}

/** The evidence for one question with one part. */
export async function findEvidence(text: string, task: FindTask, meter: CoverageMeter | null): Promise<Found> {
  return judge(await weighEvidence(text, task, meter));
}

export async function* findRoute(task: Task): AsyncGenerator<AnswerEvent, void> {
  const { sources, request, draft, signals } = task;
  const pace = new Pace(signals);
  const meter = new CoverageMeter(sources, request.scope);
  const began = performance.now();
  const parts: Searched[] = [];
  for (const part of readQuestion(request.question).parts) {
    if ((await pace.step()) === "stop") return;
    parts.push(searchFor(part, task, meter));
  }
  draft.timings["searchMs"] = performance.now() - began;
  draft.coverage = meter.now();
  yield { type: "coverage", coverage: draft.coverage };
  const judged = (closely: readonly Closely[]): Found[] =>
    parts.map((part, at) => judge(weigh(part, closely[at] ?? NOT_READ, sources.texts)));
  const reading = Promise.all(parts.map((part) => lookClosely(part, task)));
  reading.catch(() => undefined); // awaited below; a cancel may come before that
  const early = await Promise.race([
    reading.then(() => false),
    delay(FIRST_LOOK_MS, true, { ref: false }),
    stopped(signals),
  ]);
  if (!early) {
    yield* answerFrom(task, judged(await reading), pace);
    draft.timings["readMs"] = performance.now() - began;
    return;
  }
  yield* answerFrom(task, judged([]), pace);
  if (signals.stop.aborted) return;
  const final = judged(await reading);
  draft.timings["readMs"] = performance.now() - began;
  if (signals.stop.aborted) return;
  const note = saysTheSame(draft, final) ? CONFIRMED : CHANGED;
  draft.sentences.length = 0;
  draft.citations.length = 0;
  yield { type: "revised", note };
  // A stop in between must not leave less than there was.
  yield* answerFrom(task, final, new Pace({ cancel: signals.cancel, stop: new AbortController().signal }));
}

/** True as soon as the person wants what is there. */
function stopped({ stop }: Task["signals"]): Promise<boolean> {
  if (stop.aborted) return Promise.resolve(true);
  return new Promise((resolve) => stop.addEventListener("abort", () => resolve(true), { once: true }));
}

/** The final answer would begin with the places that are shown already, and be as sure. */
function saysTheSame({ citations, answerable }: Task["draft"], final: readonly Found[]): boolean {
  if (final.some(({ confidence }) => confidence !== "not found") !== answerable) return false;
  if (!answerable) return true;
  const [first] = final.flatMap(({ quotations }) => quotations);
  return first === undefined || (citations[0]?.start === first.start && citations[0].documentId === first.documentId);
}

/** Fills the draft: what each part says, or that the text does not say. */
async function* answerFrom(task: Task, parts: readonly Found[], pace: Pace): AsyncGenerator<AnswerEvent, void> {
  const { draft } = task;
  const answered = parts.filter(({ confidence }) => confidence !== "not found");
  draft.answerable = answered.length > 0;
  draft.support = Math.max(...parts.map(({ support }) => support));
  draft.confidence = !draft.answerable
    ? "not found"
    : answered.every((p) => p.confidence === "stated")
      ? "stated"
      : "likely";
  if (!draft.answerable) {
    draft.sentences.push(frame(NOT_SAID));
    yield { type: "sentence", sentence: frame(NOT_SAID) };
    yield* nearestPlaces(task, parts);
    return;
  }
  yield* quoteParts(task, parts, pace);
}

/** Behind "The text does not say.": the nearest places, so that a person can check. No sentence rests on them. */
function* nearestPlaces(task: Task, parts: readonly Found[]): Generator<AnswerEvent, void> {
  const near = parts.flatMap(({ quotations }) => quotations);
  for (const quotation of near.slice(0, MOST_CITATIONS)) {
    if (!overlaps(task.draft.citations, quotation)) yield* quoteOne(task, quotation, false);
  }
}

/** First what is quoted for each part, then further places of all parts in turn. */
async function* quoteParts(task: Task, parts: readonly Found[], pace: Pace): AsyncGenerator<AnswerEvent, void> {
  const { draft } = task;
  const rest: Quotation[][] = [];
  const share = Math.max(1, Math.floor(MOST_QUOTED / parts.length));
  for (const { quotations, confidence } of parts) {
    if (confidence === "not found") {
      const missing = frame(`To one part of the question: ${NOT_SAID.charAt(0).toLowerCase()}${NOT_SAID.slice(1)}`);
      draft.sentences.push(missing);
      yield { type: "sentence", sentence: missing };
      continue;
    }
    const probabilities = quotations.map(({ probability }) => probability);
    const worthy = quotations.slice(0, placesWorthCiting(probabilities));
    const quoted = worthy.slice(0, Math.min(share, placesWorthQuoting(probabilities)));
    rest.push(worthy.slice(quoted.length));
    for (const quotation of quoted) {
      if ((await pace.step()) === "stop") return;
      if (overlaps(draft.citations, quotation)) continue; // another part of the question rests on it
      yield* quoteOne(task, quotation, true);
    }
  }
  for (let rank = 0; rest.some((list) => rank < list.length); rank += 1) {
    for (const list of rest) {
      const quotation = list[rank];
      if (quotation === undefined || draft.citations.length >= MOST_CITATIONS) continue;
      if (overlaps(draft.citations, quotation)) continue;
      if ((await pace.step()) === "stop") return;
      yield* quoteOne(task, quotation, false);
    }
  }
}

/**
 * How many places to cite, best first: until the chance that none of them holds the evidence is at most `left`; always
 * one. Places beyond that cost more trust than they bring.
 */
export function placesWorthCiting(probabilities: readonly number[], left = LEFT_TO_CHANCE): number {
  let none = 1;
  for (const [at, probability] of probabilities.entries()) {
    none *= 1 - probability;
    if (none <= left) return at + 1;
  }
  return probabilities.length;
}

/** How many of them stand in the answer itself: those at least `share` as likely as the best one. The rest are further places. */
export function placesWorthQuoting(probabilities: readonly number[], share = WORTH_QUOTING): number {
  const [best = 0] = probabilities;
  const first = probabilities.slice(0, MOST_QUOTED);
  const less = first.findIndex((probability) => probability < share * best);
  return less < 0 ? first.length : less;
}

/** Probability that at least one of these places holds the evidence. */
export function chanceOfAny(probabilities: readonly number[]): number {
  return 1 - probabilities.reduce((none, probability) => none * (1 - probability), 1);
}

function overlaps(citations: readonly Citation[], quotation: Quotation): boolean {
  return citations.some(
    (other) => other.documentId === quotation.documentId && other.start < quotation.end && quotation.start < other.end,
  );
}

/** A citation, and (for the best) the same words as a sentence of the answer. Unsupported ones are left out. */
function* quoteOne(
  task: Pick<Task, "draft" | "sources">,
  quotation: Quotation,
  isInAnswer: boolean,
): Generator<AnswerEvent, void> {
  const citation = citeQuotation(task.sources.texts, quotation);
  if (!citation.supported) return;
  const index = task.draft.citations.push(citation) - 1;
  yield { type: "citation", index, citation };
  if (!isInAnswer) return;
  const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
  task.draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}

export function citeQuotation(texts: AnswerSources["texts"], quotation: Quotation): Citation {
  const { passage, words, answer, probability } = quotation;
  const why = {
    ...foundBy(passage.retriever, words, quotation.score),
    probability,
    read:
      answer === null ? null : { text: answer.text, start: answer.start, end: answer.end, certainty: answer.certainty },
  };
  return cite(texts, quotation, why);
}
