/**
 * Asks every system every question of one document, and every retriever for its first fifty passages.
 * Owns: the order of asking. Does not know: where documents come from, how figures are printed.
 */
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { DirectLibrary } from "./direct.ts";
import { markQuestion, rankOf } from "./marks.ts";
import type { AskedQuestion, Cited, QuestionMarks, SystemAnswer } from "./marks.ts";
import { standsOnPage } from "./source-pages.ts";
import type { Retriever, System } from "./systems.ts";

export interface Given {
  readonly asked: AskedQuestion;
  readonly answer: SystemAnswer;
  readonly marks: QuestionMarks;
}

/** By system, in the order of the questions. */
export type GivenBySystem = Map<string, Given[]>;

export async function askAll(
  library: DirectLibrary,
  documentId: DocumentId,
  questions: readonly AskedQuestion[],
  systems: readonly System[],
  pages: ReadonlyMap<number, string>,
  given: GivenBySystem,
): Promise<void> {
  const isOnPage = (cited: Cited): boolean => standsOnPage(pages, cited);
  for (const { name, kinds, citedWords, open } of systems) {
    const asked = questions.filter(({ kind }) => kinds === undefined || kinds.includes(kind));
    if (asked.length === 0) continue;
    const list = given.get(name) ?? [];
    given.set(name, list);
    const opened = open(library, documentId);
    for (const question of asked) {
      const answer = await opened.answer(question.question);
      list.push({ asked: question, answer, marks: markQuestion(question, answer, { citedWords, isOnPage }) });
    }
  }
}

export const RECALL_DEPTH = 50;

export interface RetrieverRank {
  readonly id: string;
  readonly document: string;
  /** Rank at which all needed places stand in its passages; Infinity when not among the first fifty. */
  readonly rank: number;
  readonly ms: number;
}
export type RanksByRetriever = Map<string, RetrieverRank[]>;

export function searchAll(
  library: DirectLibrary,
  documentId: DocumentId,
  questions: readonly AskedQuestion[],
  retrievers: readonly Retriever[],
  ranks: RanksByRetriever,
): void {
  for (const { name, open } of retrievers) {
    const list = ranks.get(name) ?? [];
    ranks.set(name, list);
    const search = open(library, documentId);
    for (const { id, document, kind, question, needed } of questions) {
      if (kind !== "place" && kind !== "two") continue;
      const began = performance.now();
      const found = search(question, RECALL_DEPTH);
      const ms = performance.now() - began;
      list.push({ id, document, ms, rank: rankOf(needed, found, (place, cited) => place.stands(cited)) });
    }
  }
}
