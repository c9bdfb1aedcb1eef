/** The whole seam: engine thread, messages, computing thread, real runtime. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadModel } from "../../../engine/model/client.ts";
import type { GenerateOptions, LanguageModel, LoadModelOptions } from "../../../engine/model/types.ts";
import { goldenFolder, goldenInputs, loadGolden, running, temporaryFolder } from "../../parity/golden.ts";

const inputs = goldenInputs("tiny-llama");
const cancelled = expect.objectContaining({ code: "Cancelled" });

async function open(options: Partial<LoadModelOptions> = {}): Promise<LanguageModel> {
  const model = await loadModel({
    folder: goldenFolder("tiny-llama"),
    cacheFolder: temporaryFolder(),
    threads: 1,
    ...options,
  });
  onTestFinished(() => model[Symbol.asyncDispose]());
  return model;
}

async function generated(model: LanguageModel, options: Omit<GenerateOptions, "signal">): Promise<number[]> {
  await using state = await model.openView([{ kind: "tokens", ids: inputs.prompt }], { signal: running });
  const ids: number[] = [];
  for await (const id of state.generate({ ...options, signal: running })) ids.push(id);
  expect(state.length).toBe(inputs.prompt.length + ids.length);
  return ids;
}

describe("a model in its own thread", () => {
  it("computes what the same model computes in this thread", async () => {
    const model = await open();
    const here = await loadGolden("tiny-llama", "int8");
    const memory = await model.encodeSegment(inputs.segments[0], { signal: running });
    expect(memory).toEqual(await here.encoder.encode(inputs.segments[0], 8, running));
    expect(model.info).toEqual(here.info);

    const entries = [
      { kind: "tokens", ids: inputs.sinks },
      { kind: "memory", memory },
      { kind: "tokens", ids: inputs.local },
    ] as const;
    await using state = await model.openView(entries, { signal: running });
    const sequence = here.openSequence();
    await sequence.open(entries, running);
    expect(state.length).toBe(sequence.length);
    expect(await state.nextLogits({ signal: running })).toEqual(await sequence.nextLogits(running));
    expect(await state.score(inputs.prompt, { signal: running })).toEqual(await sequence.score(inputs.prompt, running));
  });

  it("generates the same ids for the same seed, other ids for another", async () => {
    const model = await open();
    const options = { maxTokens: 24, temperature: 1, topK: 50, topP: 0.95 };
    const first = await generated(model, { ...options, seed: 7 });
    expect(first).toHaveLength(24);
    expect(await generated(model, { ...options, seed: 7 })).toEqual(first);
    expect(await generated(model, { ...options, seed: 8 })).not.toEqual(first);
  });

  it("ends before a stop id and at maxTokens", async () => {
    const model = await open();
    const greedy = await generated(model, { maxTokens: 6 });
    expect(greedy).toHaveLength(6);
    const stop = greedy[3] ?? -1;
    expect(await generated(model, { maxTokens: 6, stopIds: [stop] })).toEqual(greedy.slice(0, greedy.indexOf(stop)));
  });

  it("scores a text as the sum of its steps, and after a cut the same again", async () => {
    const model = await open({ quantization: "float32" });
    const [before, after] = [inputs.prompt.slice(0, 9), inputs.prompt.slice(9, 19)];
    await using state = await model.openView([{ kind: "tokens", ids: before }], { signal: running });
    const likelihoods = await state.score(after, { signal: running });
    await state.truncate(before.length);
    expect(state.length).toBe(before.length);
    for (const [i, id] of after.entries()) {
      const logits = await state.nextLogits({ signal: running });
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      expect(likelihoods[i]).toBeCloseTo((logits[id] ?? NaN) - Math.log(sum), 4);
      await state.prefill([id], { signal: running });
    }
    // With nothing pending, the first likelihood comes from the logits that are there.
    await state.truncate(before.length);
    await state.nextLogits({ signal: running });
    const again = await state.score(after, { signal: running });
    for (const [i, value] of again.entries()) expect(value).toBeCloseTo(likelihoods[i] ?? NaN, 4);
  });

  it("goes on past its last position by folding the oldest tokens, or stops there", async () => {
    const model = await open();
    const { maxPositions } = model.info;
    const long = Array.from({ length: maxPositions - 4 }, (_, i) => 8 + ((i * 31) % 256));
    for (const [whenFull, expected] of [
      ["stop", 4],
      ["fold", 40],
    ] as const) {
      await using state = await model.openView([{ kind: "tokens", ids: long }], { signal: running });
      let count = 0;
      for await (const id of state.generate({ signal: running, maxTokens: 40, whenFull })) count += id >= 0 ? 1 : 0;
      expect(count).toBe(expected);
      expect(state.length).toBeLessThanOrEqual(maxPositions);
    }
  });
});

describe("what cannot be done is said", () => {
  it("a view longer than the model", async () => {
    const model = await open();
    const ids = Array.from({ length: model.info.maxPositions + 1 }, () => 9);
    await expect(model.openView([{ kind: "tokens", ids }], { signal: running })).rejects.toMatchObject({
      code: "ContextOverflow",
    });
  });

  it("ids outside the vocabulary, segments of the wrong length, strange ratios", async () => {
    const model = await open();
    const invalid = expect.objectContaining({ code: "InvalidRequest" });
    const encode = (ids: number[], ratio = 8): Promise<unknown> => model.encodeSegment(ids, { signal: running, ratio });
    await expect(encode([model.info.shape.vocabulary])).rejects.toEqual(invalid);
    await expect(encode([-1])).rejects.toEqual(invalid);
    await expect(encode([1.5])).rejects.toEqual(invalid);
    await expect(encode([])).rejects.toEqual(invalid);
    await expect(encode(Array.from({ length: 65 }, () => 9))).rejects.toEqual(invalid);
    await expect(encode([9], 0)).rejects.toEqual(invalid);
    await expect(model.openView([{ kind: "tokens", ids: [70_000] }], { signal: running })).rejects.toEqual(invalid);
  });

  it("a memory of another model", async () => {
    const model = await open();
    const memory = { layers: 3, slots: 1, width: 64, ratio: 8, tokens: 8, payload: new Uint16Array(192) };
    const entries = [{ kind: "memory", memory }] as const;
    await expect(model.openView(entries, { signal: running })).rejects.toMatchObject({ code: "ModelIncompatible" });
  });

  it("a view that ends with a memory has nothing to continue", async () => {
    const model = await open();
    const memory = await model.encodeSegment(inputs.segments[0], { signal: running });
    await using state = await model.openView([{ kind: "memory", memory }], { signal: running });
    await expect(state.nextLogits({ signal: running })).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  it("a folder without a model", async () => {
    await expect(loadModel({ folder: temporaryFolder(), cacheFolder: temporaryFolder() })).rejects.toMatchObject({
      code: "ModelMissing",
    });
  });

  it("a disposed model", async () => {
    const model = await open();
    await model[Symbol.asyncDispose]();
    await expect(model.encodeSegment([9], { signal: running })).rejects.toMatchObject({ code: "Internal" });
  });
});

describe("cancel", () => {
  it("stops a generation between two ids", async () => {
    const model = await open();
    await using state = await model.openView([{ kind: "tokens", ids: inputs.prompt }], { signal: running });
    const controller = new AbortController();
    const ids: number[] = [];
    const reading = (async () => {
      for await (const id of state.generate({ signal: controller.signal, maxTokens: 5000 })) {
        ids.push(id);
        if (ids.length === 5) controller.abort();
      }
    })();
    await expect(reading).rejects.toEqual(cancelled);
    expect(ids.length).toBeLessThan(400);
  });

  it("happens when the reader leaves the loop; the model is free at once", async () => {
    const model = await open();
    await using state = await model.openView([{ kind: "tokens", ids: inputs.prompt }], { signal: running });
    for await (const id of state.generate({ signal: running, maxTokens: 5000 })) if (id >= 0) break;
    const before = performance.now();
    await model.encodeSegment(inputs.segments[0], { signal: running });
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it("takes what has not begun out of the lane", async () => {
    const model = await open();
    const controller = new AbortController();
    const first = model.encodeSegment(inputs.segments[0], { signal: running });
    const second = model.encodeSegment(inputs.segments[1], { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toEqual(cancelled);
    await expect(first).resolves.toMatchObject({ slots: 8 });
    await expect(model.encodeSegment([9], { signal: AbortSignal.abort() })).rejects.toEqual(cancelled);
  });

  it("lets a question pass all segments that wait", async () => {
    const model = await open();
    const order: string[] = [];
    const segments = [1, 2, 3, 4].map((n) =>
      model.encodeSegment(inputs.segments[0], { signal: running }).then(() => order.push(`segment ${n}`)),
    );
    const view = model.openView([{ kind: "tokens", ids: inputs.local }], { signal: running }).then((state) => {
      order.push("view");
      return state[Symbol.asyncDispose]();
    });
    await Promise.all([...segments, view]);
    expect(order.indexOf("view")).toBeLessThanOrEqual(1);
  });
});

describe("providers", () => {
  it("falls back from a GPU that is missing or wrong, and says why", async () => {
    const model = await open({ provider: "webgpu" });
    const memory = await model.encodeSegment(inputs.segments[0], { signal: running });
    expect(memory.slots).toBe(8);
    // With a GPU that agrees with the CPU there is nothing to explain.
    expect(model.info.provider === "webgpu").toBe(model.info.providerReason === "");
  }, 30_000);
});

describe("behind the permission wall", () => {
  it("loads, reads and generates with no right but the program and the library", () => {
    const program = join(import.meta.dirname, "../../..");
    const library = temporaryFolder();
    const script = `
      import { loadModel } from "${program}/engine/model/client.ts";
      const signal = new AbortController().signal;
      await using model = await loadModel({ folder: ${JSON.stringify(goldenFolder("tiny-llama"))}, cacheFolder: ${JSON.stringify(join(library, "models"))}, threads: 1 });
      const memory = await model.encodeSegment([9, 10, 11], { signal });
      await using state = await model.openView([{ kind: "memory", memory }, { kind: "tokens", ids: [9] }], { signal });
      for await (const id of state.generate({ signal, maxTokens: 1 })) console.log("id", typeof id);
    `;
    const main = join(library, "main.ts");
    writeFileSync(main, script);
    const result = spawnSync(
      process.execPath,
      [
        "--permission",
        "--allow-addons",
        "--allow-worker",
        `--allow-fs-read=${program}`,
        `--allow-fs-read=${library}`,
        `--allow-fs-write=${library}`,
        main,
      ],
      { encoding: "utf8", cwd: program },
    );
    expect(result.stdout.trim(), result.stderr).toBe("id number");
  }, 30_000);
});
