/**
 * The shape of the reader as the rest of the engine sees it. Knows nothing about graphs, threads, search.
 */

/** What the reader thinks of one passage. */
export interface Reading {
  /** Log odds that the passage answers the question. */
  readonly relevance: number;
  /** The best answer inside the passage, UTF-16 units of the passage. */
  readonly start: number;
  readonly end: number;
  /** Logit of its beginning plus that of its end. */
  readonly score: number;
  /** Probability (0..1) of this beginning and this end among all of the passage. */
  readonly certainty: number;
}

export interface PassageReader extends AsyncDisposable {
  /** Hex key of weights and tokenizer. */
  readonly hash: string;
  /** One reading per passage, in their order. Errors: Cancelled; EngineCrashed. */
  read(question: string, passages: readonly string[], signal: AbortSignal): Promise<Reading[]>;
}
