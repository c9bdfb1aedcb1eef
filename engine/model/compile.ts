/**
 * A model package as graphs for the runtime, in a cache folder.
 * Owns: the content address of a compiled model, how a large encoder is cut into runs, and that a half-written
 * folder is never used (written aside, durably, then renamed). Knows nothing about sessions.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { contentKey } from "../base/hash.ts";
import { writeDecoder } from "./decoder-graph.ts";
import { writeDurable } from "../base/durable-file.ts";
import { writeCodesEncoder } from "./codes-encoder-graph.ts";
import { type EncoderPart, writeEncoder } from "./encoder-graph.ts";
import type { ModelPackage } from "./model-package.ts";
import type { WeightRange } from "./quantize.ts";
import { writeRestorer } from "./restorer-graph.ts";
import { GRAPH_VERSION } from "./signature.ts";
import type { LinearKind } from "./transformer-writer.ts";
import type { ModelShape } from "./types.ts";
import { WeightsFile } from "./weights-file.ts";

/** How the linear layers of the two graphs compute. */
export interface Recipe {
  readonly encoder: LinearKind;
  readonly decoder: LinearKind;
  readonly weightRange: WeightRange;
}

export interface CompiledModel {
  readonly encoderPaths: readonly string[];
  readonly decoderPath: string;
  /** Null where memories are numbers already. */
  readonly restorerPath: string | null;
}

/** Operations of one run. 60 giga-operations take 0.05 s on two fast cores and stay below 0.4 s on eight times slower ones. */
const OPERATIONS_PER_RUN = 60e9;
const LEFTOVER_AGE_MS = 3_600_000;
const RECORD = "compiled.json";

const recordSchema = z.record(z.string(), z.number());

/** Compiles, or finds what was compiled before. Errors of the file system pass through. */
export function compileModel(model: ModelPackage, recipe: Recipe, cacheFolder: string): CompiledModel {
  const parts = encoderParts(model.config.shape, model.adapter.info.segmentLength);
  const key = contentKey(
    "compiled",
    GRAPH_VERSION,
    model.weights.hash,
    model.adapter.hash,
    JSON.stringify(model.config),
    JSON.stringify(recipe),
    JSON.stringify(parts),
  );
  const folder = compileInto(cacheFolder, key, (aside) => writeGraphs(aside, model, recipe, parts));
  return {
    encoderPaths: parts.map((_, i) => join(folder, encoderName(i))),
    decoderPath: join(folder, "decoder.onnx"),
    restorerPath: model.adapter.form === "codes" ? join(folder, "restorer.onnx") : null,
  };
}

/** The folder `key` in the cache, whole; `write` fills one aside first when it is not there. Errors: DiskFull, the file system's. */
export function compileInto(cacheFolder: string, key: string, write: (folder: string) => void): string {
  const folder = join(cacheFolder, key);
  if (isWhole(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  removeLeftovers(cacheFolder);
  const aside = join(cacheFolder, `.writing-${randomUUID()}`);
  mkdirSync(aside);
  try {
    write(aside);
    const sizes = Object.fromEntries(readdirSync(aside).map((name) => [name, statSync(join(aside, name)).size]));
    writeDurable(join(aside, RECORD), new TextEncoder().encode(JSON.stringify(sizes)));
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    // Another worker may have been first; its folder is as good as ours.
    if (!isWhole(folder)) throw isNoSpace(error) ? diskFull(cacheFolder, error) : error;
  }
  return folder;
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function diskFull(folder: string, cause: unknown): EngineError {
  return new EngineError("DiskFull", `${folder}: the language model could not be made ready`, {
    hint: "The disk is full. Free some space, then try again; what was in the library before is untouched.",
    cause,
  });
}

/** Operations (multiplications and additions) that one token costs in the layers, without the head. */
export function operationsPerToken(shape: ModelShape): number {
  const attention = shape.hidden * shape.headDim * (2 * shape.heads + 2 * shape.kvHeads);
  return 2 * shape.layers * (attention + 3 * shape.hidden * shape.ffn);
}

/** Equal runs of layers, none above the budget (as far as whole layers allow). */
export function encoderParts(shape: ModelShape, segmentLength: number): EncoderPart[] {
  const total = operationsPerToken(shape) * segmentLength * 1.125;
  const count = Math.min(shape.layers, Math.max(1, Math.ceil(total / OPERATIONS_PER_RUN)));
  const border = (i: number): number => Math.round((i * shape.layers) / count);
  return Array.from({ length: count }, (_, i) => ({ from: border(i), to: border(i + 1) }));
}

function writeGraphs(folder: string, model: ModelPackage, recipe: Recipe, parts: readonly EncoderPart[]): void {
  using file = new WeightsFile(join(folder, "weights.bin"));
  const shared = { config: model.config, source: model.weights, file, weightRange: recipe.weightRange };
  const encoding = { ...shared, linear: recipe.encoder };
  const { adapter } = model;
  parts.forEach((part, i) =>
    writeDurable(
      join(folder, encoderName(i)),
      adapter.form === "codes" ? writeCodesEncoder(encoding, adapter, part) : writeEncoder(encoding, adapter, part),
    ),
  );
  if (adapter.form === "codes") writeDurable(join(folder, "restorer.onnx"), writeRestorer(encoding, adapter));
  writeDurable(join(folder, "decoder.onnx"), writeDecoder({ ...shared, linear: recipe.decoder }));
}

function encoderName(index: number): string {
  return `encoder-${index}.onnx`;
}

function isWhole(folder: string): boolean {
  const path = join(folder, RECORD);
  if (!existsSync(path)) return false;
  const sizes = recordSchema.safeParse(parseOrNull(readFileSync(path, "utf8")));
  return sizes.success && Object.entries(sizes.data).every(([name, size]) => sizeOf(join(folder, name)) === size);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a damaged record means: compile again
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

/** What a killed process left behind. */
function removeLeftovers(cacheFolder: string): void {
  for (const name of readdirSync(cacheFolder)) {
    const path = join(cacheFolder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (name.startsWith(".writing-") && age > LEFTOVER_AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}
