/** The committed golden packages: small random models with the numbers that PyTorch computed (make_golden.py). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { LoadedModel } from "../../engine/model/loaded-model.ts";
import { SafetensorsFile } from "../../engine/model/safetensors.ts";
import { isCoded, type NumberedMemory, type Quantization, type SegmentMemory } from "../../engine/model/types.ts";

export const GOLDEN_MODELS = ["tiny-llama", "tiny-qwen2", "tiny-qwen3"] as const;

const ids = z.array(z.number().int());
const inputsSchema = z.object({ prompt: ids, segments: z.tuple([ids, ids]), sinks: ids, local: ids });
export type GoldenInputs = z.infer<typeof inputsSchema>;

export function goldenFolder(name: string): string {
  return join(import.meta.dirname, "golden", name);
}

export function goldenInputs(name: string): GoldenInputs {
  return inputsSchema.parse(JSON.parse(readFileSync(join(goldenFolder(name), "inputs.json"), "utf8")));
}

/** One expected tensor, row-major. */
export function expectedTensor(name: string, tensor: string): Float32Array {
  using file = new SafetensorsFile(join(goldenFolder(name), "expected.safetensors"));
  return file.read(tensor);
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-model-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A golden model on one thread, disposed after the test. */
export async function loadGolden(name: string, quantization: Quantization = "float32"): Promise<LoadedModel> {
  const model = await LoadedModel.load({
    folder: goldenFolder(name),
    cacheFolder: temporaryFolder(),
    quantization,
    threads: 1,
  });
  onTestFinished(() => model[Symbol.asyncDispose]());
  return model;
}

/** A memory that must be one of numbers. */
export function inNumbers(memory: SegmentMemory): NumberedMemory {
  if (isCoded(memory)) throw new Error("a memory in codes where one of numbers was expected");
  return memory;
}

/** Largest difference as a share of the largest expected number; NaN counts as infinite. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  expected.forEach((value, i) => {
    const distance = Math.abs((found[i] ?? NaN) - value);
    difference = Number.isNaN(distance) ? Infinity : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(value));
  });
  return difference / largest;
}

export const running = new AbortController().signal;
