/**
 * A model package on disk: config.json, weights, tokenizer.json, optionally memory/.
 * Owns: opening and checking it as a whole. Knows nothing about the runtime.
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { type MemoryAdapter, openAdapter } from "./adapter.ts";
import { hashFile } from "./hash-file.ts";
import { type ModelConfig, parseModelConfig } from "./model-config.ts";
import { readJson, WeightSource } from "./weight-source.ts";

export interface ModelPackage extends Disposable {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: WeightSource;
  readonly adapter: MemoryAdapter;
  readonly tokenizerHash: string;
}

/** Errors: ModelMissing when files are absent, ModelIncompatible when they are not usable. */
export function openModelPackage(folder: string): ModelPackage {
  for (const file of ["config.json", "tokenizer.json"])
    if (!existsSync(join(folder, file)))
      throw new EngineError("ModelMissing", `no ${file} in ${folder}`, {
        hint: "Choose a folder that holds config.json, model.safetensors and tokenizer.json.",
      });
  const config = parseModelConfig(readJson(join(folder, "config.json")));
  const weights = WeightSource.open(folder, config);
  try {
    return {
      name: basename(resolve(folder)),
      config,
      weights,
      adapter: openAdapter(folder, config, weights.hash),
      tokenizerHash: hashFile(join(folder, "tokenizer.json")),
      [Symbol.dispose]: () => weights[Symbol.dispose](),
    };
  } catch (error) {
    weights[Symbol.dispose]();
    throw error;
  }
}
