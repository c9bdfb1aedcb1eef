/**
 * Writes a model package with random weights of a real shape, so that speed can be measured without a trained model.
 * Knows nothing about the engine: it writes the public file formats only.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RandomShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocabulary: number;
}

/** The shapes of shared/design: the starter, the 30M model of runtime.md, Qwen2.5-0.5B. */
export const SHAPES: Readonly<Record<string, RandomShape>> = {
  nano: { layers: 4, hidden: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 768, vocabulary: 8192 },
  s30: { layers: 8, hidden: 512, heads: 8, kvHeads: 4, headDim: 64, ffn: 1536, vocabulary: 8192 },
  q05: { layers: 24, hidden: 896, heads: 14, kvHeads: 2, headDim: 64, ffn: 4864, vocabulary: 151_936 },
};

const RANK = 32;

/** Half-precision weights with a memory adapter of rank 32 for segments of 512 tokens. */
export function writeRandomPackage(folder: string, shape: RandomShape): void {
  mkdirSync(join(folder, "memory"), { recursive: true });
  const weights = safetensors(weightShapes(shape));
  writeFileSync(join(folder, "model.safetensors"), weights);
  writeFileSync(join(folder, "memory", "adapter_model.safetensors"), safetensors(adapterShapes(shape)));
  writeJson(folder, "config.json", {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: shape.hidden,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headDim,
    intermediate_size: shape.ffn,
    vocab_size: shape.vocabulary,
    rope_theta: 10_000,
    max_position_embeddings: 65_536,
    rms_norm_eps: 1e-5,
    hidden_act: "silu",
    tie_word_embeddings: true,
  });
  writeJson(folder, "memory/adapter_config.json", {
    kind: "span-tiled-gist-kv",
    version: 1,
    segmentLength: 512,
    ratios: [8, 16, 32],
    defaultRatio: 8,
    rank: RANK,
    scale: 2,
    start: "last",
    leftContext: 0,
    targets: ["q_proj", "k_proj", "v_proj", "o_proj"],
    base: { sha256: createHash("sha256").update(weights).digest("hex") },
  });
  writeJson(folder, "tokenizer.json", byteTokenizer());
  writeJson(folder, "tokenizer_config.json", { tokenizer_class: "PreTrainedTokenizerFast" });
}

function weightShapes(shape: RandomShape): Map<string, readonly number[]> {
  const { hidden, ffn, heads, kvHeads, headDim } = shape;
  const out = new Map<string, readonly number[]>([
    ["model.embed_tokens.weight", [shape.vocabulary, hidden]],
    ["model.norm.weight", [hidden]],
  ]);
  for (let i = 0; i < shape.layers; i++) {
    const p = `model.layers.${i}.`;
    for (const [name, rows] of [
      ["q", heads],
      ["k", kvHeads],
      ["v", kvHeads],
    ] as const)
      out.set(`${p}self_attn.${name}_proj.weight`, [rows * headDim, hidden]);
    out.set(`${p}self_attn.o_proj.weight`, [hidden, heads * headDim]);
    out.set(`${p}mlp.gate_proj.weight`, [ffn, hidden]);
    out.set(`${p}mlp.up_proj.weight`, [ffn, hidden]);
    out.set(`${p}mlp.down_proj.weight`, [hidden, ffn]);
    for (const name of ["input", "post_attention"]) out.set(`${p}${name}_layernorm.weight`, [hidden]);
  }
  return out;
}

function adapterShapes(shape: RandomShape): Map<string, readonly number[]> {
  const { hidden, heads, kvHeads, headDim } = shape;
  const out = new Map<string, readonly number[]>([["memory.embed", [hidden]]]);
  const widths = {
    q_proj: [heads * headDim, hidden],
    k_proj: [kvHeads * headDim, hidden],
    v_proj: [kvHeads * headDim, hidden],
    o_proj: [hidden, heads * headDim],
  };
  for (let i = 0; i < shape.layers; i++) {
    for (const [target, [rows = 0, columns = 0]] of Object.entries(widths)) {
      out.set(`layers.${i}.${target}.lora_A`, [RANK, columns]);
      out.set(`layers.${i}.${target}.lora_B`, [rows, RANK]);
    }
  }
  return out;
}

/** Random float16 of about 1/sqrt(columns); vectors are ones. */
function safetensors(shapes: ReadonlyMap<string, readonly number[]>): Uint8Array {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let at = 0;
  let state = 12_345;
  for (const [name, shape] of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const scale = (shape.at(-1) ?? 1) ** -0.5;
    const values = new Float16Array(count);
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      values[i] = shape.length === 1 ? 1 : ((state >>> 8) / 8_388_608 - 1) * 1.7 * scale;
    }
    const bytes = new Uint8Array(values.buffer);
    header[name] = { dtype: "F16", shape, data_offsets: [at, at + bytes.byteLength] };
    parts.push(bytes);
    at += bytes.byteLength;
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(head.byteLength), true);
  return Buffer.concat([length, head, ...parts]);
}

function byteTokenizer(): object {
  const kept = new Set([...Array(256).keys()].filter((b) => (b > 32 && b < 127) || (b > 160 && b < 173) || b > 173));
  let shifted = 256;
  const vocab = Object.fromEntries(
    [...Array(256).keys()].map((b) => [String.fromCharCode(kept.has(b) ? b : shifted++), b]),
  );
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
}

function writeJson(folder: string, name: string, value: unknown): void {
  writeFileSync(join(folder, name), JSON.stringify(value));
}
