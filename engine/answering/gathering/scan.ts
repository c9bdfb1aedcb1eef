/**
 * How much a stretch of text tells of a topic: what search thinks of it, asked for the subject and for the subject with
 * the words in which the kind of thing is told, and how many of those words stand in it. And a reading of every passage
 * for what search did not rank.
 * Owns: the score, and that nothing is left out. Does not know: which stretches are quoted in the end.
 */
import type { DocumentId } from "../../protocol/dto.ts";
import { visitTokens } from "../../retrieval/search-tokenizer.ts";
import type { IndexedChunk, RankedPassage } from "../../retrieval/types.ts";
import { unitsOf } from "../windows.ts";
import type { Topic } from "./topic.ts";

export interface Candidate {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly isCode: boolean;
}

export interface ScanWeights {
  /** Search for the subject, and for the subject with telling words: shares of the best score. */
  subject: number;
  expanded: number;
  /** Telling words in the stretch (0..1), and the same times the subject's share in it. */
  told: number;
  both: number;
  /** What is left of hidden text. */
  hidden: number;
}

/** Tuned on bench/evaluate/development only. */
export const SCAN_WEIGHTS: ScanWeights = { subject: 0.7, expanded: 1, told: 1, both: 0.3, hidden: 0.3 };

/** Sentences beyond search's passages are kept when they hold this share of the subject, or tell this much. */
const LEAST_OWN = 0.6;
const LEAST_TOLD = 0.6;

export class Scanner {
  readonly #topic: Topic;
  readonly #weights: ScanWeights;
  readonly #subject: Ranking;
  readonly #expanded: Ranking;
  readonly #ownTotal: number;

  constructor(
    topic: Topic,
    subject: readonly RankedPassage[],
    expanded: readonly RankedPassage[],
    weights: ScanWeights = SCAN_WEIGHTS,
  ) {
    this.#topic = topic;
    this.#weights = weights;
    this.#subject = new Ranking(subject);
    this.#expanded = new Ranking(expanded);
    this.#ownTotal = [...topic.own.values()].reduce((sum, weight) => sum + weight, 0);
  }

  /** The passages of both searches. One that a better one overlaps may be among them. */
  ranked(): Candidate[] {
    const seen = new Set<string>();
    return [...this.#subject.passages, ...this.#expanded.passages].flatMap((passage) => {
      const { documentId, start, end, text, isCode, isHidden } = passage;
      const key = `${documentId}:${start}:${end}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [
        { documentId, start, end, isCode, score: this.score(passage, text) * (isHidden ? this.#weights.hidden : 1) },
      ];
    });
  }

  /** Sentences of a chunk that search did not rank, though they hold the subject or tell of the kind of thing. */
  read(chunk: IndexedChunk): Candidate[] {
    const { documentId, isCode } = chunk;
    const whole = this.measure(chunk.text);
    if (whole.own < LEAST_OWN && whole.told < LEAST_TOLD) return [];
    return unitsOf(chunk.text, chunk.start, isCode).flatMap((unit) => {
      const { own, told } = this.measure(unit.text);
      const stretch = { documentId, start: unit.start, end: unit.end };
      if (own < LEAST_OWN && told < LEAST_TOLD) return [];
      if (this.#subject.shareOf(stretch) > 0 || this.#expanded.shareOf(stretch) > 0) return [];
      return [
        { ...stretch, isCode, score: this.score(stretch, unit.text) * (chunk.isHidden ? this.#weights.hidden : 1) },
      ];
    });
  }

  score(stretch: Pick<Candidate, "documentId" | "start" | "end">, text: string): number {
    const weights = this.#weights;
    const { own, told } = this.measure(text);
    return (
      weights.subject * this.#subject.shareOf(stretch) +
      weights.expanded * this.#expanded.shareOf(stretch) +
      weights.told * told +
      weights.both * told * own
    );
  }

  /** `own`: share (0..1) of the subject's weight in a text. `told`: how much it tells of the asked kind, 0..1. */
  measure(text: string): { readonly own: number; readonly told: number } {
    const own = new Set<string>();
    const told = new Set<string>();
    visitTokens(text, (term) => {
      if (this.#topic.own.has(term)) own.add(term);
      if (this.#topic.told.has(term)) told.add(term);
    });
    return {
      own: this.#ownTotal === 0 ? 0 : weightOf(own, this.#topic.own) / this.#ownTotal,
      told: 1 - Math.exp(-1.2 * weightOf(told, this.#topic.told)),
    };
  }

  /** Words of the text for which it may be chosen, as they stand there, those that weigh most first. */
  wordsIn(text: string): string[] {
    const found = new Map<string, { readonly form: string; readonly weight: number }>();
    visitTokens(text, (term, form) => {
      const weight = (this.#topic.own.get(term) ?? 0) + (this.#topic.told.get(term) ?? 0);
      if (weight > 0 && !found.has(term)) found.set(term, { form, weight });
    });
    return [...found.values()].sort((a, b) => b.weight - a.weight).map(({ form }) => form);
  }
}

/** Search results by document, so that the score at a place is found quickly. */
class Ranking {
  readonly passages: readonly RankedPassage[];
  readonly #byDocument = new Map<DocumentId, RankedPassage[]>();
  readonly #best: number;

  constructor(passages: readonly RankedPassage[]) {
    this.passages = passages;
    this.#best = Math.max(Number.MIN_VALUE, ...passages.map(({ score }) => score));
    for (const passage of passages) {
      const known = this.#byDocument.get(passage.documentId);
      if (known === undefined) this.#byDocument.set(passage.documentId, [passage]);
      else known.push(passage);
    }
  }

  /** Best score of a passage there as a share of the best of all, less where it covers only a part of the stretch. */
  shareOf({ documentId, start, end }: Pick<Candidate, "documentId" | "start" | "end">): number {
    let most = 0;
    for (const passage of this.#byDocument.get(documentId) ?? []) {
      const common = Math.min(end, passage.end) - Math.max(start, passage.start);
      if (common > 0) most = Math.max(most, (passage.score / this.#best) * (common / Math.max(1, end - start)));
    }
    return most;
  }
}

function weightOf(terms: ReadonlySet<string>, weights: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const term of terms) sum += weights.get(term) ?? 0;
  return sum;
}
