/**
 * What a question is shown: which memories and passages fit, and in which order.
 * `planView` is pure; `openView` is the thin part that fetches the chosen memories and hands them to the model.
 * Knows nothing about retrieval scores' meaning, prompts, the database.
 *
 * Order in the view: sinks and system text | memories in the order given, one position per slot | raw passages | question.
 */
import type { CallOptions, DecodeState, LanguageModel, SegmentMemory, ViewEntry } from "../model/types.ts";
import { EngineError } from "../protocol/errors.ts";
import type { MemoryCandidate, PassageCandidate, ViewBudget, ViewPlan } from "./types.ts";

const DEFAULT_PASSAGE_SHARE = 0.5;

/**
 * Chooses by relevance, lays out in the order given: of gists the document's, of codes the most relevant last
 * (answering/view.ts).
 * Passages come first, best first, up to their share; memories fill what is left, the most relevant ones when not all
 * fit (equal relevance: the earlier one). Errors: ContextOverflow when sinks, question and reserve alone do not fit.
 */
export function planView(
  memories: readonly MemoryCandidate[],
  passages: readonly PassageCandidate[],
  budget: ViewBudget,
): ViewPlan {
  const fixed = budget.sinkTokens + budget.questionTokens;
  const free = budget.maxPositions - fixed - budget.reserve;
  if (free < 0)
    throw new EngineError(
      "ContextOverflow",
      `${fixed} tokens of question and ${budget.reserve} of answer; ${budget.maxPositions} positions are there`,
      { hint: "Ask a shorter question." },
    );
  const wantedSlots = memories.reduce((sum, one) => sum + one.slots, 0);
  const slotLimit = Math.min(wantedSlots, budget.maxSlots ?? Infinity);
  // Passages may use their share, and all that the memories leave.
  const share = Math.floor(free * (budget.passageShare ?? DEFAULT_PASSAGE_SHARE));
  const chosenPassages = takeInOrder(
    passages.map((one) => one.tokens),
    Math.max(share, free - slotLimit),
  );
  const passageTokens = sumOf(
    chosenPassages,
    passages.map((one) => one.tokens),
  );
  const chosenMemories = takeByRelevance(memories, Math.min(free - passageTokens, slotLimit));
  const memorySlots = sumOf(
    chosenMemories,
    memories.map((one) => one.slots),
  );
  return {
    memories: chosenMemories,
    passages: chosenPassages,
    memorySlots,
    passageTokens,
    isWhole: chosenMemories.length === memories.length,
    positions: fixed + passageTokens + memorySlots,
  };
}

/** What `openView` needs to lay out a plan. */
export interface ViewParts {
  readonly plan: ViewPlan;
  /** Ids of sinks and system text. */
  readonly sinks: readonly number[];
  /** The candidates that `planView` saw. */
  readonly memories: readonly MemoryCandidate[];
  /** Ids of the passages that `planView` chose, in reading order, with the question's ids last. */
  readonly local: readonly number[];
  /** Fetches a memory by its key. Errors pass through. */
  readonly load: (key: string) => Promise<SegmentMemory> | SegmentMemory;
}

/** The plan in the model. The caller disposes the state. Errors: those of `load` and of the model's `openView`. */
export async function openView(model: LanguageModel, parts: ViewParts, options: CallOptions): Promise<DecodeState> {
  const entries: ViewEntry[] = [{ kind: "tokens", ids: parts.sinks }];
  for (const index of parts.plan.memories) {
    const candidate = parts.memories[index];
    if (candidate === undefined)
      throw new EngineError("Internal", `the plan names memory ${index}, which is not there`);
    entries.push({ kind: "memory", memory: await parts.load(candidate.key) });
  }
  entries.push({ kind: "tokens", ids: parts.local });
  return model.openView(entries, options);
}

/** Indices of the items, in the order given, that fit one after the other; one that does not fit is passed over. */
function takeInOrder(sizes: readonly number[], room: number): number[] {
  const taken: number[] = [];
  let left = room;
  sizes.forEach((size, index) => {
    if (size > left) return;
    left -= size;
    taken.push(index);
  });
  return taken;
}

function takeByRelevance(memories: readonly MemoryCandidate[], room: number): number[] {
  const ranked = memories
    .map((one, index) => ({ ...one, index }))
    .toSorted((a, b) => b.relevance - a.relevance || a.index - b.index);
  const taken = takeInOrder(
    ranked.map((one) => one.slots),
    room,
  ).flatMap((rank) => ranked[rank]?.index ?? []);
  return taken.toSorted((a, b) => a - b);
}

function sumOf(indices: readonly number[], sizes: readonly number[]): number {
  return indices.reduce((sum, index) => sum + (sizes[index] ?? 0), 0);
}
