import { cpSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeRandomPackage } from "../../../bench/model/random-package.ts";
import { writeCodesEncoder } from "../../../engine/model/codes-encoder-graph.ts";
import { CodesEncoder } from "../../../engine/model/codes.ts";
import { compileModel, type Recipe } from "../../../engine/model/compile.ts";
import { type EncoderPart, writeEncoder } from "../../../engine/model/encoder-graph.ts";
import { type EncoderSession, GistEncoder } from "../../../engine/model/encoder.ts";
import { type ModelPackage, openModelPackage } from "../../../engine/model/model-package.ts";
import { fromHalf } from "../../../engine/model/half.ts";
import { openSession } from "../../../engine/model/runtime.ts";
import type { WriterOptions } from "../../../engine/model/transformer-writer.ts";
import type { CodedMemory, NumberedMemory } from "../../../engine/model/types.ts";
import { WeightsFile } from "../../../engine/model/weights-file.ts";
import { writeDurable } from "../../../engine/base/durable-file.ts";
import { goldenFolder, loadGolden, relativeDifference, running, temporaryFolder } from "../../parity/golden.ts";
import { LoadedModel } from "../../../engine/model/loaded-model.ts";

const recipe: Recipe = { encoder: "rowwise8", decoder: "blocks8", weightRange: 127 };

function opened(folder: string): ModelPackage {
  const model = openModelPackage(folder);
  onTestFinished(() => model[Symbol.dispose]());
  return model;
}

describe("the cache of compiled models", () => {
  it("compiles once, and again only for another recipe", () => {
    const cache = temporaryFolder();
    const model = opened(goldenFolder("tiny-llama"));
    const first = compileModel(model, recipe, cache);
    const written = statSync(first.decoderPath).mtimeMs;
    expect(compileModel(model, recipe, cache)).toEqual(first);
    expect(statSync(first.decoderPath).mtimeMs).toBe(written);
    expect(compileModel(model, { ...recipe, weightRange: 63 }, cache).decoderPath).not.toBe(first.decoderPath);
    expect(readdirSync(cache).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it.each(["weights.bin", "decoder.onnx", "compiled.json"])("compiles again when %s was cut short", async (file) => {
    const cache = temporaryFolder();
    const model = opened(goldenFolder("tiny-llama"));
    const folder = dirname(compileModel(model, recipe, cache).decoderPath);
    truncateSync(join(folder, file), 20);
    compileModel(model, recipe, cache);
    expect(statSync(join(folder, file)).size).toBeGreaterThan(20);
    const loaded = await LoadedModel.load({ folder: goldenFolder("tiny-llama"), cacheFolder: cache, threads: 1 });
    await loaded[Symbol.asyncDispose]();
  });

  it("sweeps up what a killed process left, but not what another may be writing", () => {
    const cache = temporaryFolder();
    const [old, fresh] = [join(cache, ".writing-old"), join(cache, ".writing-fresh")];
    for (const folder of [old, fresh]) mkdirSync(folder);
    utimesSync(old, new Date(0), new Date(0));
    compileModel(opened(goldenFolder("tiny-llama")), recipe, cache);
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });

  it("gives equal hashes to a copy of a package, so that memories stay valid when it moves", async () => {
    const folder = join(temporaryFolder(), "moved");
    cpSync(goldenFolder("tiny-llama"), folder, { recursive: true });
    const moved = await LoadedModel.load({
      folder,
      cacheFolder: temporaryFolder(),
      quantization: "float32",
      threads: 1,
    });
    onTestFinished(() => moved[Symbol.asyncDispose]());
    expect(moved.info.hashes).toEqual((await loadGolden("tiny-llama")).info.hashes);
  });
});

describe("an encoder that is cut into several runs", () => {
  it("gives the memory of one run", async () => {
    const folder = join(temporaryFolder(), "five-layers");
    writeRandomPackage(folder, { layers: 5, hidden: 32, heads: 2, kvHeads: 1, headDim: 16, ffn: 48, vocabulary: 256 });
    const model = opened(folder);
    const whole = await encodeWith(model, [{ from: 0, to: 5 }]);
    for (const borders of [
      [0, 2, 5],
      [0, 1, 2, 3, 4, 5],
      [0, 3, 5],
      [0, 4, 5],
    ]) {
      const parts = borders.slice(1).map((to, i) => ({ from: borders[i] ?? 0, to }));
      // The sums between parts are rounded once more than in one run: a last bit may differ.
      const memory = await encodeWith(model, parts);
      expect(memory.slots).toBe(whole.slots);
      expect(relativeDifference(fromHalf(memory.payload), fromHalf(whole.payload))).toBeLessThan(1e-3);
    }
  });
});

describe("an encoder of codes that runs in parts", () => {
  it("gives the codes of one that runs at once", async () => {
    const model = opened(goldenFolder("tiny-codes"));
    const whole = await codesWith(model, [{ from: 0, to: 3 }]);
    expect(whole.codes.length).toBe(100 * 2 * 2 * 4);
    for (const borders of [
      [0, 1, 3],
      [0, 2, 3],
      [0, 1, 2, 3],
    ]) {
      const parts = borders.slice(1).map((to, i) => ({ from: borders[i] ?? 0, to }));
      const { codes } = await codesWith(model, parts);
      // The sums between parts are rounded once more: a token between two codewords may go the other way.
      const same = codes.filter((code, i) => code === whole.codes[i]).length;
      expect(same / whole.codes.length, borders.join()).toBeGreaterThan(0.995);
    }
  });
});

async function codesWith(model: ModelPackage, parts: readonly EncoderPart[]): Promise<CodedMemory> {
  const { adapter, config } = model;
  if (adapter.form !== "codes") throw new Error("codes were expected");
  await using stack = new AsyncDisposableStack();
  const sessions = await sessionsOf(model, parts, stack, (options, part) => writeCodesEncoder(options, adapter, part));
  const ids = Array.from({ length: 64 }, (_, i) => (i * 37) % 256);
  const long = { ...adapter, info: { ...adapter.info, segmentLength: 100 } };
  return await new CodesEncoder(config, long, sessions).encode([...ids, ...ids.slice(0, 36)], 1, running);
}

async function encodeWith(model: ModelPackage, parts: readonly EncoderPart[]): Promise<NumberedMemory> {
  const { adapter } = model;
  if (adapter.form !== "gists") throw new Error("gists were expected");
  await using stack = new AsyncDisposableStack();
  const sessions = await sessionsOf(model, parts, stack, (options, part) => writeEncoder(options, adapter, part));
  const ids = Array.from({ length: 100 }, (_, i) => (i * 37) % 256);
  return await new GistEncoder(model.config, adapter.info, sessions).encode(ids, 8, running);
}

async function sessionsOf(
  model: ModelPackage,
  parts: readonly EncoderPart[],
  stack: AsyncDisposableStack,
  write: (options: WriterOptions, part: EncoderPart) => Uint8Array,
): Promise<EncoderSession[]> {
  const folder = temporaryFolder();
  const paths = parts.map((_, i) => join(folder, `${i}.onnx`));
  {
    using file = new WeightsFile(join(folder, "weights.bin"));
    const options = { config: model.config, source: model.weights, file, linear: "float32", weightRange: 127 } as const;
    parts.forEach((part, i) => writeDurable(paths[i] ?? "", write(options, part)));
  }
  const sessions: EncoderSession[] = [];
  for (const [i, { from, to }] of parts.entries()) {
    const session = stack.use(await openSession(paths[i] ?? "", { provider: "cpu", threads: 1 }));
    sessions.push({ session, layers: Array.from({ length: to - from }, (_, n) => from + n) });
  }
  return sessions;
}
