import { describe, expect, it } from "vitest";
import { decodeMemory, encodeMemory, type Precision } from "../../../engine/memory/codec.ts";
import { fromHalf, toHalf } from "../../../engine/model/half.ts";
import type { SegmentMemory } from "../../../engine/model/types.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { relativeDifference } from "../../parity/golden.ts";

const [layers, slots, width] = [3, 7, 32];
/** One channel is 50 times larger than the rest, as keys of real models have it. */
const memory: SegmentMemory = {
  layers,
  slots,
  width,
  ratio: 8,
  tokens: 50,
  payload: toHalf(
    Float32Array.from({ length: layers * slots * width }, (_, i) => Math.sin(i * 3.7) * (i % width === 5 ? 50 : 1)),
  ),
};
const corrupt = expect.objectContaining({ code: "StoreCorrupt" });

describe("a memory as bytes", () => {
  it("comes back exactly in float16", () => {
    expect(decodeMemory(encodeMemory(memory, "float16"))).toEqual(memory);
  });

  it("comes back within half a step of each channel in int8, at half the size", () => {
    const bytes = encodeMemory(memory, "int8");
    const back = decodeMemory(bytes);
    expect(back).toMatchObject({ layers, slots, width, ratio: 8, tokens: 50 });
    const [found, expected] = [fromHalf(back.payload), fromHalf(memory.payload)];
    for (let channel = 0; channel < width; channel++) {
      const column = (of: Float32Array): Float32Array => of.filter((_, i) => i % width === channel);
      expect(relativeDifference(column(found), column(expected))).toBeLessThan(0.5 / 127 + 1e-3);
    }
    expect(
      encodeMemory({ ...memory, slots: 64, payload: new Uint16Array(layers * 64 * width) }, "int8").length,
    ).toBeLessThan(
      0.57 * encodeMemory({ ...memory, slots: 64, payload: new Uint16Array(layers * 64 * width) }, "float16").length,
    );
  });

  it("keeps no larger buffer alive and may start anywhere in one", () => {
    const bytes = encodeMemory(memory, "float16");
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeMemory(shifted.subarray(3))).toEqual(memory);
  });

  it("comes back from a Buffer, as files are read", () => {
    for (const precision of ["float16", "int8"] as const) {
      const bytes = encodeMemory(memory, precision);
      expect(decodeMemory(Buffer.from(bytes))).toEqual(decodeMemory(bytes));
    }
  });
});

describe.each<Precision>(["float16", "int8"])("damaged bytes in %s", (precision) => {
  const good = encodeMemory(memory, precision);

  it("are found wherever one bit is flipped", () => {
    for (let at = 0; at < good.length; at += 1 + (at > 40 ? 13 : 0)) {
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      expect(() => decodeMemory(bad), `byte ${at}`).toThrow(corrupt);
    }
  });

  it("are found at any length but the right one", () => {
    for (const length of [0, 1, 31, 32, 33, good.length - 1])
      expect(() => decodeMemory(good.slice(0, length))).toThrow(corrupt);
    expect(() => decodeMemory(new Uint8Array([...good, 0]))).toThrow(corrupt);
  });

  it("cannot make the reader believe in enormous sizes", () => {
    for (const [offset, value] of [
      [8, 0xffff_ffff],
      [12, 0xffff_ffff],
      [16, 0x7fff_ffff],
      [8, 0],
      [12, 8192],
      [20, 0],
    ] as const) {
      const bad = good.slice();
      new DataView(bad.buffer).setUint32(offset, value, true);
      expect(() => decodeMemory(bad)).toThrow(EngineError);
      expect(() => decodeMemory(bad)).toThrow(corrupt);
    }
  });

  it("of a newer version are refused", () => {
    const bad = good.slice();
    new DataView(bad.buffer).setUint16(4, 2, true);
    expect(() => decodeMemory(bad)).toThrow(/version 2; 1 was expected/);
  });
});
