/**
 * What the language model says about where an answer stands: how much likelier the question becomes to it behind the text
 * of a passage than behind nothing; or behind the memory of the segment that holds the passage.
 * Owns: which segments are asked, how much of a text, the words around the question. Does not know: weights, what the
 * number is worth.
 * Source: unsupervised passage re-ranking by question generation, Sachan et al. 2022, arXiv:2204.07496; also with a memory
 * in the passage's place.
 */
import { throwIfCancelled } from "../../base/abort.ts";
import type { LanguageModel, ModelInfo } from "../../model/types.ts";
import type { ModelTokenizer } from "../../tokenizer/types.ts";
import { toEnvelope } from "../../protocol/errors.ts";
import type { DocumentId } from "../../protocol/dto.ts";
import type { RememberedSegment, Remembering } from "../types.ts";
import { FUSION } from "./fusion-weights.ts";
import type { MemoryForm, PartsRecall, RecallForm } from "./regression.ts";

/** Segments that are asked, those of the likeliest passages first. */
const MOST_SEGMENTS = 20;
/** Tokens of the question that are scored: longer ones are cut, so that the cost has a bound. */
const MOST_TOKENS = 60;
/** Tokens of a passage behind which it is scored; four passages in a thousand are longer. */
const MOST_TEXT_TOKENS = 400;
/** The same words as ASK in training/chat.py. */
const ASK = "Ask a question that this text answers.";

export interface Stretch {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
}

/** What fusion was fitted with: for another model, or another one's memories, its numbers mean others. */
type Fitted = Pick<typeof FUSION.recall, "form" | "weights" | "adapter">;

/** How this model is asked; "never" for a model that fusion was not fitted with. A text needs no memory, so no adapter. */
export function fittedForm({ hashes }: ModelInfo, fitted: Fitted = FUSION.recall): RecallForm | "never" {
  const isSame = hashes.weights === fitted.weights && (fitted.form === "text" || hashes.adapter === fitted.adapter);
  return isSame ? fitted.form : "never";
}

/** How the memory of this model is asked which parts of a whole matter; worth 0 for one that was not fitted with it. */
export function fittedParts({ hashes }: ModelInfo): PartsRecall {
  const { parts, weights, adapter } = FUSION.recall;
  return hashes.weights === weights && hashes.adapter === adapter ? parts : { ...parts, worth: 0 };
}

/**
 * Nats per token that each text makes the question likelier. One run each: passages differ, and 150 tokens fill a run.
 * All null when the model cannot say: then answers do without.
 * Errors: Cancelled.
 */
export async function recallTexts(
  question: string,
  texts: readonly string[],
  model: LanguageModel,
  signal: AbortSignal,
): Promise<(number | null)[]> {
  const nothing = texts.map(() => null);
  const tokens = tokensOf(question, "plain", model.tokenizer);
  if (tokens === null || texts.length === 0) return nothing;
  const { sinks, lead, ids } = tokens;
  const scoreBehind = async (text: readonly number[]): Promise<number> => {
    throwIfCancelled(signal);
    const asked = { sinks, lead: [...text, ...lead], ids, memories: [null] };
    const [score] = await model.scoreBehind(asked, { signal });
    return score ?? Number.NaN;
  };
  try {
    const alone = await scoreBehind([]);
    const gains: number[] = [];
    for (const text of texts)
      gains.push((await scoreBehind(model.tokenizer.encode(text).slice(0, MOST_TEXT_TOKENS))) - alone);
    return gains.every(Number.isFinite) ? gains : nothing;
  } catch (error) {
    if (isCancel(error, signal)) throw error;
    return nothing; // a question that fills the view, a model that was closed
  }
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
  form: MemoryForm,
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
    if (isCancel(error, signal)) throw error;
    return null; // another model's memory, a question that fills the view
  }
}

const isCancel = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || toEnvelope(error).code === "Cancelled";

function tokensOf(
  question: string,
  form: MemoryForm,
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
