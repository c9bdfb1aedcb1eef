/**
 * How likely the model finds a known answer after a document's view: what a memory is worth, in nats per token.
 * For evaluation and tests (contract method evaluate.nll); answering does not use it.
 */
import { EngineError } from "../protocol/errors.ts";
import type { DocumentId, MemoryMode } from "../protocol/dto.ts";
import type { Retriever } from "../retrieval/types.ts";
import type { Remembering } from "./types.ts";
import { openQuestionView } from "./view.ts";

export interface LikelihoodRequest {
  readonly documentId: DocumentId;
  readonly question: string;
  /** What is scored, as continuation of the view. */
  readonly target: string;
  readonly memory: MemoryMode;
  /** Segments (from 0, in reading order) whose memory is blanked. */
  readonly zeroSegments: readonly number[];
  /** Raw passages of search beside the memory; default 0, so that only the memory can help. */
  readonly passages?: number;
}

/** Memories near the passages that search finds are shown first. Errors: InvalidRequest for an empty target, Cancelled. */
export async function answerLikelihood(
  request: LikelihoodRequest,
  remembering: Remembering,
  retriever: Retriever,
  signal: AbortSignal,
): Promise<{ readonly nll: number; readonly tokens: number; readonly memorySlots: number }> {
  const ids = remembering.model.tokenizer.encode(` ${request.target.trim()}`);
  if (request.target.trim() === "" || ids.length === 0)
    throw new EngineError("InvalidRequest", "an empty target has no likelihood", {
      hint: "Give the words to be scored.",
    });
  const scope = [request.documentId];
  const ranked = request.question === "" ? [] : retriever.search(request.question, scope, { limit: 30 });
  const view = await openQuestionView(
    remembering,
    {
      question: request.question,
      segments: request.memory === "off" ? [] : remembering.segments(scope, request.memory),
      ranked,
      texts: ranked.slice(0, request.passages ?? 0).map(({ text }) => text),
      reserve: ids.length,
      zeroSegments: request.zeroSegments,
    },
    signal,
  );
  await using state = view.state;
  const scores = await state.score(ids, { signal });
  return {
    nll: -scores.reduce((sum, score) => sum + score, 0) / ids.length,
    tokens: ids.length,
    memorySlots: view.memorySlots,
  };
}
