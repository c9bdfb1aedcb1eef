/**
 * Residual codes against an independent implementation in PyTorch (make_golden.py, tiny-codes), and what must hold of them
 * on any model.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decodeMemory, encodeMemory } from "../../engine/memory/codec.ts";
import { numbersOf } from "../../engine/model/codes.ts";
import { fromHalf } from "../../engine/model/half.ts";
import type { LoadedModel } from "../../engine/model/loaded-model.ts";
import { scoreBehind } from "../../engine/model/score-tokens.ts";
import { type CodedMemory, isCoded, thinned, type ViewEntry } from "../../engine/model/types.ts";
import { expectedTensor, goldenFolder, goldenInputs, loadGolden, relativeDifference, running } from "./golden.ts";

const NAME = "tiny-codes";
const TOLERANCE = 2e-3;
const inputs = goldenInputs(NAME);
const { codes: expectedCodes } = z
  .object({ codes: z.array(z.array(z.number())) })
  .parse(JSON.parse(readFileSync(join(goldenFolder(NAME), "inputs.json"), "utf8")));

async function encoded(model: LoadedModel, ids: readonly number[], ratio = 1): Promise<CodedMemory> {
  const memory = await model.encoder.encode(ids, ratio, running);
  if (!isCoded(memory)) throw new Error("codes were expected");
  return memory;
}

async function rowsOf(model: LoadedModel, memory: CodedMemory): Promise<Float32Array> {
  return fromHalf((await numbersOf(memory, model.restorer)).payload);
}

const memoryEntry = (memory: CodedMemory): ViewEntry => ({ kind: "memory", memory });

describe("residual codes", () => {
  it.each([0, 1] as const)("of segment %i are PyTorch's, and so are the rows made from them", async (number) => {
    const model = await loadGolden(NAME);
    const memory = await encoded(model, inputs.segments[number]);
    expect([...memory.codes]).toEqual(expectedCodes[number]);
    expect([...memory.ids]).toEqual(inputs.segments[number]);
    for (const ratio of [1, 8]) {
      const shown = thinned(memory, ratio);
      expect(shown.slots).toBe(Math.ceil(inputs.segments[number].length / ratio));
      const expected = expectedTensor(NAME, `memory.${number}.${ratio}`);
      expect(relativeDifference(await rowsOf(model, shown), expected)).toBeLessThan(TOLERANCE);
    }
  });

  it.each([1, 8])("are continued over to the same logits, every %i-th token shown", async (ratio) => {
    const model = await loadGolden(NAME);
    const memories: ViewEntry[] = [];
    // As they come back from disk.
    for (const ids of inputs.segments) {
      const back = decodeMemory(encodeMemory(await encoded(model, ids, ratio)));
      memories.push({ kind: "memory", memory: back });
    }
    const sequence = model.openSequence();
    await sequence.open(
      [{ kind: "tokens", ids: inputs.sinks }, ...memories, { kind: "tokens", ids: inputs.local }],
      running,
    );
    const logits = await sequence.nextLogits(running);
    const expected = expectedTensor(NAME, `over_memory.${ratio}`).slice(-logits.length);
    expect(relativeDifference(logits, expected)).toBeLessThan(TOLERANCE);
  });

  it("of a token do not depend on what follows, however short the segment", async () => {
    const model = await loadGolden(NAME);
    const [ids] = inputs.segments;
    const whole = await encoded(model, ids);
    const size = whole.codes.length / whole.tokens;
    for (const length of [1, 2, 3, 4, 5, 17, 63]) {
      const start = await encoded(model, ids.slice(0, length));
      expect(start.tokens).toBe(length);
      expect(start.codes).toEqual(whole.codes.slice(0, length * size));
      const rows = await rowsOf(model, start);
      for (let layer = 0; layer < whole.layers; layer++) {
        const own = rows.slice(layer * length * whole.width, (layer + 1) * length * whole.width);
        const all = await rowsOf(model, whole);
        const at = layer * whole.tokens * whole.width;
        expect(relativeDifference(own, all.slice(at, at + length * whole.width))).toBeLessThan(TOLERANCE);
      }
    }
  });

  it("are the same in any company, in int8", async () => {
    const model = await loadGolden(NAME, "int8");
    const [a, b] = inputs.segments;
    const first = await encoded(model, a);
    const [, again] = await Promise.all([encoded(model, b), encoded(model, a)]);
    expect(again).toEqual(first);
    expect((await encoded(model, [...a.slice(0, -1), (a.at(-1) ?? 0) - 1])).codes).not.toEqual(first.codes);
  });

  it("in int8 stand for nearly the same rows as in float32", async () => {
    const [exact, model] = [await loadGolden(NAME), await loadGolden(NAME, "int8")];
    const [ids] = inputs.segments;
    const rows = await rowsOf(model, await encoded(model, ids));
    const expected = await rowsOf(exact, await encoded(exact, ids));
    const energy = (of: (value: number, i: number) => number): number =>
      rows.reduce((sum, value, i) => sum + of(value, i) ** 2, 0);
    // Other codewords are chosen here and there; they are near ones.
    expect(Math.sqrt(energy((value, i) => value - (expected[i] ?? NaN)) / energy((value) => value))).toBeLessThan(0.2);
  });

  it("say as much as a view of their own does when several are asked at once", async () => {
    const model = await loadGolden(NAME);
    const [a, b] = inputs.segments;
    const memories = [await encoded(model, a), null, await encoded(model, b, 8)];
    const [lead, ids] = [inputs.local.slice(0, 5), inputs.local.slice(5)];
    const found = await scoreBehind(model, { sinks: inputs.sinks, lead, ids, memories }, running);
    for (const [i, memory] of memories.entries()) {
      const sequence = model.openSequence();
      const shown = memory === null ? [] : [memoryEntry(memory)];
      await sequence.open([{ kind: "tokens", ids: inputs.sinks }, ...shown, { kind: "tokens", ids: lead }], running);
      const likelihoods = await sequence.score(ids, running);
      const mean = likelihoods.reduce((sum, value) => sum + value, 0) / ids.length;
      expect(found[i]).toBeCloseTo(mean, 3);
    }
  });

  it("make room when a long continuation is folded", async () => {
    const model = await loadGolden(NAME);
    const sequence = model.openSequence();
    const ids = [...inputs.segments[0], ...inputs.local];
    await sequence.open([{ kind: "tokens", ids }], running);
    expect(await sequence.fold(running)).toBe(8);
    expect(sequence.length).toBe(8 + inputs.local.length);
    expect((await sequence.nextLogits(running)).every(Number.isFinite)).toBe(true);
  });

  it("of another model, or with ids that it does not know, are refused before anything is computed", async () => {
    const model = await loadGolden(NAME);
    const memory = await encoded(model, inputs.segments[1]);
    const open = (changed: Partial<CodedMemory>): Promise<void> =>
      model.openSequence().open([memoryEntry({ ...memory, ...changed })], running);
    const other = expect.objectContaining({ code: "ModelIncompatible" });
    await expect(open({ layers: 2 })).rejects.toThrow(other);
    await expect(open({ width: 32 })).rejects.toThrow(other);
    await expect(open({ codes: memory.codes.slice(1) })).rejects.toThrow(other);
    await expect(open({ ids: memory.ids.map((id) => id + 70_000) })).rejects.toThrow(/token id/);
    const gists = await loadGolden("tiny-llama");
    await expect(gists.openSequence().open([memoryEntry(memory)], running)).rejects.toThrow(other);
  });
});
