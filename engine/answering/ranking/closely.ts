/**
 * A closer look at the likeliest passages of a search: the reader reads them, and beside it, on another thread, the
 * language model is asked how likely each makes the question.
 * Owns: how many are read and asked, and when the model is asked at all. Does not know: what either is worth.
 */
import type { Question } from "../question.ts";
import type { Task } from "../types.ts";
import { type Closely, NOT_READ, readLooks, weighCandidates } from "./candidates.ts";
import { FUSION } from "./fusion-weights.ts";
import type { Look } from "./look.ts";
import type { Rarity } from "./rarity.ts";
import { fittedForm, recallStretches, recallTexts } from "./recall.ts";
import type { RecallForm } from "./regression.ts";

/** The likeliest passages, which are read, and behind which the question is scored. */
const READ = 50;

/** What search found for one question with one part, looked at, before anything is weighed. */
export interface Searched {
  readonly question: Question;
  readonly rarity: Rarity;
  readonly looks: readonly Look[];
}

export type FindTask = Pick<Task, "request" | "sources" | "signals">;

/** Of each look, what was read there and what the model says; null for those that search alone found unlikely. */
export async function lookClosely(searched: Searched, task: FindTask): Promise<Closely> {
  const { sources, signals } = task;
  const { question, looks } = searched;
  if (sources.reader === null || !isReadable(question.text)) return NOT_READ;
  const likeliest = weighCandidates(question, looks, NOT_READ, searched.rarity)
    .slice(0, READ)
    .map(({ look }) => look);
  const reading = readLooks(question.text, likeliest, sources.reader, signals.cancel);
  const [answers, recalls] = await Promise.all([reading, recall(question.text, likeliest, task)]);
  const placeOf = new Map(likeliest.map((look, at) => [look, at]));
  const each = <T>(of: readonly (T | null)[]): (T | null)[] => looks.map((look) => of[placeOf.get(look) ?? -1] ?? null);
  return { answers: each(answers), recalls: each(recalls) };
}

async function recall(text: string, looks: readonly Look[], task: FindTask): Promise<(number | null)[]> {
  const { remembering } = task.sources;
  const { cancel } = task.signals;
  const form = formOf(task);
  if (remembering === null || form === "never") return [];
  if (form !== "text") {
    const stretches = looks.map(({ passage }) => passage);
    return await recallStretches(text, stretches, remembering, form, cancel);
  }
  const passages = looks.map(({ context }) => context.text);
  return await recallTexts(text, passages, remembering.model, cancel);
}

/**
 * Asked only where the fit said that it helps, and only the model of the fit; for measuring, as it is wished. The person
 * may switch the memory off; a passage's text needs none, so it is asked right after import.
 */
function formOf({ request, sources: { remembering, recalls } }: FindTask): RecallForm | "never" {
  if (remembering === null) return "never";
  const form = recalls?.form ?? (FUSION.recall.isUsed ? fittedForm(remembering.model.info) : "never");
  return form === "text" || request.memory === "on" ? form : "never";
}

/** Whether memories of the documents spoke in what was found out. */
export function usesMemory(task: FindTask, closely: readonly Closely[]): boolean {
  const form = formOf(task);
  if (form === "never" || form === "text") return false;
  return closely.some(({ recalls }) => recalls.some((gain) => gain !== null));
}

/** Reader and language model were trained on English; in other scripts they only guess. */
function isReadable(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return latin > 0.7 * letters;
}
