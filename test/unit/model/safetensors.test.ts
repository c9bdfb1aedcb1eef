import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SafetensorsFile } from "../../../engine/model/safetensors.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { temporaryFolder } from "../../parity/golden.ts";

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
}

function write(header: unknown, data: Uint8Array, claimedLength?: bigint): string {
  const head = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, claimedLength ?? BigInt(head.byteLength), true);
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "model.safetensors");
  writeFileSync(path, Buffer.concat([length, head, data]));
  return path;
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const entry = (shape: number[], begin: number, end: number, dtype = "F32"): Entry => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("a truthful file", () => {
  it("is read in every float type", () => {
    const halves = new Uint8Array(new Float16Array([0.5, -2, 65_504]).buffer);
    const brain = new Uint8Array(Uint16Array.from([0x3f80, 0xc040]).buffer);
    const header = {
      __metadata__: { format: "pt" },
      a: entry([2, 2], 0, 16),
      b: entry([3], 16, 22, "F16"),
      c: entry([2], 22, 26, "BF16"),
      empty: entry([0, 7], 26, 26),
    };
    using file = new SafetensorsFile(write(header, Buffer.concat([floats(1, 2, 3, 4), halves, brain])));
    expect([...file.read("a")]).toEqual([1, 2, 3, 4]);
    expect([...file.read("b")]).toEqual([0.5, -2, 65_504]);
    expect([...file.read("c")]).toEqual([1, -3]);
    expect(file.read("empty")).toHaveLength(0);
    expect(file.names()).toEqual(["a", "b", "c", "empty"]);
  });
});

describe("a lying file", () => {
  const data = floats(1, 2, 3, 4);
  const cases: Readonly<Record<string, () => string>> = {
    "claims a header of 2^62 bytes": () => write({}, data, 1n << 62n),
    "claims a header longer than the file": () => write({}, data, 5000n),
    "has a header that is no JSON": () => write('{"a": ', data),
    "has a list as header": () => write([1, 2], data),
    "has bytes that are no UTF-8 in the header": () => {
      const path = write({ a: entry([4], 0, 16) }, data);
      writeFileSync(
        path,
        Buffer.concat([new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]), new Uint8Array([0xff, 0xfe, 0x7b]), data]),
      );
      return path;
    },
    "states a shape larger than its range": () => write({ a: entry([1_000_000, 1_000_000], 0, 16) }, data),
    "states a shape whose product overflows": () => write({ a: entry([2 ** 52, 2 ** 52, 2 ** 52], 0, 16) }, data),
    "states a range beyond the end": () => write({ a: entry([400], 0, 1600) }, data),
    "states a range that runs backwards": () => write({ a: entry([4], 16, 0) }, data),
    "states negative offsets": () => write({ a: entry([4], -16, 0) }, data),
    "states fractions": () => write({ a: entry([1.5], 0, 6) }, data),
    "lets two tensors overlap": () => write({ a: entry([3], 0, 12), b: entry([2], 8, 16) }, data),
    "leaves a gap": () => write({ a: entry([1], 0, 4), b: entry([2], 8, 16) }, data),
    "leaves bytes at the end": () => write({ a: entry([2], 0, 8) }, data),
    "names an unknown type": () => write({ a: entry([4], 0, 16, "Q99") }, data),
    "has an entry without a shape": () => write({ a: { dtype: "F32", data_offsets: [0, 16] } }, data),
    "is empty": () => {
      const path = write({}, data);
      writeFileSync(path, "");
      return path;
    },
  };

  it.each(Object.entries(cases))("is refused: it %s", (_, make) => {
    const path = make();
    let error: unknown;
    try {
      using file = new SafetensorsFile(path);
      expect(file).toBeNull();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: "ModelIncompatible" });
    expect(String(error)).toMatch(/model\.safetensors \S+/);
  });

  it("is refused for a type that is no float, when read", () => {
    using file = new SafetensorsFile(write({ a: entry([16], 0, 16, "I8") }, data));
    expect(() => file.read("a")).toThrow(expect.objectContaining({ code: "ModelIncompatible" }));
    expect(() => file.read("missing")).toThrow(expect.objectContaining({ code: "ModelIncompatible" }));
  });
});
