/**
 * The compiled graphs against PyTorch: the same weights, the same ids, the same numbers.
 * float32 within 1e-3 of the largest logit (stated in issue 3; found: 5e-7), memories within float16 rounding.
 */
import { describe, expect, it } from "vitest";
import type { SegmentMemory } from "../../engine/model/types.ts";
import { fromHalf } from "../../engine/model/half.ts";
import {
  expectedTensor,
  GOLDEN_MODELS,
  goldenInputs,
  inNumbers,
  loadGolden,
  relativeDifference,
  running,
} from "./golden.ts";

const FLOAT32_TOLERANCE = 1e-3;
/** 8 bits in weights and activations of a model 32 numbers wide; the trained model is wider and closer. */
const INT8_TOLERANCE = 0.08;

describe.each(GOLDEN_MODELS)("%s equals PyTorch", (name) => {
  const inputs = goldenInputs(name);
  const lastRow = (tensor: string, rows: number): Float32Array => {
    const all = expectedTensor(name, tensor);
    return all.subarray((rows - 1) * (all.length / rows));
  };

  it("gives the same logits, prefilled at once and in pieces", async () => {
    const model = await loadGolden(name);
    const expected = lastRow("logits", inputs.prompt.length);
    const whole = model.openSequence();
    await whole.open([{ kind: "tokens", ids: inputs.prompt }], running);
    const atOnce = await whole.nextLogits(running);
    expect(relativeDifference(atOnce, expected)).toBeLessThan(FLOAT32_TOLERANCE);

    for (const size of [1, 7, 16]) {
      const pieces = model.openSequence();
      for (let at = 0; at < inputs.prompt.length; at += size)
        await pieces.prefill(inputs.prompt.slice(at, at + size), running);
      expect(relativeDifference(await pieces.nextLogits(running), atOnce)).toBeLessThan(1e-5);
    }
  });

  it("gives the same likelihood for every token of the prompt", async () => {
    const model = await loadGolden(name);
    const logits = expectedTensor(name, "logits");
    const vocabulary = logits.length / inputs.prompt.length;
    const expected = inputs.prompt.slice(1).map((id, i) => {
      const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
      const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
      return (row[id] ?? NaN) - Math.log(sum);
    });
    const sequence = model.openSequence();
    await sequence.open([{ kind: "tokens", ids: inputs.prompt.slice(0, 1) }], running);
    const found = await sequence.score(inputs.prompt.slice(1), running);
    expect(relativeDifference(found, Float32Array.from(expected))).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it.each([
    [0, 8],
    [1, 8],
    [0, 16],
    [1, 16],
  ] as const)("encodes segment %i at ratio %i to the same memory", async (number, ratio) => {
    const model = await loadGolden(name);
    const memory = await model.encoder.encode(inputs.segments[number], ratio, running);
    expect(memory.slots).toBe(Math.ceil(inputs.segments[number].length / ratio));
    expect(
      relativeDifference(fromHalf(inNumbers(memory).payload), expectedTensor(name, `memory.${number}.${ratio}`)),
    ).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it("continues over memory to the same logits", async () => {
    const model = await loadGolden(name);
    const sequence = model.openSequence();
    const memories: SegmentMemory[] = [];
    for (const ids of inputs.segments) memories.push(await model.encoder.encode(ids, 8, running));
    await sequence.open(
      [
        { kind: "tokens", ids: inputs.sinks },
        ...memories.map((memory) => ({ kind: "memory", memory }) as const),
        { kind: "tokens", ids: inputs.local },
      ],
      running,
    );
    const expected = lastRow("over_memory", inputs.local.length);
    expect(relativeDifference(await sequence.nextLogits(running), expected)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it("stays close in int8", async () => {
    const model = await loadGolden(name, "int8");
    const memory = await model.encoder.encode(inputs.segments[0], 8, running);
    expect(relativeDifference(fromHalf(inNumbers(memory).payload), expectedTensor(name, "memory.0.8"))).toBeLessThan(
      INT8_TOLERANCE,
    );
    const sequence = model.openSequence();
    await sequence.open([{ kind: "tokens", ids: inputs.prompt }], running);
    expect(
      relativeDifference(await sequence.nextLogits(running), lastRow("logits", inputs.prompt.length)),
    ).toBeLessThan(INT8_TOLERANCE);
  });
});
