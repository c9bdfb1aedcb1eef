/**
 * A closer look at the likeliest passages of a search: the reader reads them.
 * Owns: how many are read, and of which questions. Does not know: what a reading is worth.
 */
import type { Question } from "../question.ts";
import type { Task } from "../types.ts";
import { type Closely, NOT_READ, readLooks, weighCandidates } from "./candidates.ts";
import type { Look } from "./look.ts";
import type { Rarity } from "./rarity.ts";

/** The likeliest passages, which are read. */
const READ = 50;

/** What search found for one question with one part, looked at, before anything is weighed. */
export interface Searched {
  readonly question: Question;
  readonly rarity: Rarity;
  readonly looks: readonly Look[];
}

export type FindTask = Pick<Task, "request" | "sources" | "signals">;

/** Of each look, what was read there; null for those that search alone found unlikely. */
export async function lookClosely(
  { question, rarity, looks }: Searched,
  { sources, signals }: FindTask,
): Promise<Closely> {
  if (sources.reader === null || !isReadable(question.text)) return NOT_READ;
  const likeliest = weighCandidates(question, looks, NOT_READ, rarity)
    .slice(0, READ)
    .map(({ look }) => look);
  const answers = await readLooks(question.text, likeliest, sources.reader, signals.cancel);
  const read = new Map(likeliest.map((look, at) => [look, answers[at] ?? null]));
  return looks.map((look) => read.get(look) ?? null);
}

/** The reader was trained on English; in other scripts it only guesses. */
function isReadable(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return latin > 0.7 * letters;
}
