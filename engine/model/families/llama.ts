/** Llama 2 and 3, SmolLM 1 and 2, TinyLlama, and Longleaf's own starter. Source: Touvron et al. 2023, arXiv:2302.13971. */
import type { Family } from "./family.ts";

export const llama: Family = {
  modelType: "llama",
  architecture: "LlamaForCausalLM",
  attentionBias: "as configured",
  normsHeads: false,
  defaultTheta: 10_000,
  slidingWindow: "never",
};
