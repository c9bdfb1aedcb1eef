/**
 * When two texts say the same words: letters and digits only, so quotation marks, line breaks and markup do not matter;
 * Chinese and its like character by character, because they put no spaces between words.
 * Owns: the comparison, its units of words, and the cut of a citation. Does not know: questions, systems. Pure.
 */
const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}`;
const TOKEN = new RegExp(String.raw`[${UNSPACED}]|[[\p{L}\p{N}]--[${UNSPACED}]]+`, "gv");
const UNSPACED_CHARACTER = new RegExp(`[${UNSPACED}]`, "gv");
const SPACED_CHARACTER = new RegExp(String.raw`[[\p{L}\p{N}]--[${UNSPACED}]]`, "v");

/** Longest citation that counts, in words. */
export const CITED_WORDS = 60;

/** Words of letters and digits in lower case. */
export function tokens(text: string): string[] {
  return text.normalize("NFKC").toLowerCase().match(TOKEN) ?? [];
}

/** The same with one space between words and around them. */
export function plain(text: string): string {
  return ` ${tokens(text).join(" ")} `;
}

/** The passage's words stand in the text, in order and next to each other. An empty passage stands nowhere. */
export function holds(text: string, passage: string): boolean {
  const words = plain(passage);
  return words.trim() !== "" && plain(text).includes(words);
}

/** At least this share of a passage's words has to stand in a text that touches it. */
const TOUCHED_SHARE = 0.6;

/** A stretch of at least 60 % of the passage's words, next to each other and in order, stands in the text. */
export function touches(text: string, passage: string): boolean {
  const words = tokens(passage);
  const length = Math.ceil(words.length * TOUCHED_SHARE);
  if (length === 0) return false;
  const found = plain(text);
  for (let from = 0; from + length <= words.length; from += 1)
    if (found.includes(` ${words.slice(from, from + length).join(" ")} `)) return true;
  return false;
}

/** Words between white space that hold a letter or digit; two characters of Chinese or Japanese make one. */
export function wordsIn(text: string): number {
  let words = 0;
  for (const [stretch] of text.matchAll(/\S+/gu)) words += wordsOfStretch(stretch);
  return Math.ceil(words);
}

function wordsOfStretch(stretch: string): number {
  const characters = stretch.match(UNSPACED_CHARACTER)?.length ?? 0;
  return characters / 2 + (SPACED_CHARACTER.test(stretch) ? 1 : 0);
}

/** The text's first words, at most `most`; a long stretch of Chinese is cut inside. */
export function cutToWords(text: string, most: number = CITED_WORDS): string {
  let words = 0;
  for (const match of text.matchAll(/\S+/gu)) {
    const [stretch] = match;
    const more = wordsOfStretch(stretch);
    if (words + more <= most) {
      words += more;
      continue;
    }
    const room = more > 1 ? Math.floor((most - words) * 2) : 0;
    return text.slice(0, match.index + stretch.slice(0, room).length).trimEnd();
  }
  return text;
}

/** A citation may run over the end of its page: its beginning has to stand there, at the latest as the page's last words. */
export function beginsOn(page: string, text: string): boolean {
  const words = tokens(text).slice(0, 6);
  const found = plain(page).trimEnd();
  if (found.includes(` ${words.join(" ")}`)) return true;
  return words.some((_, i) => i > 0 && found.endsWith(` ${words.slice(0, i).join(" ")}`));
}
