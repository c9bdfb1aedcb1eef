/**
 * What the words of a question may be called in the text: related words, and names of the kind of thing that was asked
 * for ("which disease": typhoid). Owns: which word of a question names that kind.
 * Does not know: the lexicon's form, scores.
 */
import type { Lexicon } from "../../lexicon/lexicon.ts";
import { visitTokens } from "../../retrieval/search-tokenizer.ts";
import type { Question } from "../question.ts";

export interface Meaning {
  /** Term of the text to the question's term that it may stand for, and how near it is (0..1). */
  readonly related: ReadonlyMap<string, { readonly term: string; readonly nearness: number }>;
  /** Terms that name a kind of the thing asked for; none when the question asks for none. */
  readonly kinds: ReadonlySet<string>;
}

const NOTHING: Meaning = { related: new Map(), kinds: new Set() };

export function meaningOf(question: Question, lexicon: Lexicon | null): Meaning {
  if (lexicon === null) return NOTHING;
  const related = new Map<string, { term: string; nearness: number }>();
  const own = new Set(question.words.map(({ term }) => term));
  for (const { term, word, isName } of question.words) {
    if (isName) continue;
    for (const [other, nearness] of lexicon.related(word)) {
      const found = termOf(other);
      if (found === null || own.has(found)) continue;
      if (nearness > (related.get(found)?.nearness ?? 0)) related.set(found, { term, nearness });
    }
  }
  const asked = askedKind(question.text);
  const kinds = new Set<string>();
  for (const kind of asked === null ? [] : lexicon.kindsOf(asked)) {
    const term = termOf(kind);
    if (term !== null && !own.has(term)) kinds.add(term);
  }
  return { related, kinds };
}

const terms = new Map<string, string | null>();

/** The search term of a single word; remembered, because the same words come again with every question. */
function termOf(word: string): string | null {
  const known = terms.get(word);
  if (known !== undefined) return known;
  let term: string | null = null;
  visitTokens(word, (found) => {
    term ??= found;
  });
  if (terms.size > 50_000) terms.clear();
  terms.set(word, term);
  return term;
}

const AUXILIARY =
  "did|does|do|is|are|was|were|has|had|have|can|could|will|would|shall|should|must|may|might|that|who|in|on|of|for|to";
const ASKED = new RegExp(
  String.raw`\b(?:what|which)\s+(?:(?:other|two|three|kinds?|sorts?|types?|pieces?|items?|names?|forms?|of|the|a)\s+)*((?:[\p{L}-]+\s+){0,2}?[\p{L}-]+)\s+(?:${AUXILIARY}|\p{L}+(?:ed|s))\b`,
  "iu",
);
const NAMED = /\bwhat (?:is|was|are|were) the (?:name|kind|sort|type)s? of (?:the |a |an )?([\p{L}-]+)/iu;

/** The noun of "what metal", "which of the animals", "what kind of business"; null when none is named. */
export function askedKind(text: string): string | null {
  const found = NAMED.exec(text)?.[1] ?? ASKED.exec(text)?.[1]?.split(/\s+/u).at(-1);
  return found === undefined || found.length < 3 ? null : found.toLowerCase();
}
