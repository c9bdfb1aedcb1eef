/**
 * The words to quote at a place: the stretch as it was found when it can stand alone, else sentences around it or a part
 * of a sentence that is too long; at most 60 words, on one page, in one file, overlapping no other quotation.
 * Does not know: why the place was chosen.
 */
import type { AnswerSources } from "../types.ts";
import { endsLikeSentence, growWindow, lengthOfWords, QUOTE_WORDS, quotedWords, unitsOf } from "../windows.ts";
import type { Unit } from "../windows.ts";
import type { Candidate } from "./scan.ts";

/** Characters around a place in which its neighbours are looked for. */
const AROUND = 700;

interface Range {
  readonly start: number;
  readonly end: number;
}

export function quoteAt(
  place: Omit<Candidate, "score">,
  others: readonly (Range & Pick<Candidate, "documentId">)[],
  texts: AnswerSources["texts"],
  worthOf: (text: string) => number,
): Range {
  const { documentId, isCode } = place;
  const { low, high } = boundsOf(place, others, texts);
  const base = Math.max(low, place.start - AROUND);
  const units = unitsOf(texts.text(documentId, base, Math.min(high, place.end + AROUND)), base, isCode);
  const inside = units.filter(({ start, end }) => start >= place.start && end <= place.end);
  const found = withoutHeading(inside, isCode);
  const words = inside.length === 0 ? 0 : quotedWords(texts.text(documentId, found.start, place.end));
  if (words > 0 && words <= QUOTE_WORDS && place.end <= high && found.isWhole)
    return { start: found.start, end: place.end };
  const core = mostWorth(units, place, worthOf);
  const unit = units[core];
  if (unit === undefined) return { start: place.start, end: Math.min(place.end, high) };
  if (unit.words > QUOTE_WORDS) return bestStretch(unit, worthOf);
  const worth = (at: number): number => worthOf(units[at]?.text ?? "");
  return growWindow(units, core, { low, high, worth, isCode });
}

/** Behind the last thing that does not end like a sentence: a heading, a running title. A table's rows stay. */
function withoutHeading(units: readonly Unit[], isCode: boolean): { start: number; isWhole: boolean } {
  const [first] = units;
  if (first === undefined) return { start: 0, isWhole: false };
  if (isCode) return { start: first.start, isWhole: true };
  const closed = units.findIndex(({ text }) => endsLikeSentence(text));
  // Nothing there ends like a sentence: a list, a table.
  if (closed < 0) return { start: first.start, isWhole: true };
  let from = 0;
  for (let at = 0; at < closed; at += 1) if ((units[at]?.words ?? 0) <= 8) from = at + 1;
  return { start: units[from]?.start ?? first.start, isWhole: true };
}

function mostWorth(units: readonly Unit[], place: Range, worthOf: (text: string) => number): number {
  let best = -1;
  let most = -1;
  for (const [at, unit] of units.entries()) {
    if (unit.end <= place.start || unit.start >= place.end) continue;
    const worth = worthOf(unit.text);
    if (worth > most) [best, most] = [at, worth];
  }
  return best;
}

/** Of a sentence that is too long, the 60 words from a clause on that are worth most. */
function bestStretch(unit: Unit, worthOf: (text: string) => number): Range {
  const first = lengthOfWords(unit.text, QUOTE_WORDS);
  let best = { start: unit.start, end: unit.start + first };
  let most = worthOf(unit.text.slice(0, first));
  for (const match of unit.text.matchAll(/(?:[,;:—–]|\s\|)["”’')]*\s*(?=\S)/gu)) {
    const from = match.index + match[0].length;
    const length = lengthOfWords(unit.text.slice(from), QUOTE_WORDS);
    const worth = worthOf(unit.text.slice(from, from + length));
    if (worth > most + 0.02) {
      best = { start: unit.start + from, end: unit.start + from + length };
      most = worth;
    }
    if (from + length >= unit.text.length) break;
  }
  return best;
}

/** The page and the file on which it begins, up to the next quotation; a sentence may run over a page's end. */
function boundsOf(
  { documentId, start, end }: Omit<Candidate, "score">,
  others: readonly (Range & Pick<Candidate, "documentId">)[],
  texts: AnswerSources["texts"],
): { low: number; high: number } {
  const holds = (range: Range): boolean => range.start <= start && start < range.end;
  const file = texts.files(documentId).find(holds);
  const page = texts.pages(documentId).find(holds);
  let low = Math.max(file?.start ?? 0, page?.start ?? 0);
  let high = Math.min(file?.end ?? texts.length(documentId), Math.max(page?.end ?? Number.POSITIVE_INFINITY, end));
  for (const other of others) {
    if (other.documentId !== documentId) continue;
    if (other.end <= start) low = Math.max(low, other.end);
    if (other.start >= end) high = Math.min(high, other.start);
  }
  return { low, high };
}
