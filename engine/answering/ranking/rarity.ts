/** How rare the words of a question are in its scope. Does not know: passages. */
import type { DocumentId } from "../../protocol/dto.ts";
import type { AnswerSources } from "../types.ts";

/** Rarity of each term of the question in the scope: ln(1 + (N - n + .5) / (n + .5)). */
export interface Rarity {
  readonly weightOf: ReadonlyMap<string, number>;
  readonly chunksWith: ReadonlyMap<string, number>;
  readonly total: number;
}

export function rarityOf(
  terms: readonly string[],
  chunks: AnswerSources["chunks"],
  scope: readonly DocumentId[],
): Rarity {
  const { chunks: count, withTerm } = chunks.frequencies(terms, scope);
  const weightOf = new Map<string, number>();
  let total = 0;
  for (const term of terms) {
    const n = withTerm.get(term) ?? 0;
    const weight = Math.log(1 + (Math.max(count, n) - n + 0.5) / (n + 0.5));
    weightOf.set(term, weight);
    total += weight;
  }
  return { weightOf, chunksWith: withTerm, total };
}

/** Share (0..1) of the question's weight that these terms make up. */
export function shareOf(terms: Iterable<string>, rarity: Rarity): number {
  let weight = 0;
  for (const term of terms) weight += rarity.weightOf.get(term) ?? 0;
  return rarity.total === 0 ? 0 : weight / rarity.total;
}
