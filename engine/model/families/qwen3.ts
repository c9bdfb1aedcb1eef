/** Qwen 3 (dense): normed heads, no biases. Source: Qwen team 2025, arXiv:2505.09388. */
import type { Family } from "./family.ts";

export const qwen3: Family = {
  modelType: "qwen3",
  architecture: "Qwen3ForCausalLM",
  attentionBias: "as configured",
  normsHeads: true,
  defaultHeadDim: 128,
  defaultTheta: 10_000,
  slidingWindow: "if switched on",
};
