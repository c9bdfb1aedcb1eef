/**
 * Pseudo-relevance feedback by the relevance model RM3: words that the best passages share are asked for too.
 * Lavrenko & Croft 2001 (RM1), Abdul-Jaleel et al. 2004 (RM3). Off in the product: bench/retrieval/ablation.ts.
 * Owns: which words, and their weights. Pure. Does not know: the index, how passages are found.
 */
import type { QueryTerm, SearchQuery } from "./query.ts";
import { isStopWord } from "./query.ts";
import { tokenizeForSearch } from "./search-tokenizer.ts";

export interface FeedbackSettings {
  /** Best passages that are looked at, and words taken from them. */
  readonly passages: number;
  readonly terms: number;
  /** A word's share among the added ones is multiplied by this. */
  readonly weight: number;
}

export const FEEDBACK: FeedbackSettings = { passages: 10, terms: 15, weight: 3 };

/** The query with the feedback's words behind its own. Scores are those of one search, best first. */
export function withFeedback(
  query: SearchQuery,
  found: readonly { readonly text: string; readonly score: number }[],
  settings: FeedbackSettings,
): SearchQuery {
  const best = found.slice(0, settings.passages);
  const top = best[0]?.score ?? 0;
  if (top <= 0) return query;
  const asked = new Set(query.terms.flatMap(({ term, alternates }) => [term, ...alternates]));
  const model = new Map<string, { form: string; share: number }>();
  for (const { text, score } of best) {
    const tokens = tokenizeForSearch(text).filter((token) => !isStopWord(token) && token.term.length > 1);
    for (const { term, form } of tokens) {
      if (asked.has(term)) continue;
      const entry = model.get(term) ?? { form, share: 0 };
      model.set(term, entry);
      // P(word | passage) times P(query | passage), taken as the softened score.
      entry.share += Math.exp((score - top) / (0.2 * top)) / tokens.length;
    }
  }
  const chosen = [...model].sort((a, b) => b[1].share - a[1].share).slice(0, settings.terms);
  const sum = chosen.reduce((total, [, { share }]) => total + share, 0);
  const added = chosen.map(([term, { form, share }], at): QueryTerm => ({
    term,
    form,
    typed: form,
    position: 1_000_000 + 2 * at,
    isPart: false,
    alternates: [],
    isFeedback: true,
    weight: (settings.weight * share) / sum,
  }));
  return { ...query, terms: [...query.terms, ...added] };
}
