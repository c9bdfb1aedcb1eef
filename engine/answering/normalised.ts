/**
 * Text made comparable for exact search: white space, quotation marks, dashes and case do not matter; offsets are kept.
 * Owns: the folding and the way back. Does not know: documents. Pure.
 */
export interface Normalised {
  readonly text: string;
  /** For every UTF-16 unit of `text`, and one more: the offset in the source. */
  readonly offsets: Uint32Array;
}

const MARKS: Readonly<Record<string, string>> = {
  "‘": "'",
  "’": "'",
  "‚": "'",
  "‛": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "«": '"',
  "»": '"',
  "–": "-",
  "—": "-",
  "‐": "-",
  "‑": "-",
  "−": "-",
  "…": "...",
};

export function normalise(source: string): Normalised {
  let text = "";
  const offsets = new Uint32Array(source.length * 3 + 1);
  let wasSpace = true;
  for (let at = 0; at < source.length; at += 1) {
    const unit = source.charAt(at);
    if (/\s/u.test(unit)) {
      if (!wasSpace) {
        offsets[text.length] = at;
        text += " ";
      }
      wasSpace = true;
      continue;
    }
    wasSpace = false;
    const folded = MARKS[unit] ?? lower(unit);
    for (let i = 0; i < folded.length; i += 1) offsets[text.length + i] = at;
    text += folded;
  }
  offsets[text.length] = source.length;
  return { text, offsets: offsets.subarray(0, text.length + 1) };
}

/** One unit stays one to three units, so that offsets stay whole ("İ" becomes two). */
function lower(unit: string): string {
  const small = unit.toLowerCase();
  return small.length <= 3 ? small : unit;
}

/** All places of `phrase` in the text as [start, end) of the source, not overlapping. */
export function findAll(haystack: Normalised, phrase: string): [number, number][] {
  const needle = normalise(phrase.trim()).text.trim();
  const found: [number, number][] = [];
  if (needle === "") return found;
  for (let at = haystack.text.indexOf(needle); at >= 0; at = haystack.text.indexOf(needle, at + needle.length)) {
    const last = haystack.offsets[at + needle.length - 1] ?? 0;
    found.push([haystack.offsets[at] ?? 0, last + 1]);
  }
  return found;
}
