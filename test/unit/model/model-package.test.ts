import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LoadedModel } from "../../../engine/model/loaded-model.ts";
import { openModelPackage } from "../../../engine/model/model-package.ts";
import {
  expectedTensor,
  goldenFolder,
  goldenInputs,
  inNumbers,
  relativeDifference,
  running,
  temporaryFolder,
} from "../../parity/golden.ts";
import { fromHalf } from "../../../engine/model/half.ts";

function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(goldenFolder(name), folder, { recursive: true });
  return folder;
}

function changeJson(path: string, change: Readonly<Record<string, unknown>>): void {
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...(typeof json === "object" ? json : {}), ...change }));
}

const opening = (folder: string): void => openModelPackage(folder)[Symbol.dispose]();
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe("a model package", () => {
  it("is opened with its hashes and its memory", () => {
    using model = openModelPackage(goldenFolder("tiny-qwen2"));
    expect(model.adapter.info).toMatchObject({
      kind: "span-tiled-gist-kv",
      isTrained: true,
      segmentLength: 64,
      ratios: [8, 16],
    });
    expect(model.weights.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(model.weights.parameters).toBeGreaterThan(40_000);
  });

  it.each(["config.json", "tokenizer.json", "model.safetensors"])("is ModelMissing without %s", (file) => {
    const folder = copyOf("tiny-llama");
    rmSync(join(folder, file));
    expect(() => opening(folder)).toThrow(refusal("ModelMissing"));
  });

  it("is refused when config.json and weights do not belong together", () => {
    const folder = copyOf("tiny-llama");
    changeJson(join(folder, "config.json"), { intermediate_size: 65 });
    expect(() => opening(folder)).toThrow(/\[64, 32\]; \[65, 32\] was expected/);
  });

  it("is refused when a head is promised that the weights do not have", () => {
    const folder = copyOf("tiny-llama");
    changeJson(join(folder, "config.json"), { tie_word_embeddings: false });
    expect(() => opening(folder)).toThrow(/lm_head\.weight/);
  });

  it("is refused with an adapter that was made for other weights", () => {
    const folder = copyOf("tiny-llama");
    cpSync(join(goldenFolder("tiny-qwen2"), "memory"), join(folder, "memory"), { recursive: true });
    expect(() => opening(folder)).toThrow(refusal("ModelIncompatible"));
  });

  it.each([
    [{ kind: "something-new" }],
    [{ version: 2 }],
    [{ rank: 5 }],
    [{ leftContext: 64 }],
    [{ defaultRatio: 4 }],
    [{ ratios: [] }],
    [{ segmentLength: 1e9 }],
  ])("is refused when its adapter says %o", (change) => {
    const folder = copyOf("tiny-llama");
    changeJson(join(folder, "memory", "adapter_config.json"), change);
    expect(() => opening(folder)).toThrow(refusal("ModelIncompatible"));
  });

  it("without an adapter reads every r-th token a second time, and says that this is untrained", async () => {
    const folder = copyOf("tiny-llama");
    rmSync(join(folder, "memory"), { recursive: true });
    await using model = await LoadedModel.load({
      folder,
      cacheFolder: temporaryFolder(),
      quantization: "float32",
      threads: 1,
    });
    expect(model.info.memory).toMatchObject({ kind: "stride", isTrained: false, segmentLength: 512 });
    const memory = await model.encoder.encode(goldenInputs("tiny-llama").segments[1], 8, running);
    expect(
      relativeDifference(fromHalf(inNumbers(memory).payload), expectedTensor("tiny-llama", "stride.1.8")),
    ).toBeLessThan(1e-3);
  });

  it("may come in several files with an index", () => {
    const folder = copyOf("tiny-llama");
    const whole = join(folder, "model.safetensors");
    cpSync(whole, join(folder, "model-00001-of-00001.safetensors"));
    rmSync(whole);
    rmSync(join(folder, "memory"), { recursive: true });
    const index = join(folder, "model.safetensors.index.json");
    writeFileSync(index, JSON.stringify({ weight_map: { "model.norm.weight": "model-00001-of-00001.safetensors" } }));
    using model = openModelPackage(folder);
    expect(model.weights.read("model.norm.weight")).toHaveLength(32);
    writeFileSync(index, JSON.stringify({ weight_map: { "model.norm.weight": "../../etc/passwd.safetensors" } }));
    expect(() => opening(folder)).toThrow(refusal("ModelIncompatible"));
  });
});
