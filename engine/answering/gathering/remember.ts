/**
 * The memory as a chooser of parts: stretches whose segment makes the question likelier to the model count for more.
 * Owns: which segments are asked, the words around the question, how the answers become part of a score. Does not know:
 * forms of questions, what the memory is worth (the fit of fusion decides; bench/evaluate/fusion/parts.ts).
 * Source: unsupervised passage re-ranking by question generation, Sachan et al. 2022, arXiv:2204.07496, with the memory of a
 * segment in the passage's place.
 */
import type { LanguageModel, ModelInfo } from "../../model/types.ts";
import { toEnvelope } from "../../protocol/errors.ts";
import type { ModelTokenizer } from "../../tokenizer/types.ts";
import { FUSION } from "../ranking/fusion-weights.ts";
import type { MemoryForm, PartsByMemory } from "../ranking/regression.ts";
import type { RememberedSegment, Remembering, Task } from "../types.ts";
import type { Candidate } from "./scan.ts";

/** Best stretches whose segments are asked, and segments: enough to reach every chapter of a book. */
const MOST_STRETCHES = 240;
const MOST_SEGMENTS = 40;
/** Tokens of the question that are scored: longer ones are cut, so that the cost has a bound. */
const MOST_TOKENS = 60;
/** The same words as ASK in training/chat.py. */
const ASK = "Ask a question that this text answers.";

/** The candidates, the likeliest of them raised by what the memory says. As they are where the memory is not used. */
export async function withMemory(candidates: readonly Candidate[], task: Task): Promise<readonly Candidate[]> {
  const { request, sources, signals, draft } = task;
  const { remembering } = sources;
  if (remembering === null || request.memory !== "on") return candidates;
  const { form, worth } = sources.partsByMemory ?? fittedParts(remembering.model.info);
  if (worth === 0) return candidates;
  const likeliest = [...candidates].sort((a, b) => b.score - a.score).slice(0, MOST_STRETCHES);
  const gains = await recallStretches(request.question, likeliest, remembering, form, signals.cancel);
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

/** As the fit decided; worth 0 for a model, or for memories, that it did not ask: their numbers mean others. */
export function fittedParts({ hashes }: ModelInfo, fitted = FUSION.partsByMemory): PartsByMemory {
  const isSame = hashes.weights === fitted.weights && hashes.adapter === fitted.adapter;
  return { form: fitted.form, worth: isSame ? fitted.worth : 0 };
}

type Stretch = Pick<Candidate, "documentId" | "start" | "end">;

/**
 * Nats per token that each stretch's segment makes the question likelier, best stretches first; null for stretches
 * beyond the first segments. All null when the stretches are not read into memory, or the model cannot say: then
 * answers do without.
 * Errors: Cancelled.
 */
export async function recallStretches(
  question: string,
  stretches: readonly Stretch[],
  remembering: Remembering,
  form: MemoryForm,
  signal: AbortSignal,
): Promise<(number | null)[]> {
  const nothing = stretches.map(() => null);
  const { model } = remembering;
  const tokens = tokensOf(question, form, model.tokenizer);
  if (tokens === null || stretches.length === 0) return nothing;
  const scope = [...new Set(stretches.map(({ documentId }) => documentId))];
  const found = segmentsOf(stretches, remembering.segments(scope, "on"));
  if (found === null) return nothing;
  const asked = [...new Set(found)].slice(0, MOST_SEGMENTS);
  const gains = await gainsOf(model, tokens, asked, signal);
  if (gains === null) return nothing;
  return found.map((segment) => gains.get(segment) ?? null);
}

/** Of each stretch the segment in which its middle stands; null when one is not read yet: part of them would mislead. */
function segmentsOf(stretches: readonly Stretch[], segments: readonly RememberedSegment[]): RememberedSegment[] | null {
  const found: RememberedSegment[] = [];
  for (const { documentId, start, end } of stretches) {
    const middle = (start + end) / 2;
    const segment = segments.find((one) => one.documentId === documentId && one.start <= middle && middle < one.end);
    if (segment === undefined) return null;
    found.push(segment);
  }
  return found;
}

interface AskedTokens {
  readonly sinks: number[];
  readonly lead: number[];
  /** The question's own, which are scored. */
  readonly ids: number[];
}

async function gainsOf(
  model: LanguageModel,
  tokens: AskedTokens,
  segments: readonly RememberedSegment[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RememberedSegment, number> | null> {
  const memories = segments.map((segment) => segment.load());
  if (memories.includes(null)) return null;
  try {
    const [alone = 0, ...behind] = await model.scoreBehind({ ...tokens, memories: [null, ...memories] }, { signal });
    return new Map(segments.map((segment, at) => [segment, (behind[at] ?? 0) - alone]));
  } catch (error) {
    if (signal.aborted || toEnvelope(error).code === "Cancelled") throw error;
    return null; // another model's memory, a question that fills the view
  }
}

function tokensOf(question: string, form: MemoryForm, tokenizer: ModelTokenizer): AskedTokens | null {
  const border = tokenizer.specialId("<|doc|>");
  const sinks = border === undefined ? tokenizer.encode("\n") : [border];
  const ids = tokenizer.encode(` ${question.trim()}`).slice(0, MOST_TOKENS);
  if (question.trim() === "" || ids.length === 0) return null;
  if (form === "plain") return { sinks, lead: tokenizer.encode("\n\nQuestion:"), ids };
  const [user, assistant] = [tokenizer.specialId("<|user|>"), tokenizer.specialId("<|assistant|>")];
  if (user === undefined || assistant === undefined) return null;
  return { sinks, lead: [user, ...tokenizer.encode(ASK), assistant], ids };
}
