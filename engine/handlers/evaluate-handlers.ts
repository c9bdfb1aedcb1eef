/** What a document's memory is worth to the model, for evaluation and tests; the answer path does not use it. */
import { answerLikelihood } from "../answering/likelihood.ts";
import { EngineError } from "../protocol/index.ts";
import type { CallHandlers } from "../rpc/handlers.ts";
import { answerSources, type AnswerParts } from "./answer-handlers.ts";

export function evaluateHandlers(parts: AnswerParts): Pick<CallHandlers, "evaluate.nll"> {
  return {
    "evaluate.nll": async (request, { signal }) => {
      parts.store.documents.get(request.documentId);
      await parts.model.get(signal);
      const { remembering, retriever } = answerSources(parts);
      if (!remembering)
        throw new EngineError("ModelMissing", "no model is loaded", { hint: "`longleaf doctor` says why." });
      return await answerLikelihood(request, remembering, retriever, signal);
    },
  };
}
