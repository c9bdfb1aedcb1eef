/**
 * What a document's memory says about where an answer stands: how much likelier the question becomes to the model behind
 * the memory of a segment than behind nothing. One number for each segment that holds a likely passage.
 * Owns: which segments are asked, and the words around the question. Does not know: weights, what the number is worth.
 * Source: unsupervised passage re-ranking by question generation, Sachan et al. 2022, arXiv:2204.07496; here with a
 * memory in the passage's place.
 */
import type { LanguageModel, ModelInfo } from "../../model/types.ts";
import type { ModelTokenizer } from "../../tokenizer/types.ts";
import { toEnvelope } from "../../protocol/errors.ts";
import type { DocumentId } from "../../protocol/dto.ts";
import type { RememberedSegment, Remembering } from "../types.ts";
import { FUSION } from "./fusion-weights.ts";

/** `plain`: for a model that has read texts only. `chat`: for one that was taught to ask (training/chat.py). */
export type RecallForm = "plain" | "chat";

/** Segments that are asked, those of the likeliest passages first. */
const MOST_SEGMENTS = 20;
/** Tokens of the question that are scored: longer ones are cut, so that the cost has a bound. */
const MOST_TOKENS = 60;
/** The same words as ASK in training/chat.py. */
const ASK = "Ask a question that this text answers.";

export interface Stretch {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
}

/** How the memory of this model is asked; "never" for a model that fusion was not fitted with: its numbers mean others. */
export function fittedForm({ hashes }: ModelInfo): RecallForm | "never" {
  const { form, weights, adapter } = FUSION.recall;
  return hashes.weights === weights && hashes.adapter === adapter ? form : "never";
}

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
  form: RecallForm,
  signal: AbortSignal,
  mostSegments = MOST_SEGMENTS,
): Promise<(number | null)[]> {
  const nothing = stretches.map(() => null);
  const { model } = remembering;
  const tokens = tokensOf(question, form, model.tokenizer);
  if (tokens === null || stretches.length === 0) return nothing;
  const scope = [...new Set(stretches.map(({ documentId }) => documentId))];
  const found = segmentsOf(stretches, remembering.segments(scope, "on"));
  if (found === null) return nothing;
  const asked = [...new Set(found)].slice(0, mostSegments);
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

async function gainsOf(
  model: LanguageModel,
  tokens: { readonly sinks: number[]; readonly lead: number[]; readonly ids: number[] },
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

function tokensOf(
  question: string,
  form: RecallForm,
  tokenizer: ModelTokenizer,
): { sinks: number[]; lead: number[]; ids: number[] } | null {
  const border = tokenizer.specialId("<|doc|>");
  const sinks = border === undefined ? tokenizer.encode("\n") : [border];
  const ids = tokenizer.encode(` ${question.trim()}`).slice(0, MOST_TOKENS);
  if (question.trim() === "" || ids.length === 0) return null;
  if (form === "plain") return { sinks, lead: tokenizer.encode("\n\nQuestion:"), ids };
  const [user, assistant] = [tokenizer.specialId("<|user|>"), tokenizer.specialId("<|assistant|>")];
  if (user === undefined || assistant === undefined) return null;
  return { sinks, lead: [user, ...tokenizer.encode(ASK), assistant], ids };
}
