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

/**
 * How many places were gathered. Asked for a number of things, a number of places must not look like the answer: the
 * things are not counted, and it says so.
 */
export function placesSentence(
  places: number,
  spanned: number,
  parts: { readonly total: number; readonly name: string },
  form: string,
): string {
  const where = `${grouped(places)} ${places === 1 ? "place" : "places"} in ${spanned} of ${parts.total} ${parts.name}`;
  return form === "count" ? `Not counted, only looked for: ${where} may tell of it.` : `${where}.`;
}

const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/gu, ",");
