/**
 * Measures what a document's memory is worth to the model: likelihood of a known continuation after the view.
 * For evaluation and tests; the answer path does not use it.
 */
import { openView, planView } from "../memory/view.ts";
import type { SegmentMemory } from "../model/types.ts";
import { EngineError } from "../protocol/index.ts";
import type { CallHandlers } from "../rpc/handlers.ts";
import { rememberedSegments, type AnswerParts } from "./answer-handlers.ts";

export function evaluateHandlers({ store, model }: AnswerParts): Pick<CallHandlers, "evaluate.nll"> {
  return {
    "evaluate.nll": async ({ documentId, question, target, memory, zeroSegments }, { signal }) => {
      store.documents.get(documentId);
      const loaded = await model.get(signal);
      const segments = memory === "off" ? [] : rememberedSegments(store, [documentId], memory);
      const candidates = segments.map(({ slots }, index) => ({ key: String(index), slots, relevance: 0 }));
      const local = loaded.tokenizer.encode(question);
      const sink = loaded.tokenizer.specialId("<|doc|>");
      const sinks = sink === undefined ? [] : [sink];
      const ids = loaded.tokenizer.encode(target);
      if (ids.length === 0) throw new EngineError("InvalidRequest", "an empty target has no likelihood");
      const plan = planView(candidates, [], {
        maxPositions: loaded.info.maxPositions,
        sinkTokens: sinks.length,
        questionTokens: local.length,
        reserve: ids.length,
      });
      const load = (key: string): SegmentMemory => {
        const found = segments[Number(key)].load();
        if (!found) throw new EngineError("NotFound", "a memory has gone", { hint: "Read the document again." });
        return zeroSegments.includes(Number(key))
          ? { ...found, payload: new Uint16Array(found.payload.length) }
          : found;
      };
      await using state = await openView(loaded, { plan, sinks, memories: candidates, local, load }, { signal });
      const scores = await state.score(ids, { signal });
      const nll = -scores.reduce((sum, score) => sum + score, 0) / ids.length;
      return { nll, tokens: ids.length, memorySlots: plan.memorySlots };
    },
  };
}
