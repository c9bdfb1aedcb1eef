/**
 * The few sentences that Longleaf says in its own voice inside an answer; everything else is the document or the model.
 * Owns: their words. Does not know: what led to them.
 */
import type { AnswerSentence, Coverage } from "../protocol/dto.ts";

export const NOT_SAID = "The text does not say.";

export function frame(text: string): AnswerSentence {
  return { text, voice: "longleaf", citations: [] };
}

export function checkedSentence({ checked, total, unit }: Coverage): string {
  return `Checked ${grouped(checked)} of ${grouped(total)} ${unit}.`;
}

export function countSentence(topic: string, total: number, shown: number): string {
  const places = total === 1 ? "place" : "places";
  const found = total === 0 ? `“${topic}” was not found.` : `“${topic}”: ${grouped(total)} ${places}.`;
  return shown < total ? `${found} The first ${grouped(shown)} are shown.` : found;
}

const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/gu, ",");
