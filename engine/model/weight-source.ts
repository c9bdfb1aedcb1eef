/**
 * The weights of a package under their Hugging Face names, from one safetensors file or several with an index.
 * Owns: which tensors a model must have, and with which shapes. Knows nothing about graphs or quantisation.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { contentKey } from "../base/hash.ts";
import { EngineError } from "../protocol/errors.ts";
import { hashFile } from "./hash-file.ts";
import type { ModelConfig } from "./model-config.ts";
import { SafetensorsFile } from "./safetensors.ts";

const MAX_INDEX_BYTES = 20_000_000;
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[\w][\w.-]*\.safetensors$/)) });

/** What follows a tensor's name in the name of its rows' scales. */
const SCALES = ".scales";

/** Tensors by name, as float32. */
export interface TensorSource {
  read(name: string): Float32Array;
  /** The scale of each row where the tensor is stored in 8-bit rows, else null. */
  rowScales(name: string): Float32Array | null;
}

export class WeightSource implements TensorSource, Disposable {
  readonly hash: string;
  readonly parameters: number;
  readonly #files: readonly SafetensorsFile[];

  private constructor(files: readonly SafetensorsFile[], hash: string) {
    this.#files = files;
    this.hash = hash;
    this.parameters = files
      .flatMap((file) => file.names().map((name) => (name.endsWith(SCALES) ? 0 : elementsOf(file, name))))
      .reduce((a, b) => a + b, 0);
  }

  /** Errors: ModelMissing without weights, ModelIncompatible when a file lies or a tensor is missing or misshapen. */
  static open(folder: string, config: ModelConfig): WeightSource {
    const names = weightFiles(folder);
    const files: SafetensorsFile[] = [];
    try {
      for (const name of names) files.push(new SafetensorsFile(join(folder, name)));
      checkTensors(files, config);
      const hashes = names.map((name) => hashFile(join(folder, name)));
      const [only] = hashes;
      return new WeightSource(files, hashes.length === 1 && only !== undefined ? only : contentKey(...hashes));
    } catch (error) {
      for (const file of files) file[Symbol.dispose]();
      throw error;
    }
  }

  read(name: string): Float32Array {
    return readTensor(this.#fileOf(name), name);
  }

  rowScales(name: string): Float32Array | null {
    return readRowScales(this.#fileOf(name), name);
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }

  #fileOf(name: string): SafetensorsFile {
    const file = this.#files.find((one) => one.entry(name) !== undefined);
    if (file === undefined) throw new EngineError("ModelIncompatible", `no weights named ${name}`);
    return file;
  }
}

/**
 * A tensor as float32, also where it is stored as our own packages do: rows of 8-bit numbers, each row with its own scale
 * in `<name>.scales`. Errors: ModelIncompatible when the scales are missing or not one a row.
 */
export function readTensor(file: SafetensorsFile, name: string): Float32Array {
  const entry = file.entry(name);
  if (entry?.type !== "I8") return file.read(name);
  const [rows = 0, width = 1] = entry.shape;
  const scales = readScales(file, name);
  const values = file.readInt8(name);
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const scale = scales[row] ?? 0;
    for (let at = row * width; at < (row + 1) * width; at++) out[at] = (values[at] ?? 0) * scale;
  }
  return out;
}

/** The scale of each row of a tensor in 8-bit rows, else null. Errors: as `readTensor`. */
export function readRowScales(file: SafetensorsFile, name: string): Float32Array | null {
  return file.entry(name)?.type === "I8" ? readScales(file, name) : null;
}

function readScales(file: SafetensorsFile, name: string): Float32Array {
  checkShape(name + SCALES, file.entry(name + SCALES)?.shape ?? [], [file.entry(name)?.shape[0] ?? 0]);
  return file.read(name + SCALES);
}

function weightFiles(folder: string): string[] {
  const single = "model.safetensors";
  if (existsSync(join(folder, single))) return [single];
  const index = join(folder, "model.safetensors.index.json");
  if (!existsSync(index))
    throw new EngineError("ModelMissing", `no model.safetensors in ${folder}`, {
      hint: "Choose a folder that holds config.json, model.safetensors and tokenizer.json.",
    });
  const parsed = statSync(index).size > MAX_INDEX_BYTES ? undefined : indexSchema.safeParse(readJson(index));
  if (parsed?.success !== true)
    throw new EngineError("ModelIncompatible", "model.safetensors.index.json names no weight files");
  return [...new Set(Object.values(parsed.data.weight_map))].toSorted();
}

/** Parsed JSON. Errors: ModelIncompatible when the file is not JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new EngineError("ModelIncompatible", `${path} is not a readable JSON file`, {
      hint: "The model folder is incomplete or damaged. Copy or download it again.",
      cause,
    });
  }
}

function checkTensors(files: readonly SafetensorsFile[], config: ModelConfig): void {
  for (const [name, shape] of expectedTensors(config)) {
    const entry = files.map((file) => file.entry(name)).find((one) => one !== undefined);
    if (entry === undefined) throw new EngineError("ModelIncompatible", `the weights have no tensor ${name}`);
    checkShape(name, entry.shape, shape);
  }
}

/** Errors: ModelIncompatible with expected and found. */
export function checkShape(name: string, found: readonly number[], expected: readonly number[]): void {
  if (found.length === expected.length && found.every((dim, i) => dim === expected[i])) return;
  throw new EngineError(
    "ModelIncompatible",
    `tensor ${name} has the shape [${found.join(", ")}]; [${expected.join(", ")}] was expected from config.json`,
    { hint: "config.json and the weights do not belong together." },
  );
}

/** Name and shape of every tensor that graphs will read. Shapes are (out, in), as PyTorch stores them. */
export function expectedTensors(config: ModelConfig): Map<string, readonly number[]> {
  const { layers, hidden, heads, kvHeads, headDim, ffn, vocabulary } = config.shape;
  const out = new Map<string, readonly number[]>();
  out.set("model.embed_tokens.weight", [vocabulary, hidden]);
  out.set("model.norm.weight", [hidden]);
  if (!config.isHeadTied) out.set("lm_head.weight", [vocabulary, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    for (const [target, rows] of [
      ["q", heads],
      ["k", kvHeads],
      ["v", kvHeads],
    ] as const) {
      out.set(`${prefix}self_attn.${target}_proj.weight`, [rows * headDim, hidden]);
      if (config.hasAttentionBias) out.set(`${prefix}self_attn.${target}_proj.bias`, [rows * headDim]);
    }
    if (config.family.normsHeads)
      for (const target of ["q", "k"]) out.set(`${prefix}self_attn.${target}_norm.weight`, [headDim]);
    out.set(`${prefix}self_attn.o_proj.weight`, [hidden, heads * headDim]);
    out.set(`${prefix}mlp.gate_proj.weight`, [ffn, hidden]);
    out.set(`${prefix}mlp.up_proj.weight`, [ffn, hidden]);
    out.set(`${prefix}mlp.down_proj.weight`, [hidden, ffn]);
    out.set(`${prefix}input_layernorm.weight`, [hidden]);
    out.set(`${prefix}post_attention_layernorm.weight`, [hidden]);
  }
  return out;
}

function elementsOf(file: SafetensorsFile, name: string): number {
  return file.entry(name)?.shape.reduce((product, dim) => product * dim, 1) ?? 0;
}
