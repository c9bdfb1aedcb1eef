/**
 * The peers over the samples: plain BM25 over windows of fixed length (systems.ts), and the words at a cited place.
 * Owns: nothing but the bridge between systems and the samples' marks. Runs on a library in this process.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { DirectLibrary } from "./direct.ts";
import { CITATIONS } from "./marks.ts";
import { markAnswer } from "./measure.ts";
import type { Marks, PlaceText } from "./measure.ts";
import type { EvaluationQuestion } from "./questions.ts";
import { peer } from "./systems.ts";

export async function markPeer(
  library: DirectLibrary,
  documentId: DocumentId,
  questions: readonly EvaluationQuestion[],
  windowWords: number,
  placeText: PlaceText,
): Promise<Marks[]> {
  const opened = peer(windowWords, { windows: CITATIONS, citedWords: null }).open(library, documentId);
  const marks: Marks[] = [];
  for (const question of questions) {
    const { answer, refused, citations, ms } = await opened.answer(question.question);
    marks.push(markAnswer(question, { answer, answerable: !refused, citations, ms }, placeText));
  }
  return marks;
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
