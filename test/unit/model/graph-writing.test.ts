/** Protobuf bytes, ONNX models that the runtime accepts, quantised weights, and the cutting of large encoders. */
import { describe, expect, it } from "vitest";
import { encoderParts, operationsPerToken } from "../../../engine/model/compile.ts";
import { fromHalf, toHalf } from "../../../engine/model/half.ts";
import { probeWeightRange } from "../../../engine/model/int8-probe.ts";
import { OnnxGraph } from "../../../engine/model/onnx.ts";
import { ProtobufWriter } from "../../../engine/model/protobuf.ts";
import { blockSizeFor, quantizeBlocks, quantizeColumns, transpose } from "../../../engine/model/quantize.ts";
import { floatTensor, openSession } from "../../../engine/model/runtime.ts";

const bytes = (writer: ProtobufWriter): number[] => [...writer.finish()];

describe("protobuf", () => {
  it("writes the examples of the format's own documentation", () => {
    expect(bytes(new ProtobufWriter().integer(1, 150))).toEqual([0x08, 0x96, 0x01]);
    expect(bytes(new ProtobufWriter().string(2, "testing"))).toEqual([0x12, 7, ...Buffer.from("testing")]);
    expect(bytes(new ProtobufWriter().message(3, new ProtobufWriter().integer(1, 150)))).toEqual([
      0x1a, 3, 0x08, 0x96, 0x01,
    ]);
    expect(bytes(new ProtobufWriter().packedIntegers(6, [3, 270, 86_942]))).toEqual([
      0x32, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5,
    ]);
    expect(bytes(new ProtobufWriter().integer(1, -1))).toEqual([0x08, ...Array.from({ length: 9 }, () => 0xff), 1]);
    expect(bytes(new ProtobufWriter().float(1, 1))).toEqual([0x0d, 0, 0, 0x80, 0x3f]);
  });
});

describe("an ONNX model", () => {
  it("is accepted and computed by the runtime", async () => {
    const graph = new OnnxGraph("double");
    const x = graph.input("x", "float32", ["N"]);
    graph.expose(graph.node("Mul", [x, graph.constant("float32", [1], [2.5])]), "y", "float32", ["N"]);
    await using session = await openSession(graph.serialize(), { provider: "cpu", threads: 1 });
    const { y } = await session.run({ x: floatTensor(Float32Array.from([1, -2, 3]), [3]) }, ["y"]);
    expect([...(y ?? [])]).toEqual([2.5, -5, 7.5]);
  });

  it("that is wrong is a ModelLoadFailed, not a crash", async () => {
    const graph = new OnnxGraph("wrong");
    graph.expose(graph.node("NoSuchOperator", [graph.input("x", "float32", [1])]), "y", "float32", [1]);
    await expect(openSession(graph.serialize(), { provider: "cpu", threads: 1 })).rejects.toMatchObject({
      code: "ModelLoadFailed",
    });
    await expect(openSession(new Uint8Array([1, 2, 3]), { provider: "cpu", threads: 1 })).rejects.toMatchObject({
      code: "ModelLoadFailed",
    });
  });

  it("uses 8 bits of weights only where the processor adds without overflow", async () => {
    expect([127, 63]).toContain(await probeWeightRange());
  });
});

describe("quantised weights", () => {
  const [out, into] = [6, 64];
  const matrix = Float32Array.from({ length: out * into }, (_, i) =>
    i % into === 0 ? 0 : Math.sin(i * 12.9898) * (1 + (i % 5)),
  );

  it.each([127, 63] as const)("per output stay within half a step of range %i", (range) => {
    const { values, scales } = quantizeColumns(matrix, out, into, range);
    for (let n = 0; n < out; n++)
      for (let k = 0; k < into; k++)
        expect(
          Math.abs((values[k * out + n] ?? 0) * (scales[n] ?? 0) - (matrix[n * into + k] ?? 0)),
        ).toBeLessThanOrEqual((scales[n] ?? 0) * 0.501);
    expect(Math.max(...values)).toBeLessThanOrEqual(range);
  });

  it("per block stay within half a step, and zeros stay zeros", () => {
    const block = 16;
    const { values, scales } = quantizeBlocks(matrix, block);
    matrix.forEach((value, i) => {
      const scale = scales[Math.floor(i / block)] ?? 0;
      expect(Math.abs(((values[i] ?? 0) - 128) * scale - value)).toBeLessThanOrEqual(scale * 0.501);
    });
    expect([...quantizeBlocks(new Float32Array(16), 16).values]).toEqual(Array.from({ length: 16 }, () => 128));
  });

  it("are transposed without loss", () => {
    expect(transpose(transpose(matrix, out, into), into, out)).toEqual(matrix);
  });

  it("that were stored in 8-bit rows come back exactly, whatever the block", () => {
    const stored = Int8Array.from({ length: out * into }, (_, i) => (i % into === 3 ? 127 : ((i * 37) % 41) - 20));
    const rowScales = Float32Array.from({ length: out }, (_, n) => (n === 2 ? 0 : 0.013 * (n + 1)));
    const rows = Float32Array.from(stored, (value, i) => value * (rowScales[Math.floor(i / into)] ?? 0));
    for (const block of [16, 32]) {
      const { values, scales } = quantizeBlocks(rows, block, rowScales);
      rows.forEach((value, i) => {
        expect(Math.fround(((values[i] ?? 0) - 128) * (scales[Math.floor(i / block)] ?? 0)) + 0).toBe(value + 0);
      });
    }
  });

  it("take the block that fits", () => {
    expect([896, 256, 64, 48, 16, 40].map(blockSizeFor)).toEqual([32, 32, 32, 16, 16, null]);
  });
});

describe("half precision", () => {
  it("goes there and back for every bit pattern that is a number", () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toHalf(fromHalf(all))).toEqual(all);
  });
});

describe("a large encoder", () => {
  const q05 = { layers: 24, hidden: 896, heads: 14, kvHeads: 2, headDim: 64, ffn: 4864, vocabulary: 151_936 };

  it("costs what runtime.md counts: 0.716 giga-operations a token", () => {
    expect(operationsPerToken(q05) / 1e9).toBeCloseTo(0.716, 2);
  });

  it("is cut into runs of whole layers, none left out", () => {
    const parts = encoderParts(q05, 512);
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
      Array.from({ length: 24 }, (_, i) => i),
    );
    expect(encoderParts({ ...q05, layers: 4, hidden: 256, ffn: 768, heads: 4 }, 512)).toEqual([{ from: 0, to: 4 }]);
  });
});
