import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeMemory, encodeMemory, type Precision } from "../../../engine/memory/codec.ts";
import { fromHalf, toHalf } from "../../../engine/model/half.ts";
import type { CodedMemory, NumberedMemory } from "../../../engine/model/types.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { inNumbers, relativeDifference } from "../../parity/golden.ts";

const [layers, slots, width] = [3, 7, 32];
/** One channel is 50 times larger than the rest, as keys of real models have it. */
const memory: NumberedMemory = {
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
    const [found, expected] = [fromHalf(inNumbers(back).payload), fromHalf(memory.payload)];
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

  it("comes back within half a step of each channel in int4, at half the size of int8", () => {
    const bytes = encodeMemory(memory, "int4");
    const back = decodeMemory(bytes);
    expect(back).toMatchObject({ layers, slots, width, ratio: 8, tokens: 50 });
    const [found, expected] = [fromHalf(inNumbers(back).payload), fromHalf(memory.payload)];
    for (let layer = 0; layer < layers; layer++) {
      for (let channel = 0; channel < width; channel++) {
        const column = (of: Float32Array): Float32Array =>
          of.slice(layer * slots * width, (layer + 1) * slots * width).filter((_, i) => i % width === channel);
        expect(relativeDifference(column(found), column(expected))).toBeLessThan(0.5 / 7 + 1e-3);
      }
    }
    const scales = 4 * layers * width;
    expect(bytes.length - 32 - scales).toBe((encodeMemory(memory, "int8").length - 32 - scales) / 2);
  });

  it("comes back in int4 with an odd number of numbers", () => {
    const odd = {
      layers: 1,
      slots: 3,
      width: 5,
      ratio: 8,
      tokens: 24,
      payload: toHalf(Float32Array.from({ length: 15 }, (_, i) => i - 7)),
    };
    const back = fromHalf(inNumbers(decodeMemory(encodeMemory(odd, "int4"))).payload);
    expect(back.length).toBe(15);
    expect(relativeDifference(back, fromHalf(odd.payload))).toBeLessThan(0.5 / 7 + 1e-3);
  });

  it("keeps zeros, and a channel of one sign, in int4", () => {
    const flat = {
      ...memory,
      payload: toHalf(Float32Array.from(memory.payload, (_, i) => (i % width === 0 ? 0 : -3))),
    };
    expect(inNumbers(decodeMemory(encodeMemory(flat, "int4"))).payload).toEqual(flat.payload);
  });

  it("keeps no larger buffer alive and may start anywhere in one", () => {
    const bytes = encodeMemory(memory, "float16");
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeMemory(shifted.subarray(3))).toEqual(memory);
  });

  it("comes back from a Buffer, as files are read", () => {
    for (const precision of ["float16", "int8", "int4"] as const) {
      const bytes = encodeMemory(memory, precision);
      expect(decodeMemory(Buffer.from(bytes))).toEqual(decodeMemory(bytes));
    }
  });
});

/** The same 50 tokens in codes. */
const coded: CodedMemory = {
  layers,
  slots: 50,
  width,
  ratio: 1,
  tokens: 50,
  ids: Uint32Array.from({ length: 50 }, (_, i) => (i * 7919) % 8192),
  codes: Uint8Array.from({ length: 50 * 16 }, (_, i) => (i * 37) % 256),
};

describe("a memory in codes as bytes", () => {
  it.each([
    ["small ids", coded],
    ["large ids", { ...coded, ids: coded.ids.map((id, i) => (i === 9 ? 151_000 : id)) }],
    ["every eighth token shown", { ...coded, ratio: 8, slots: 7 }],
    ["one token", { ...coded, slots: 1, tokens: 1, ids: coded.ids.slice(0, 1), codes: coded.codes.slice(0, 16) }],
  ])("comes back exactly with %s, whatever precision numbers would be kept in", (_, one) => {
    for (const precision of ["int8", "float16", "codes"] as const)
      expect(decodeMemory(encodeMemory(one, precision))).toEqual(one);
  });

  it("takes its codes and two bytes a token, and four with large ids", () => {
    expect(encodeMemory(coded).length).toBe(32 + 4 + 50 * (16 + 2));
    expect(encodeMemory({ ...coded, ids: coded.ids.map((id) => id + 70_000) }).length).toBe(32 + 4 + 50 * (16 + 4));
  });

  it("is refused with one sentence when anything is damaged", () => {
    const good = encodeMemory(coded);
    for (let length = 0; length < good.length; length += 13)
      expect(() => decodeMemory(good.slice(0, length)), `${length} bytes`).toThrow(corrupt);
    for (let at = 0; at < good.length; at += 7) {
      const bytes = good.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x40;
      expect(() => decodeMemory(bytes), `byte ${at}`).toThrow(corrupt);
    }
  });

  it("is refused with slots, sizes of ids or codes that do not fit, and a right checksum", () => {
    for (const [at, value] of [
      [12, 49],
      [20, 7],
      [24, 51],
    ] as const)
      expect(() => decodeMemory(forgedCodes((view) => view.setUint32(at, value, true)))).toThrow(corrupt);
    for (const [at, value] of [
      [32, 3],
      [32, 0],
      [34, 15],
      [34, 65_535],
    ] as const)
      expect(() => decodeMemory(forgedCodes((view) => view.setUint16(at, value, true)))).toThrow(corrupt);
    expect(decodeMemory(forgedCodes(() => {}))).toEqual(coded);
  });

  it("cannot be asked of numbers", () => {
    expect(() => encodeMemory(memory, "codes")).toThrow(/cannot be kept as codes/);
  });
});

function forgedCodes(change: (view: DataView) => void): Uint8Array {
  return resealed(encodeMemory(coded), change);
}

/** Changed, with a checksum that is right again. */
function resealed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(bytes.buffer);
  change(view);
  view.setUint32(28, crc32(bytes.subarray(32), crc32(bytes.subarray(0, 28))), true);
  return bytes;
}

describe.each<Precision>(["float16", "int8", "int4"])("damaged bytes in %s", (precision) => {
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

describe("bytes that were made to deceive", () => {
  /** Changes a good payload and signs it again, as somebody could who knows the format. */
  const forged = (precision: Precision, change: (view: DataView) => void): Uint8Array =>
    resealed(encodeMemory(memory, precision), change);

  it("may be signed again without harm", () => {
    for (const precision of ["int8", "int4"] as const)
      expect(decodeMemory(forged(precision, () => {}))).toEqual(decodeMemory(encodeMemory(memory, precision)));
  });

  it.each([NaN, Infinity, -1])("are refused with a scale of %d", (scale) => {
    for (const precision of ["int8", "int4"] as const)
      expect(() => decodeMemory(forged(precision, (view) => view.setFloat32(32, scale, true)))).toThrow(/no size/);
  });

  it("are refused with a number of 4 bits that is never written", () => {
    const last = encodeMemory(memory, "int4").length - 1;
    for (const byte of [0x08, 0x80]) {
      const bytes = forged("int4", (view) => view.setUint8(last, byte));
      expect(() => decodeMemory(bytes)).toThrow(/never written/);
    }
  });

  it("are refused with a precision that does not fit their length", () => {
    for (const [precision, code] of [
      ["int8", 3],
      ["int4", 2],
      ["int4", 1],
      ["int8", 4],
    ] as const)
      expect(() => decodeMemory(forged(precision, (view) => view.setUint16(6, code, true)))).toThrow(corrupt);
  });
});
