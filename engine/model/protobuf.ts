/**
 * Protobuf's wire format, writing only: varints, tags, length-delimited fields.
 * Knows nothing about ONNX. Source: protobuf.dev/programming-guides/encoding.
 */
const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FLOAT32 = 5;

const encoder = new TextEncoder();

export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** An integer field; negative numbers as 64-bit two's complement, as protobuf wants. */
  integer(field: number, value: number | bigint): this {
    return this.#varint(field * 8 + WIRE_VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#varint(field * 8 + WIRE_FLOAT32).#raw(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint(field * 8 + WIRE_BYTES).#varint(value.byteLength).#raw(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  packedIntegers(field: number, values: readonly number[]): this {
    const inner = new ProtobufWriter();
    for (const value of values) inner.#varint(value);
    return this.bytes(field, inner.finish());
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.byteLength;
    }
    return out;
  }

  #varint(value: number | bigint): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    return this.#raw(Uint8Array.from(bytes));
  }

  #raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.byteLength;
    return this;
  }
}
