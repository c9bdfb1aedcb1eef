/**
 * config.json of a model package, checked and made uniform.
 * Owns: which settings are understood, and that everything else is refused instead of silently computed wrongly.
 * Knows nothing about weights, graphs, the runtime.
 */
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { FAMILIES } from "./families/all.ts";
import type { Family } from "./families/family.ts";
import type { ModelShape } from "./types.ts";

/** Rotary frequencies; see rotary.ts. */
export interface RotarySettings {
  readonly theta: number;
  readonly scaling:
    | { readonly kind: "none" }
    | { readonly kind: "linear"; readonly factor: number }
    | {
        readonly kind: "llama3";
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        readonly originalPositions: number;
      };
}

export interface ModelConfig {
  readonly family: Family;
  readonly shape: ModelShape;
  readonly rotary: RotarySettings;
  readonly normEpsilon: number;
  readonly maxPositions: number;
  readonly isHeadTied: boolean;
  readonly hasAttentionBias: boolean;
}

const size = (max: number): z.ZodNumber => z.number().int().min(1).max(max);
const positive = z.number().positive().finite();

const rotaryFields = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: size(100_000_000).optional(),
});

const configSchema = z.object({
  model_type: z.string().max(100),
  architectures: z.array(z.string().max(200)).max(10).optional(),
  hidden_size: size(32_768),
  num_hidden_layers: size(512),
  num_attention_heads: size(1024),
  num_key_value_heads: size(1024).optional(),
  head_dim: size(1024).nullish(),
  intermediate_size: size(262_144),
  vocab_size: size(4_000_000),
  rope_theta: positive.optional(),
  rope_scaling: rotaryFields.nullish(),
  rope_parameters: rotaryFields.nullish(),
  max_position_embeddings: size(100_000_000),
  rms_norm_eps: positive.default(1e-6),
  hidden_act: z.string().default("silu"),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: z.number().int().positive().nullish(),
  use_sliding_window: z.boolean().default(false),
  rope_interleaved: z.boolean().default(false),
  partial_rotary_factor: z.number().default(1),
});
type RawConfig = z.infer<typeof configSchema>;

/** Errors: ModelIncompatible, saying which setting is not understood. */
export function parseModelConfig(json: unknown): ModelConfig {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw incompatible(`config.json: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not readable"}`);
  }
  const raw = parsed.data;
  const family = familyOf(raw);
  if (raw.hidden_act !== "silu") throw incompatible(`hidden_act ${raw.hidden_act}; silu was expected`);
  if (raw.mlp_bias)
    throw incompatible("mlp_bias true; models with biases in the feed-forward layers are not supported");
  if (raw.rope_interleaved || raw.partial_rotary_factor !== 1)
    throw incompatible("interleaved or partial rotary positions; half-split, full-width ones were expected");
  const shape = shapeOf(raw, family);
  return {
    family,
    shape,
    rotary: rotaryOf(raw, family),
    normEpsilon: raw.rms_norm_eps,
    maxPositions: positionsOf(raw, family),
    isHeadTied: raw.tie_word_embeddings,
    hasAttentionBias:
      family.attentionBias === "always" || (family.attentionBias === "as configured" && raw.attention_bias),
  };
}

function familyOf(raw: RawConfig): Family {
  const family = FAMILIES.find((one) => one.modelType === raw.model_type);
  const known = FAMILIES.map((one) => one.modelType).join(", ");
  if (family === undefined) throw incompatible(`model_type ${raw.model_type}; one of ${known} was expected`);
  if (raw.architectures !== undefined && !raw.architectures.includes(family.architecture))
    throw incompatible(`architectures ${raw.architectures.join(", ")}; ${family.architecture} was expected`);
  return family;
}

function shapeOf(raw: RawConfig, family: Family): ModelShape {
  const heads = raw.num_attention_heads;
  const kvHeads = raw.num_key_value_heads ?? heads;
  const headDim = raw.head_dim ?? family.defaultHeadDim ?? raw.hidden_size / heads;
  if (heads % kvHeads !== 0)
    throw incompatible(`${heads} query heads over ${kvHeads} key/value heads; a multiple was expected`);
  if (!Number.isInteger(headDim) || headDim % 8 !== 0)
    throw incompatible(`a head width of ${headDim}; a multiple of 8 was expected`);
  return {
    layers: raw.num_hidden_layers,
    hidden: raw.hidden_size,
    heads,
    kvHeads,
    headDim,
    ffn: raw.intermediate_size,
    vocabulary: raw.vocab_size,
  };
}

function rotaryOf(raw: RawConfig, family: Family): RotarySettings {
  const fields = raw.rope_parameters ?? raw.rope_scaling ?? {};
  const theta = fields.rope_theta ?? raw.rope_theta ?? family.defaultTheta;
  const kind = fields.rope_type ?? fields.type ?? "default";
  if (kind === "default") return { theta, scaling: { kind: "none" } };
  if (kind === "linear" && fields.factor !== undefined) return { theta, scaling: { kind, factor: fields.factor } };
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = fields;
  if (kind === "llama3" && factor !== undefined && low !== undefined && high !== undefined && original !== undefined)
    return {
      theta,
      scaling: { kind, factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions: original },
    };
  throw incompatible(`rotary scaling ${kind}; none, linear or llama3 with its factors was expected`);
}

/** A sliding window limits what a token can see; the view stays inside it, so that the limit never applies. */
function positionsOf(raw: RawConfig, family: Family): number {
  const hasWindow =
    family.slidingWindow === "if given" || (family.slidingWindow === "if switched on" && raw.use_sliding_window);
  const window = hasWindow ? (raw.sliding_window ?? Infinity) : Infinity;
  return Math.min(raw.max_position_embeddings, window);
}

function incompatible(what: string): EngineError {
  return new EngineError("ModelIncompatible", `this model cannot be used: ${what}`, {
    hint: "Choose a model of the Llama, Qwen2, Qwen3 or Mistral family in safetensors form.",
  });
}
