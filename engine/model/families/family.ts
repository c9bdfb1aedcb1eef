/**
 * What distinguishes one family of models from another, as a table row.
 * All families here are RoPE (half-split) + grouped-query attention + RMSNorm + SwiGLU.
 */
export interface Family {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Accepted in `architectures` of config.json. */
  readonly architecture: string;
  /** Biases on q, k, v: always, never, or as `attention_bias` of config.json says. */
  readonly attentionBias: "always" | "never" | "as configured";
  /** RMSNorm over each query and key head before rotary. */
  readonly normsHeads: boolean;
  /** Head width when config.json gives none: hidden / heads, unless the family has its own. */
  readonly defaultHeadDim?: number;
  /** Base of the rotary frequencies when config.json gives none. */
  readonly defaultTheta: number;
  /** `sliding_window` limits attention: unless switched off, or always when given. */
  readonly slidingWindow: "never" | "if switched on" | "if given";
}
