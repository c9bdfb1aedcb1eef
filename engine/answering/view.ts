/**
 * What the model is shown for a question: memories of the document, raw passages, the question; as one decode state.
 * Owns: the plain text around passages and question, and which memories matter for it (those of the segments that search
 * points to first). Does not know: how memories are laid out (memory/view.ts), what is done with the state.
 *
 * Document text is data: it is encoded with special tokens off, so no string in a document can end a turn or open one.
 */
import { assert } from "../base/assert.ts";
import type { MemoryCandidate, PassageCandidate, ViewBudget, ViewPlan } from "../memory/types.ts";
import { openView, planView } from "../memory/view.ts";
import { type DecodeState, isCoded, type MemoryInfo, type SegmentMemory, thinned } from "../model/types.ts";
import type { RankedPassage } from "../retrieval/types.ts";
import type { Remembering, RememberedSegment } from "./types.ts";

export interface QuestionView {
  readonly state: DecodeState;
  /** Slots of memory that are really shown; 0 means that memory plays no part. */
  readonly memorySlots: number;
  /** Indexes (into the texts given) of the passages that fit. */
  readonly shown: readonly number[];
}

export interface ViewRequest {
  readonly question: string;
  readonly segments: readonly RememberedSegment[];
  /** For the relevance of segments. */
  readonly ranked: readonly Pick<RankedPassage, "documentId" | "start" | "end" | "score">[];
  /** Raw passages, the best one first. */
  readonly texts: readonly string[];
  /** Positions kept free for what is written or scored. */
  readonly reserve: number;
  /** Indexes of segments whose memory is blanked: for measuring only. */
  readonly zeroSegments?: readonly number[];
}

/** The caller disposes the state. Errors: ContextOverflow for a question that is too long, Cancelled. */
export async function openQuestionView(
  { model }: Remembering,
  request: ViewRequest,
  signal: AbortSignal,
): Promise<QuestionView> {
  const { tokenizer, info } = model;
  const border = tokenizer.specialId("<|doc|>");
  const sinks = border === undefined ? tokenizer.encode("\n") : [border];
  const asked = tokenizer.encode(questionText(request.question));
  const passages = request.texts.map((text) => tokenizer.encode(`${text.trim()}\n\n`));
  const budget = {
    maxPositions: info.maxPositions,
    sinkTokens: sinks.length,
    questionTokens: asked.length,
    reserve: request.reserve,
    ...(info.memory.maxSlots === null ? {} : { maxSlots: info.memory.maxSlots }),
  };
  const { plan, memories, loaded } = planLoaded(
    request,
    passages.map((ids) => ({ tokens: ids.length })),
    budget,
    info.memory,
  );
  // The best passage stands nearest to the question.
  const local = [...plan.passages.toReversed().flatMap((index) => passages[index] ?? []), ...asked];
  const load = (key: string): SegmentMemory => {
    const memory = loaded.get(key);
    assert(memory !== undefined, `memory ${key} of the view is not loaded`);
    return request.zeroSegments?.includes(Number(key)) === true ? blanked(memory) : memory;
  };
  const state = await openView(model, { plan, sinks, memories, local, load }, { signal });
  return { state, memorySlots: plan.memorySlots, shown: plan.passages };
}

/** Only memories that are shown are read from disk. One that has gone is left out, and the plan is made again. */
function planLoaded(
  request: ViewRequest,
  passages: readonly PassageCandidate[],
  budget: ViewBudget,
  memory: MemoryInfo,
): { plan: ViewPlan; memories: readonly MemoryCandidate[]; loaded: ReadonlyMap<string, SegmentMemory> } {
  const loaded = new Map<string, SegmentMemory>();
  const gone = new Set<string>();
  const relevances = request.segments.map((segment) => relevanceOf(segment, request.ranked));
  // Where nothing tells segments apart, more of them say more than a few in full.
  const isEven = relevances.every((relevance) => relevance === 0);
  const ratio = memory.precision === "codes" && isEven ? Math.max(...memory.ratios) : 1;
  const all = request.segments.map((segment, index) => ({
    key: String(index),
    slots: Math.ceil(segment.slots / ratio),
    relevance: relevances[index] ?? 0,
  }));
  // A fact in codes is found again three times as often right before the question as in front of other segments.
  if (memory.precision === "codes") all.sort((a, b) => a.relevance - b.relevance);
  for (;;) {
    const memories = all.filter(({ key }) => !gone.has(key));
    const plan = planView(memories, passages, budget);
    const missing = plan.memories.flatMap((index) => memories[index]?.key ?? []).filter((key) => !loaded.has(key));
    const before = gone.size;
    for (const key of missing) {
      const kept = request.segments[Number(key)]?.load() ?? null;
      if (kept === null) gone.add(key);
      else loaded.set(key, isCoded(kept) ? thinned(kept, kept.ratio * ratio) : kept);
    }
    if (gone.size === before) return { plan, memories, loaded };
  }
}

/** Plain paragraphs: the starter model has read documents, never turns. */
export function questionText(question: string): string {
  return question === "" ? "" : `Question: ${question.trim()}\nAnswer:`;
}

/** Of the best passage that stands in the segment. */
function relevanceOf(segment: RememberedSegment, ranked: ViewRequest["ranked"]): number {
  let relevance = 0;
  for (const passage of ranked) {
    const touches =
      passage.documentId === segment.documentId && passage.start < segment.end && segment.start < passage.end;
    if (touches) relevance = Math.max(relevance, passage.score);
  }
  return relevance;
}

function blanked({ layers, slots, width, ratio, tokens }: SegmentMemory): SegmentMemory {
  return { layers, slots, width, ratio, tokens, payload: new Uint16Array(layers * slots * width) };
}
