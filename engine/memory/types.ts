/**
 * Segments and views as plain data.
 * Owns: what a segment is, what a view plan is. Knows nothing about files, the database, the runtime.
 */

/** A block of a document as the segment planner wants it. Offsets are UTF-16 units in the normalised text. */
export interface MemoryUnit {
  readonly text: string;
  /** Offset of the first character of `text`. */
  readonly start: number;
  /** What stands between this block and the next in the normalised text ("\n\n", " ", ""); read together with it. */
  readonly joiner: string;
  /** First block of a file of a repository, or a heading of outline level 1 or 2: a segment never spans it. */
  readonly opensPart: boolean;
}

export interface Segment {
  /** Characters [start, end) of the normalised text, joiners included. */
  readonly start: number;
  readonly end: number;
  readonly tokenIds: readonly number[];
}

/** A memory that could be shown. Candidates come in the order in which those that fit are laid out. */
export interface MemoryCandidate {
  readonly key: string;
  readonly slots: number;
  /** Higher is more relevant to the question; equal when there is no ranking. */
  readonly relevance: number;
}

/** A raw passage that could be shown; the best one first. */
export interface PassageCandidate {
  readonly tokens: number;
}

export interface ViewBudget {
  /** Positions that may be used in all: the smaller of the model's limit and what it was trained on. */
  readonly maxPositions: number;
  /** Tokens of sinks and system text, always shown. */
  readonly sinkTokens: number;
  /** Tokens of the question, always shown. */
  readonly questionTokens: number;
  /** Positions kept free for what will be generated. */
  readonly reserve: number;
  /** At most this share (0..1) of what remains goes to raw passages; what they leave goes to memories. Default 0.5. */
  readonly passageShare?: number;
  /** Upper bound on memory slots, for speed. Default: no bound. */
  readonly maxSlots?: number;
}

export interface ViewPlan {
  /** Indices into the candidates, in their order. */
  readonly memories: readonly number[];
  /** Indices into the passages, in the order given (best first); the caller orders them for reading. */
  readonly passages: readonly number[];
  readonly memorySlots: number;
  readonly passageTokens: number;
  /** All memories are shown; otherwise the view must say how many are not. */
  readonly isWhole: boolean;
  /** Positions in use before generation. */
  readonly positions: number;
}
