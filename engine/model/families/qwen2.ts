/** Qwen 2 and 2.5: biases on q, k, v. Source: Qwen team 2024, arXiv:2407.10671. */
import type { Family } from "./family.ts";

export const qwen2: Family = {
  modelType: "qwen2",
  architecture: "Qwen2ForCausalLM",
  attentionBias: "always",
  normsHeads: false,
  defaultTheta: 10_000,
  slidingWindow: "if switched on",
};
