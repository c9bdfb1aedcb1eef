/**
 * Which characters make words, and how a word is folded for comparison.
 * Owns: character classes and folding. Does not know: stems, identifiers, the index.
 */

export const OTHER = 0;
/** Letter, digit or mark of a script that puts spaces between words; "_" and "$" of identifiers; ignorables inside words. */
export const WORD = 1;
/** A script without spaces between words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese): searched by pairs. */
export const UNSPACED = 2;
/** May stand inside a word between two word characters, or belong to its end ("c++"). Otherwise as OTHER. */
export const JOINT = 3;
/** Half of a character: `classAt` never answers this. */
const SURROGATE = 4;

const WORD_PATTERN = /^[\p{L}\p{N}\p{M}_$\u00AD\u200B-\u200D\u2060]$/u;
const UNSPACED_PATTERN =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々〆]$/u;

const classify = (character: string): number =>
  UNSPACED_PATTERN.test(character) && /[\p{L}\p{M}\p{N}]/u.test(character)
    ? UNSPACED
    : WORD_PATTERN.test(character)
      ? WORD
      : ".-'’‐‑,#+".includes(character)
        ? JOINT
        : OTHER;

// 64 kB, filled on first use: two regular expressions per character are too slow for a whole book.
let classes: Uint8Array | null = null;

/** Class by UTF-16 unit, for loops that cannot afford a call per character; any class above JOINT: ask `classAt`. */
export function classTable(): Uint8Array {
  if (classes !== null) return classes;
  const table = new Uint8Array(65_536);
  for (let unit = 0; unit < 65_536; unit += 1) {
    table[unit] = unit >= 0xd800 && unit <= 0xdfff ? SURROGATE : classify(String.fromCharCode(unit));
  }
  classes = table;
  return table;
}

/** Class of the character at a UTF-16 offset; a surrogate pair is one character. */
export function classAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdfff) return (classes ?? classTable())[unit] ?? OTHER;
  const point = text.codePointAt(at);
  return point === undefined || point <= 0xffff ? OTHER : classify(String.fromCodePoint(point));
}

/** UTF-16 units of the character at `at`. */
export function widthAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff && at + 1 < text.length ? 2 : 1;
}

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ı: "i",
  ħ: "h",
  ŋ: "n",
  ς: "σ",
};

/**
 * NFKC, lower case, accents off: "Crème" and "creme" are one word, "ﬁn" is "fin", "１２" is "12".
 * Only the combining marks of Latin, Greek and Cyrillic go: in Indic scripts marks are vowels.
 */
export function fold(word: string): string {
  if (isPlainAscii(word)) return word.toLowerCase();
  return word
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u00AD\u200B-\u200D\u2060]/gu, "")
    .normalize("NFD")
    .replace(/[\u0300-\u036F]/gu, "")
    .normalize("NFC")
    .replace(/[ßæœøđðþłıħŋς]/gu, (letter) => LETTERS[letter] ?? letter);
}

export function isPlainAscii(word: string): boolean {
  for (let at = 0; at < word.length; at += 1) if (word.charCodeAt(at) > 127) return false;
  return true;
}
