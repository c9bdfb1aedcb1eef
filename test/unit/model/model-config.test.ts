import { describe, expect, it } from "vitest";
import { parseModelConfig } from "../../../engine/model/model-config.ts";
import { rotaryFrequencies } from "../../../engine/model/rotary.ts";

const qwen25 = {
  architectures: ["Qwen2ForCausalLM"],
  model_type: "qwen2",
  hidden_size: 896,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  intermediate_size: 4864,
  vocab_size: 151_936,
  rope_theta: 1_000_000.0,
  max_position_embeddings: 32_768,
  rms_norm_eps: 1e-6,
  hidden_act: "silu",
  tie_word_embeddings: true,
  sliding_window: 32_768,
  use_sliding_window: false,
};
const llama32 = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: 2048,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  intermediate_size: 8192,
  vocab_size: 128_256,
  rope_theta: 500_000.0,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-5,
  hidden_act: "silu",
  tie_word_embeddings: true,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: "llama3",
  },
};

describe("config.json of known models", () => {
  it("understands Qwen2.5-0.5B", () => {
    const config = parseModelConfig(qwen25);
    expect(config.shape).toEqual({
      layers: 24,
      hidden: 896,
      heads: 14,
      kvHeads: 2,
      headDim: 64,
      ffn: 4864,
      vocabulary: 151_936,
    });
    expect(config).toMatchObject({
      hasAttentionBias: true,
      isHeadTied: true,
      maxPositions: 32_768,
      rotary: { theta: 1_000_000 },
    });
  });

  it("understands Llama 3.2 and slows its long wavelengths only", () => {
    const config = parseModelConfig(llama32);
    expect(config.hasAttentionBias).toBe(false);
    const scaled = rotaryFrequencies(64, config.rotary);
    const plain = rotaryFrequencies(64, { theta: 500_000, scaling: { kind: "none" } });
    expect(scaled[0]).toBe(plain[0]);
    expect((plain[31] ?? 0) / (scaled[31] ?? 1)).toBeCloseTo(32, 6);
    // Between: computed with transformers' formula, smooth = (8192 / wavelength - 1) / 3.
    const wavelength = (2 * Math.PI) / (plain[16] ?? 1);
    const smooth = (8192 / wavelength - 1) / 3;
    expect(smooth).toBeGreaterThan(0);
    expect(smooth).toBeLessThan(1);
    expect(scaled[16]).toBeCloseTo(((1 - smooth) * (plain[16] ?? 0)) / 32 + smooth * (plain[16] ?? 0), 12);
  });

  it("keeps Mistral's view inside its sliding window", () => {
    const mistral = {
      ...llama32,
      model_type: "mistral",
      architectures: ["MistralForCausalLM"],
      rope_scaling: null,
      sliding_window: 4096,
    };
    expect(parseModelConfig(mistral).maxPositions).toBe(4096);
  });

  it("takes the head width of Qwen3 from its family when config.json is silent", () => {
    const qwen3 = { ...qwen25, model_type: "qwen3", architectures: ["Qwen3ForCausalLM"] };
    expect(parseModelConfig(qwen3)).toMatchObject({
      shape: { headDim: 128 },
      hasAttentionBias: false,
      family: { normsHeads: true },
    });
  });
});

describe("what would be computed wrongly is refused", () => {
  it.each([
    ["an unknown family", { model_type: "gpt2" }],
    ["another architecture of a known family", { architectures: ["Qwen2ForSequenceClassification"] }],
    ["another activation", { hidden_act: "gelu" }],
    ["feed-forward biases", { mlp_bias: true }],
    ["a rotary scaling we do not compute", { rope_scaling: { rope_type: "yarn", factor: 4 } }],
    ["interleaved rotary positions", { rope_interleaved: true }],
    ["partial rotary positions", { partial_rotary_factor: 0.5 }],
    ["heads that do not divide", { num_key_value_heads: 3 }],
    ["a head width that kernels do not take", { head_dim: 20 }],
    ["an absurd size", { num_hidden_layers: 1e9 }],
    ["a missing size", { hidden_size: undefined }],
  ])("%s", (_, change) => {
    expect(() => parseModelConfig({ ...qwen25, ...change })).toThrow(
      expect.objectContaining({ code: "ModelIncompatible" }),
    );
  });

  it("something that is no configuration at all", () => {
    for (const json of [null, [], "llama", 7])
      expect(() => parseModelConfig(json)).toThrow(expect.objectContaining({ code: "ModelIncompatible" }));
  });
});
