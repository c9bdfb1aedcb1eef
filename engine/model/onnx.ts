/**
 * Writes ONNX models: nodes, initialisers, inputs and outputs.
 * Owns: field numbers of onnx.proto3, which operators live in the com.microsoft domain, where weights are placed.
 * Knows nothing about transformers; a wrong graph is found by the runtime when it loads it.
 */
import { assert } from "../base/assert.ts";
import { ProtobufWriter } from "./protobuf.ts";

export type ElementType = "float32" | "uint8" | "int8" | "int32" | "int64";

const ELEMENT_CODE: Readonly<Record<ElementType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };

/** Cast targets by their ONNX code. */
export const CAST_TO_FLOAT = 1;
export const CAST_TO_UINT8 = 2;
export const CAST_TO_INT64 = 7;

const IR_VERSION = 10;
const OPSET = 21;

const MICROSOFT_OPERATORS = new Set([
  "FusedMatMul",
  "GatherBlockQuantized",
  "MatMulIntegerToFloat",
  "MatMulNBits",
  "QuickGelu",
  "RotaryEmbedding",
  "SkipSimplifiedLayerNormalization",
]);

/** A number is an integer attribute; floats are wrapped, because 1 and 1.0 are one value in JavaScript. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export type TensorBytes = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** Where an initialiser's bytes lie in the external weights file. */
export interface Placement {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface StoredTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Inline for small tensors, else a place in a file beside the model. */
  readonly content: Uint8Array | Placement;
}

export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: ProtobufWriter[] = [];
  readonly #initializers = new Map<string, ProtobufWriter>();
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];
  #unnamed = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares a graph input; a string dimension is symbolic. Returns its name. */
  input(name: string, type: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, dims));
  }

  /** A weight; a second one of the same name is the same weight. Returns its name. */
  initializer(name: string, tensor: StoredTensor): string {
    if (this.#initializers.has(name)) return name;
    const out = new ProtobufWriter();
    for (const dim of tensor.dims) out.integer(1, dim);
    out.integer(2, ELEMENT_CODE[tensor.type]).string(8, name);
    if (tensor.content instanceof Uint8Array) {
      out.bytes(9, tensor.content);
    } else {
      const { file, offset, length } = tensor.content;
      for (const [key, value] of [
        ["location", file],
        ["offset", String(offset)],
        ["length", String(length)],
      ] as const)
        out.message(13, new ProtobufWriter().string(1, key).string(2, value));
      out.integer(14, 1);
    }
    this.#initializers.set(name, out);
    return name;
  }

  /** A small constant, shared by its value. Returns its name. */
  constant(type: ElementType, dims: readonly number[], values: readonly number[]): string {
    const name = `const_${type}_${dims.join("x")}_${values.join("_")}`;
    return this.initializer(name, { type, dims, content: constantBytes(type, values) });
  }

  /** One node with one output. Empty input names are absent optional inputs. */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `v${this.#unnamed++}`;
    this.nodes(operator, inputs, [output], attributes);
    return output;
  }

  /** One node with the outputs named by the caller; an empty name is an output that nobody wants. */
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const out = new ProtobufWriter();
    for (const input of inputs) out.string(1, input);
    for (const output of outputs) out.string(2, output);
    out.string(3, `${operator}_${this.#nodes.length}`).string(4, operator);
    for (const [name, value] of Object.entries(attributes)) out.message(5, attributeOf(name, value));
    if (MICROSOFT_OPERATORS.has(operator)) out.string(7, "com.microsoft");
    this.#nodes.push(out);
  }

  /** Fresh value names for `nodes`. */
  names(count: number): string[] {
    return Array.from({ length: count }, () => `v${this.#unnamed++}`);
  }

  /** Gives a value the name of a graph output. */
  expose(value: string, name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.nodes("Identity", [value], [name]);
    this.output(name, type, dims);
  }

  /** The bytes of the .onnx file. */
  serialize(): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, this.#name);
    for (const tensor of this.#initializers.values()) graph.message(5, tensor);
    for (const info of this.#inputs) graph.message(11, info);
    for (const info of this.#outputs) graph.message(12, info);
    const opset = (domain: string, version: number): ProtobufWriter =>
      new ProtobufWriter().string(1, domain).integer(2, version);
    return new ProtobufWriter()
      .integer(1, IR_VERSION)
      .string(2, "longleaf")
      .message(7, graph)
      .message(8, opset("", OPSET))
      .message(8, opset("com.microsoft", 1))
      .finish();
  }
}

function valueInfo(name: string, type: ElementType, dims: readonly (number | string)[]): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of dims) {
    const one = new ProtobufWriter();
    shape.message(1, typeof dim === "string" ? one.string(2, dim) : one.integer(1, dim));
  }
  const tensor = new ProtobufWriter().integer(1, ELEMENT_CODE[type]).message(2, shape);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

function attributeOf(name: string, value: Attribute): ProtobufWriter {
  const out = new ProtobufWriter().string(1, name);
  if (typeof value === "number") return out.integer(3, value).integer(20, 2);
  if (typeof value === "string") return out.string(4, value).integer(20, 3);
  if ("float" in value) return out.float(2, value.float).integer(20, 1);
  return out.packedIntegers(8, value).integer(20, 7);
}

function constantBytes(type: ElementType, values: readonly number[]): Uint8Array {
  assert(values.length <= 64, "constants are small; large tensors are weights");
  if (type === "int64") return bytesOf(BigInt64Array.from(values, BigInt));
  if (type === "float32") return bytesOf(Float32Array.from(values));
  if (type === "int32") return bytesOf(Int32Array.from(values));
  return Uint8Array.from(values);
}

/** The same memory as bytes. */
export function bytesOf(data: TensorBytes): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
