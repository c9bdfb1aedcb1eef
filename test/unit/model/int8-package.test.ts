/** A package whose matrices are stored in 8-bit rows, decoder and adapter, as training/export.py writes ours. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileModel } from "../../../engine/model/compile.ts";
import { Decoder } from "../../../engine/model/decoder.ts";
import { fromHalf } from "../../../engine/model/half.ts";
import { KvCache } from "../../../engine/model/kv-cache.ts";
import { LoadedModel } from "../../../engine/model/loaded-model.ts";
import { openModelPackage } from "../../../engine/model/model-package.ts";
import { openSession } from "../../../engine/model/runtime.ts";
import { SafetensorsFile } from "../../../engine/model/safetensors.ts";
import {
  expectedTensor,
  goldenFolder,
  goldenInputs,
  inNumbers,
  relativeDifference,
  running,
  temporaryFolder,
} from "../../parity/golden.ts";

interface Tensor {
  readonly type: "F32" | "I8";
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}
type Tensors = Map<string, Tensor>;

const float32 = (values: Float32Array, shape: readonly number[]): Tensor => ({
  type: "F32",
  shape,
  bytes: new Uint8Array(values.buffer),
});

/** The tensors of a file, matrices in 8-bit rows. */
function inRows(path: string): Tensors {
  using file = new SafetensorsFile(path);
  const out: Tensors = new Map();
  for (const name of file.names()) {
    const values = file.read(name);
    const [rows = 0, width] = file.entry(name)?.shape ?? [];
    if (width === undefined) {
      out.set(name, float32(values, [rows]));
      continue;
    }
    const scales = Float32Array.from({ length: rows }, (_, row) =>
      values.subarray(row * width, (row + 1) * width).reduce((most, value) => Math.max(most, Math.abs(value) / 127), 0),
    );
    const stored = Int8Array.from(values, (value, i) => Math.round(value / (scales[Math.floor(i / width)] || 1)));
    out.set(name, { type: "I8", shape: [rows, width], bytes: new Uint8Array(stored.buffer) });
    out.set(`${name}.scales`, float32(scales, [rows]));
  }
  return out;
}

function write(path: string, tensors: Tensors): void {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { type, shape, bytes }] of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  writeFileSync(path, Buffer.concat([length, head, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

/** tiny-llama in 8-bit rows; `change` may spoil the tensors of the decoder or of the adapter. */
function packageInRows(change: (weights: Tensors, adapter: Tensors) => void = () => {}): string {
  const folder = join(temporaryFolder(), "rows");
  cpSync(goldenFolder("tiny-llama"), folder, { recursive: true });
  const [weightsPath, adapterPath] = [
    join(folder, "model.safetensors"),
    join(folder, "memory", "adapter_model.safetensors"),
  ];
  const [weights, adapter] = [inRows(weightsPath), inRows(adapterPath)];
  change(weights, adapter);
  write(weightsPath, weights);
  write(adapterPath, adapter);
  const settingsPath = join(folder, "memory", "adapter_config.json");
  const sha256 = createHash("sha256").update(readFileSync(weightsPath)).digest("hex");
  const settings: Record<string, unknown> = JSON.parse(readFileSync(settingsPath, "utf8"));
  writeFileSync(settingsPath, JSON.stringify({ ...settings, precision: "int4", base: { sha256 } }));
  return folder;
}

describe("a package in 8-bit rows", () => {
  const inputs = goldenInputs("tiny-llama");

  it.each(["float32", "int8"] as const)("computes what its numbers say in %s", async (quantization) => {
    await using model = await LoadedModel.load({
      folder: packageInRows(),
      cacheFolder: temporaryFolder(),
      quantization,
      threads: 1,
    });
    const memory = await model.encoder.encode(inputs.segments[0], 8, running);
    const expectedMemory = expectedTensor("tiny-llama", "memory.0.8");
    expect(relativeDifference(fromHalf(inNumbers(memory).payload), expectedMemory)).toBeLessThan(0.08);
    const sequence = model.openSequence();
    await sequence.open([{ kind: "tokens", ids: inputs.prompt }], running);
    const logits = expectedTensor("tiny-llama", "logits");
    const last = logits.subarray(logits.length - logits.length / inputs.prompt.length);
    expect(relativeDifference(await sequence.nextLogits(running), last)).toBeLessThan(0.08);
  });

  it("computes the same in the 8-bit decoder, which only large models get, with and without 8-bit rows", async () => {
    const logits = expectedTensor("tiny-llama", "logits");
    const expected = logits.subarray(logits.length - logits.length / inputs.prompt.length);
    for (const folder of [packageInRows(), goldenFolder("tiny-llama")]) {
      using files = openModelPackage(folder);
      const recipe = { encoder: "rowwise8", decoder: "blocks8", weightRange: 127 } as const;
      const { decoderPath } = compileModel(files, recipe, temporaryFolder());
      await using session = await openSession(decoderPath, { provider: "cpu", threads: 1 });
      const decoder = new Decoder(files.config, session);
      const cache = new KvCache(files.config.shape, decoder.frequencies);
      let found = new Float32Array(0);
      for (const id of inputs.prompt) found = new Float32Array(await decoder.run(cache, [id], { kind: "logits" }));
      expect(relativeDifference(found, expected)).toBeLessThan(0.08);
      expect(relativeDifference(found, expected)).toBeGreaterThan(1e-5); // it is the rounded one
    }
  });

  it("counts its parameters without the scales, and says how its memories are kept", () => {
    using plain = openModelPackage(goldenFolder("tiny-llama"));
    using rows = openModelPackage(packageInRows());
    expect(rows.weights.parameters).toBe(plain.weights.parameters);
    expect([plain.adapter.info.precision, rows.adapter.info.precision]).toEqual(["int8", "int4"]);
  });

  it.each([
    ["one scale too few", (part: Tensors, name: string) => part.set(name, float32(new Float32Array(3), [3]))],
    ["no scales", (part: Tensors, name: string) => part.delete(name)],
  ] as const)("is refused with %s, in decoder and adapter", async (_, spoil) => {
    const open = (folder: string): Promise<LoadedModel> =>
      LoadedModel.load({ folder, cacheFolder: temporaryFolder(), threads: 1 });
    const refusal = expect.objectContaining({ code: "ModelIncompatible" });
    const decoder = packageInRows((weights) => void spoil(weights, "model.layers.1.mlp.down_proj.weight.scales"));
    await expect(open(decoder)).rejects.toEqual(refusal);
    const adapter = packageInRows((_weights, pairs) => void spoil(pairs, "layers.0.k_proj.lora_B.scales"));
    await expect(open(adapter)).rejects.toEqual(refusal);
  });
});
