/** Mistral 7B and its small relatives. Source: Jiang et al. 2023, arXiv:2310.06825. */
import type { Family } from "./family.ts";

export const mistral: Family = {
  modelType: "mistral",
  architecture: "MistralForCausalLM",
  attentionBias: "never",
  normsHeads: false,
  defaultTheta: 10_000,
  slidingWindow: "if given",
};
