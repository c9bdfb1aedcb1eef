/**
 * The weight-free conformance tests of shared/design/methods.md 0.5, on random weights and the real runtime.
 * 1, 2, 3, 4 and 7 are here. 5 (reservoir estimator) and 6 (incremental back-propagation equals full) concern gradients
 * and are in training/tests.
 */
import { describe, expect, it } from "vitest";
import { toHalf, fromHalf } from "../../../engine/model/half.ts";
import { KvCache } from "../../../engine/model/kv-cache.ts";
import { rotaryFrequencies, rotaryRows, rotateHead } from "../../../engine/model/rotary.ts";
import type { SegmentMemory, ViewEntry } from "../../../engine/model/types.ts";
import {
  GOLDEN_MODELS,
  goldenInputs,
  inNumbers,
  loadGolden,
  relativeDifference,
  running,
} from "../../parity/golden.ts";

const HALF_TOLERANCE = 2e-3;

describe("1. rotating twice is rotating once", () => {
  it.each([10_000, 1_000_000])("holds for positions up to 200,000 with base %i", (theta) => {
    const headDim = 64;
    const frequencies = rotaryFrequencies(headDim, { theta, scaling: { kind: "none" } });
    for (let trial = 0; trial < 50; trial++) {
      const position = (trial * 7919 * 13) % 200_000;
      const shift = (trial * 104_729) % 200_000;
      const key = Float32Array.from({ length: headDim }, (_, i) => Math.sin(i * 12.9898 + trial));
      const turn = (source: Float32Array, by: number, direction: 1 | -1 = 1): Float32Array => {
        const out = new Float32Array(headDim);
        rotateHead(source, 0, out, 0, rotaryRows(frequencies, [by]), 0, headDim / 2, direction);
        return out;
      };
      const stored = fromHalf(toHalf(turn(key, position)));
      expect(relativeDifference(turn(stored, shift), turn(key, position + shift))).toBeLessThan(HALF_TOLERANCE);
      expect(relativeDifference(turn(turn(key, position), position, -1), key)).toBeLessThan(1e-5);
    }
  });
});

describe("3. dropping the first l rows and adding M slots re-indexes what is left", () => {
  it("leaves the last row at position length - 1, turned there from its un-rotated copy", () => {
    const shape = { layers: 2, hidden: 8, heads: 2, kvHeads: 2, headDim: 8, ffn: 8, vocabulary: 8 };
    const frequencies = rotaryFrequencies(shape.headDim, { theta: 10_000, scaling: { kind: "none" } });
    const [dropped, left, gained] = [40, 13, 5];
    const width = shape.kvHeads * shape.headDim;
    const numbers = (count: number, seed: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(i * 7.13 + seed));
    const count = dropped + left;
    const keys = [numbers(count * width, 1), numbers(count * width, 2)];
    const cache = new KvCache(shape, frequencies);
    const ids = Array.from({ length: count }, (_, i) => i);
    cache.appendTokens(ids, { count, keys, values: [numbers(count * width, 3), numbers(count * width, 4)] });
    const memory = {
      layers: 2,
      slots: gained,
      width: 2 * width,
      ratio: 8,
      tokens: dropped,
      payload: toHalf(numbers(2 * gained * 2 * width, 5)),
    };
    cache.foldTail(dropped, memory);

    expect(cache.length).toBe(gained + left);
    expect(cache.tailStart).toBe(gained);
    expect(cache.tailIds).toEqual(ids.slice(dropped));
    const { headDim } = shape;
    for (let row = 0; row < left; row++) {
      for (let head = 0; head < shape.kvHeads; head++) {
        const expected = new Float32Array(headDim);
        const table = rotaryRows(frequencies, [gained + row]);
        rotateHead(
          keys[1] ?? new Float32Array(),
          (dropped + row) * width + head * headDim,
          expected,
          0,
          table,
          0,
          headDim / 2,
        );
        const at = (head * cache.capacity + gained + row) * headDim;
        expect(cache.keys(1).slice(at, at + headDim)).toEqual(expected);
      }
    }
  });
});

describe.each(GOLDEN_MODELS)("%s", (name) => {
  const inputs = goldenInputs(name);
  const tokens = (ids: readonly number[]): ViewEntry => ({ kind: "tokens", ids });
  const slots = (memory: SegmentMemory): ViewEntry => ({ kind: "memory", memory });

  it("2. memory with ratio 1 reproduces full attention", async () => {
    const model = await loadGolden(name);
    const [before, after] = [inputs.prompt.slice(0, 23), inputs.prompt.slice(23)];
    const full = model.openSequence();
    await full.open([tokens(inputs.prompt)], running);

    const source = model.openSequence();
    await source.open([tokens(before)], running);
    const raw = await source.exportRows(0, before.length, running);
    expect(raw).toMatchObject({ ratio: 1, slots: before.length, tokens: before.length });
    const view = model.openSequence();
    await view.open([slots(raw), tokens(after)], running);

    expect(view.length).toBe(full.length);
    expect(relativeDifference(await view.nextLogits(running), await full.nextLogits(running))).toBeLessThan(
      HALF_TOLERANCE,
    );
  });

  it("4. a memory depends on its ids and ratio alone", async () => {
    const [one, other] = [await loadGolden(name, "int8"), await loadGolden(name, "int8")];
    const [a, b] = inputs.segments;
    const first = inNumbers(await one.encoder.encode(a, 8, running));
    await one.encoder.encode(b, 16, running);
    await one.encoder.encode(b.slice(0, 5), 8, running);
    const again = inNumbers(await one.encoder.encode(a, 8, running));
    // In company: several at once, in another order, in another instance.
    const [, together] = await Promise.all([other.encoder.encode(b, 8, running), other.encoder.encode(a, 8, running)]);
    expect(again.payload).toEqual(first.payload);
    expect(inNumbers(together).payload).toEqual(first.payload);
    const changed = await one.encoder.encode([...a.slice(0, -1), (a.at(-1) ?? 0) - 1], 8, running);
    expect(inNumbers(changed).payload).not.toEqual(first.payload);
  });

  it.each([1, 30, 63])("7. folding a tail of one segment and %i tokens drops the FIRST segment", async (extra) => {
    const model = await loadGolden(name);
    const { segmentLength, defaultRatio } = model.info.memory;
    const text = [...inputs.segments[0], ...inputs.segments[1], ...inputs.prompt].slice(0, segmentLength + extra);
    const [first, rest] = [text.slice(0, segmentLength), text.slice(segmentLength)];
    const prefix = await model.encoder.encode(inputs.segments[1], defaultRatio, running);
    const openTail = async (): Promise<ReturnType<typeof model.openSequence>> => {
      const sequence = model.openSequence();
      await sequence.open([tokens(inputs.sinks), slots(prefix), tokens(text)], running);
      await sequence.nextLogits(running); // all rows are in the cache now
      return sequence;
    };
    const folded = await openTail();
    const start = inputs.sinks.length + prefix.slots;
    const gained = await folded.fold(running);
    expect(folded.length).toBe(start + gained + rest.length);
    await folded.prefill(inputs.local, running);

    const source = await openTail();
    const restRows = await source.exportRows(start + segmentLength, rest.length, running);
    const memory = await model.encoder.encode(first, defaultRatio, running);
    const assembled = model.openSequence();
    await assembled.open(
      [tokens(inputs.sinks), slots(prefix), slots(memory), slots(restRows), tokens(inputs.local)],
      running,
    );
    const expected = await assembled.nextLogits(running);
    expect(relativeDifference(await folded.nextLogits(running), expected)).toBeLessThan(HALF_TOLERANCE);

    // The reference code's mistake, keeping the wrong rows, would be seen.
    const wrongRows = await source.exportRows(start, rest.length, running);
    const wrong = model.openSequence();
    await wrong.open(
      [tokens(inputs.sinks), slots(prefix), slots(memory), slots(wrongRows), tokens(inputs.local)],
      running,
    );
    expect(relativeDifference(await wrong.nextLogits(running), expected)).toBeGreaterThan(5 * HALF_TOLERANCE);
  });

  it("7. a tail shorter than a segment is left alone", async () => {
    const model = await loadGolden(name);
    const sequence = model.openSequence();
    await sequence.open([tokens(inputs.prompt)], running);
    expect(await sequence.fold(running)).toBe(0);
    expect(sequence.length).toBe(inputs.prompt.length);
  });
});
