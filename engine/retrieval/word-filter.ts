/**
 * Says of a plain English word, by its first two letters, that none of some terms can be its stem.
 * Owns: that test. Search takes a whole book's words apart for each query; nine in ten need no look at all.
 * Stems keep a word's first two letters (but y becomes i); irregular forms are listed one by one.
 */
import { isPlainAscii } from "./characters.ts";
import { irregularFormsOf } from "./stem.ts";

const A = 97;
const Y = 121;
const I = 105;

export class WordFilter {
  /** By first and second letter; a missing second letter is 0. */
  readonly #possible = new Uint8Array(26 * 27);

  /** `terms` as the index has them. */
  constructor(terms: readonly string[]) {
    for (const term of terms) {
      for (const form of [term, ...irregularFormsOf(term)]) {
        if (isPlainAscii(form)) this.#possible[slotOf(form.charCodeAt(0), form.charCodeAt(1))] = 1;
      }
    }
  }

  /** Units of the first two characters of a word of the letters a to z (the first one small or capital). */
  mayMatch(first: number, second: number): boolean {
    return this.#possible[slotOf(first, second)] === 1;
  }
}

/** NaN (no second letter) and what is no letter share a slot. */
function slotOf(first: number, second: number): number {
  const letter = second === Y ? I : second;
  const column = letter >= A && letter < A + 26 ? letter - A + 1 : 0;
  return ((first | 32) - A) * 27 + column;
}
