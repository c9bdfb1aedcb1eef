/**
 * The peers: plain BM25 over windows of fixed length, answered with its first windows, never refusing.
 * Owns: how a ranking is made to look like an answer. Runs on a library in this process.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import type { DirectLibrary } from "./direct.ts";
import { CITATIONS, markAnswer } from "./measure.ts";
import type { GivenCitation, Marks, PlaceText } from "./measure.ts";
import type { EvaluationQuestion } from "./questions.ts";

/** Windows that count as the answer of a peer. */
const IN_ANSWER = 3;

export function markPeer(
  library: DirectLibrary,
  documentId: DocumentId,
  questions: readonly EvaluationQuestion[],
  windowWords: number,
  placeText: PlaceText,
): Marks[] {
  const bm25 = new PlainBm25(library.store.chunks, [documentId], { windowWords });
  return questions.map((question) => {
    const began = performance.now();
    const passages = bm25.search(question.question, CITATIONS);
    const citations = passages.map(({ start, end, text }): GivenCitation => {
      const { page, file, line, endLine } = library.store.texts.place(documentId, start, end);
      return { text, page, file, line, endLine };
    });
    const ms = performance.now() - began;
    const answer = citations
      .slice(0, IN_ANSWER)
      .map(({ text }) => text)
      .join(" ");
    return markAnswer(question, { answer, answerable: citations.length > 0, citations, ms }, placeText);
  });
}

/** Text of a page from the store; of a file from the disk, so that the store's lines are checked against the source. */
export function placeTexts(library: DirectLibrary, documentId: DocumentId, folder: string | null): PlaceText {
  return ({ page, file, line, endLine }) => {
    if (page !== null) return library.store.texts.pageText(documentId, page).text;
    if (file === null || folder === null || line === null) return "";
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    return lines.slice(line - 1, (endLine ?? line) + 1).join("\n");
  };
}
