/**
 * Is a written sentence borne out by the raw text? A sentence earns a citation only when one passage of at most 60 words
 * holds its numbers, names and identifiers exactly and most of its other words, or when it copies a stretch of it.
 * Owns: that rule. Pure. Does not know: models, views, documents. Memory is never asked: it cannot be quoted.
 */
import { tokenizeForSearch } from "../retrieval/search-tokenizer.ts";
import { wordsOf } from "./question.ts";
import { normalise } from "./normalised.ts";

export interface RawPassage {
  readonly text: string;
}

/** Words in a row that make a copy. */
const COPY_WORDS = 7;
/** Share of the sentence's words of substance that one passage has to hold. */
const LEAST_SHARE = 0.7;

/** Index of the passage that bears the sentence out best, or null when none does. */
export function supportingPassage(sentence: string, passages: readonly RawPassage[]): number | null {
  const words = wordsOf(sentence);
  if (words.length === 0) return null;
  const strict = strictWords(sentence);
  let best: { readonly index: number; readonly share: number } | null = null;
  for (const [index, passage] of passages.entries()) {
    const held = new Set<string>();
    for (const { term, form } of tokenizeForSearch(passage.text)) {
      held.add(term);
      held.add(form);
    }
    if (!strict.every((form) => held.has(form))) continue;
    const share = words.filter(({ term }) => held.has(term)).length / words.length;
    const isCopy = copies(sentence, passage.text);
    if (share < LEAST_SHARE && !isCopy) continue;
    const worth = share + (isCopy ? 1 : 0);
    if (best === null || worth > best.share) best = { index, share: worth };
  }
  return best?.index ?? null;
}

/** Forms that have to stand in the passage exactly: numbers, identifiers, names (also the one that opens the sentence). */
function strictWords(sentence: string): string[] {
  const strict = new Set<string>();
  for (const { form, start, end, kind } of tokenizeForSearch(sentence)) {
    const word = sentence.slice(start, end);
    if (kind === "part" || kind === "single" || kind === "pair") continue;
    const isName = /^\p{Lu}/u.test(word) && start > 0 && !/[.?!:]["”’]?\s*$/u.test(sentence.slice(0, start));
    if (/\d/u.test(word) || /[a-z][A-Z]|_|\w\.\w/u.test(word) || (isName && word !== "I")) strict.add(form);
  }
  return [...strict];
}

/** Does the sentence hold so many words in a row of the passage? */
export function copies(sentence: string, passage: string): boolean {
  const words = normalise(sentence)
    .text.split(" ")
    .filter((word) => word !== "");
  const haystack = ` ${normalise(passage).text} `;
  for (let at = 0; at + COPY_WORDS <= words.length; at += 1) {
    if (haystack.includes(` ${words.slice(at, at + COPY_WORDS).join(" ")} `)) return true;
  }
  return false;
}
