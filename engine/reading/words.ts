/**
 * Words of questions and passages as the reader was trained to see them: stems and stop words.
 * The same rules stand in training/reader/words.py; test/parity/reader/ holds both to one golden file.
 * Not the search tokenizer (engine/retrieval): this one never changes without new weights.
 */
const STOP = new Set(
  (
    "a an the of to in on at by for from with and or but if is are was were be been being am do does did has have had " +
    "not no it its he she they them his her their him i you we us our your my me this that these those there what " +
    "which who whom whose when where why how as than then so such can could will would should may might must shall " +
    "about into over after before out up down s t"
  ).split(" "),
);

/** Suffix, replacement, letters that have to stay: the first that fits is taken. */
const SUFFIXES: readonly (readonly [ending: string, instead: string, least: number])[] = [
  ["sses", "ss", 3],
  ["ies", "y", 2],
  ["edly", "", 3],
  ["ingly", "", 3],
  ["ing", "", 3],
  ["ed", "", 3],
  ["es", "e", 3],
  ["s", "", 3],
  ["ly", "", 3],
];
const NOT_PLURAL = /(?:ss|us|is)$/u;
const WORD = /[\p{L}\p{N}]+/gu;

/** Words in lower case, as Python's `[^\W_]+` finds them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** A short suffix stripper in the manner of Porter (1980); `word` in lower case. */
export function stemOf(word: string): string {
  if (lengthOf(word) <= 3) return word;
  let stem = withoutSuffix(word);
  if (lengthOf(stem) > 3 && stem.endsWith("e")) stem = stem.slice(0, -1);
  if (lengthOf(stem) > 3 && stem.endsWith("y")) stem = `${stem.slice(0, -1)}i`;
  return stem;
}

function withoutSuffix(word: string): string {
  for (const [ending, instead, least] of SUFFIXES) {
    if (!word.endsWith(ending) || lengthOf(word) - ending.length < least) continue;
    if (ending === "s" && NOT_PLURAL.test(word)) continue;
    const stem = word.slice(0, word.length - ending.length) + instead;
    const isDoubled = stem.at(-1) === stem.at(-2) && !"lsz".includes(stem.at(-1) ?? "");
    return (ending === "ing" || ending === "ed") && lengthOf(stem) > 3 && isDoubled ? stem.slice(0, -1) : stem;
  }
  return word;
}

/** A stop word, or a single letter that is not a digit. */
export function isCommon(stem: string): boolean {
  return STOP.has(stem) || (lengthOf(stem) < 2 && !/^\p{Nd}$/u.test(stem));
}

/** Letters as Python counts them. */
function lengthOf(word: string): number {
  let count = 0;
  for (const _ of word) count += 1;
  return count;
}
