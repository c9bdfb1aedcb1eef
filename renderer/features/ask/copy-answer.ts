/** An answer as plain text with its pages, for other programs. A sentence without support is left out. Pure. */
import type { Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { inQuotationMarks } from "./quotation-marks.ts";
import { placeLabel } from "./places.ts";
import { isWeighed, type Turn } from "./turn.ts";

export function answerAsText(turn: Turn, title: string): string {
  const lines = [turn.question, "", ...shortAnswer(turn)];
  for (const sentence of turn.sentences) {
    const cited = sentence.citations.flatMap((index) => {
      const citation = turn.citations[index];
      return citation?.supported === true ? [citation] : [];
    });
    if (sentence.voice === "model" && cited.length === 0) continue;
    const text = sentence.voice === "document" ? inQuotationMarks(sentence.text) : sentence.text;
    lines.push(cited.length === 0 ? text : `${text} (${places(cited)})`);
  }
  lines.push("", turn.coverage === null ? title : `${title}. ${words.coverage(turn.coverage)}.`);
  return lines.join("\n");
}

function places(citations: readonly Citation[]): string {
  return citations.map((citation, index) => placeLabel(citation, citations[index - 1] ?? null)).join(", ");
}

/** The short answer with its page, and how sure it is, as on the screen. */
function shortAnswer({ answer, citations }: Turn): string[] {
  if (answer === null || !answer.answerable || !isWeighed(answer)) return [];
  const citation = citations[answer.span?.citation ?? -1];
  const surety = `${words.surety[answer.confidence]}.`;
  if (answer.span === null || citation === undefined) return [surety, ""];
  return [`${inQuotationMarks(answer.span.text)} (${placeLabel(citation)}). ${surety}`, ""];
}
