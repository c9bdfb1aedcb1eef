/**
 * The memory as a chooser of parts: stretches whose segment makes the question likelier to the model count for more.
 * Owns: how many segments are asked and how their answers become part of a score. Does not know: forms of questions,
 * what the memory is worth (the fit of fusion decides; bench/evaluate/fusion/parts.ts).
 */
import { fittedParts, recallStretches } from "../ranking/recall.ts";
import type { Task } from "../types.ts";
import type { Candidate } from "./scan.ts";

/** Best stretches whose segments are asked, and segments: enough to reach every chapter of a book. */
const MOST_STRETCHES = 240;
const MOST_SEGMENTS = 40;

/** The candidates, the likeliest of them raised by what the memory says. As they are where the memory is not used. */
export async function withMemory(candidates: readonly Candidate[], task: Task): Promise<readonly Candidate[]> {
  const { request, sources, signals, draft } = task;
  const { remembering } = sources;
  if (remembering === null || request.memory !== "on") return candidates;
  const { form, worth } = sources.recalls?.parts ?? fittedParts(remembering.model.info);
  if (worth === 0) return candidates;
  const likeliest = [...candidates].sort((a, b) => b.score - a.score).slice(0, MOST_STRETCHES);
  const gains = await recallStretches(request.question, likeliest, remembering, form, signals.cancel, MOST_SEGMENTS);
  const known = gains.filter((gain) => gain !== null);
  if (known.length === 0) return candidates;
  draft.memoryUsed = true;
  const mean = known.reduce((sum, gain) => sum + gain, 0) / known.length;
  const spread = Math.max(...known) - mean;
  const best = likeliest[0]?.score ?? 0;
  const raised = new Map(
    likeliest.map((candidate, at) => {
      const share = spread > 0 ? Math.max(0, (gains[at] ?? mean) - mean) / spread : 0;
      return [candidate, { ...candidate, score: candidate.score + worth * best * share }];
    }),
  );
  return candidates.map((candidate) => raised.get(candidate) ?? candidate);
}
