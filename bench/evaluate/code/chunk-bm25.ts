/**
 * Plain BM25 over the index's own chunks: a second peer, for code is cut at functions there and not after 60 words.
 * Okapi BM25, k1 = 1.2, b = .75, plain lower-cased words, as engine/retrieval/baseline.ts.
 */
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import type { ChunkIndex } from "../../../engine/retrieval/types.ts";

const K1 = 1.2;
const B = 0.75;
const WORD = /[\p{L}\p{N}_]+/gu;

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly counts: ReadonlyMap<string, number>;
}

export class ChunkBm25 {
  readonly #chunks: Chunk[] = [];
  readonly #holding = new Map<string, number>();
  readonly #averageWords: number;

  constructor(index: Pick<ChunkIndex, "scan">, id: DocumentId) {
    let total = 0;
    for (const { start, end, text } of index.scan([id])) {
      const counts = new Map<string, number>();
      let words = 0;
      for (const [word] of text.toLowerCase().matchAll(WORD)) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        words += 1;
      }
      for (const word of counts.keys()) this.#holding.set(word, (this.#holding.get(word) ?? 0) + 1);
      this.#chunks.push({ start, end, words, counts });
      total += words;
    }
    this.#averageWords = total / Math.max(1, this.#chunks.length);
  }

  search(query: string, limit: number): { start: number; end: number; score: number }[] {
    const asked = query.toLowerCase().match(WORD) ?? [];
    const scored = this.#chunks.map(({ start, end, words, counts }) => {
      let score = 0;
      for (const word of asked) {
        const count = counts.get(word) ?? 0;
        if (count === 0) continue;
        const holding = this.#holding.get(word) ?? 0;
        const idf = Math.log(1 + (this.#chunks.length - holding + 0.5) / (holding + 0.5));
        score += (idf * count * (K1 + 1)) / (count + K1 * (1 - B + (B * words) / this.#averageWords));
      }
      return { start, end, score };
    });
    return scored
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}
