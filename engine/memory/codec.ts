/**
 * A segment's memory as bytes and back.
 * Owns: the header, its version and checksum, and that no number of a damaged or hostile payload is believed before it is
 * checked. Knows nothing about files or the database.
 *
 * Layout, little endian
 *   0  "LLGM"   4 version u16   6 precision u16 (1 float16, 2 int8, 3 int4, 4 codes)   8 layers u32   12 slots u32   16 width u32
 *   20 ratio u32   24 tokens u32   28 crc32 of everything else u32   32 payload
 *   float16   (L, M, W) half-precision bits
 *   int8      (L, W) scales float32, then (L, M, W) int8; a scale serves one number of all slots of a layer, because
 *             single channels of keys are much larger than the rest (KIVI, Liu et al. 2024, arXiv:2402.02750)
 *   int4      the same with two numbers a byte, the first in its lower half: -7 to 7, two's complement
 *   codes     bytes of an id u16 (2 or 4), codes of a token u16 (G), (T) ids, (T, G) codes; slots follow from tokens and ratio
 */
import { crc32 } from "node:zlib";
import { fromHalf, toHalf } from "../model/half.ts";
import {
  type CodedMemory,
  isCoded,
  type NumberedMemory,
  type SegmentMemory,
  type StoredPrecision,
} from "../model/types.ts";
import { EngineError } from "../protocol/errors.ts";

export type Precision = "float16" | StoredPrecision;

type Quantized = Exclude<StoredPrecision, "codes">;

const MAGIC = 0x4d474c4c; // "LLGM"
const VERSION = 1;
const HEADER_BYTES = 32;
const CHECKSUM_AT = 28;
const PRECISION_CODE: Readonly<Record<Precision, number>> = { float16: 1, int8: 2, int4: 3, codes: 4 };
const PRECISIONS: readonly Precision[] = ["float16", "int8", "int4", "codes"];
/** Largest magnitude of a stored number. */
const LARGEST: Readonly<Record<Quantized, number>> = { int8: 127, int4: 7 };

/** Far above any model we can run; far below what would hurt. */
const LIMITS = { layers: 512, slots: 8192, width: 65_536, ratio: 8192, tokens: 65_536 };

/**
 * Bytes: int8 is half of float16 plus 4 L W for scales, int4 a quarter. What they cost: `evaluate memory --precision`.
 * A memory in codes is kept in codes, whatever `precision` says.
 */
export function encodeMemory(memory: SegmentMemory, wanted: Precision = "int8"): Uint8Array {
  const [precision, payload] = payloadOf(memory, wanted);
  const bytes = new Uint8Array(HEADER_BYTES + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, PRECISION_CODE[precision], true);
  [memory.layers, memory.slots, memory.width, memory.ratio, memory.tokens].forEach((n, i) =>
    view.setUint32(8 + 4 * i, n, true),
  );
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(CHECKSUM_AT, checksum(bytes), true);
  return bytes;
}

function payloadOf(memory: SegmentMemory, precision: Precision): [Precision, Uint8Array] {
  if (isCoded(memory)) return ["codes", codesPayload(memory)];
  if (precision === "codes") throw new EngineError("Internal", "numbers cannot be kept as codes");
  if (precision !== "float16") return [precision, quantize(memory, precision)];
  const { buffer, byteOffset, byteLength } = memory.payload;
  return [precision, new Uint8Array(buffer, byteOffset, byteLength)];
}

/** Errors: StoreCorrupt with one sentence that says what is wrong. */
export function decodeMemory(bytes: Uint8Array): SegmentMemory {
  const header = readHeader(bytes);
  const { layers, slots, width, precision } = header;
  const expected = HEADER_BYTES + (precision === "codes" ? codesBytes(bytes, header) : payloadBytes(header));
  if (bytes.byteLength !== expected)
    throw corrupt(`${bytes.byteLength} bytes; ${expected} were expected from its header`);
  const found = new DataView(bytes.buffer, bytes.byteOffset).getUint32(CHECKSUM_AT, true);
  if (found !== checksum(bytes)) throw corrupt("a wrong checksum");
  // A copy: the payload must be aligned and must not keep a larger buffer alive.
  // Not bytes.slice: a file is read into a Buffer, whose slice is a view.
  const body = new Uint8Array(bytes.subarray(HEADER_BYTES));
  if (precision === "codes") return readCodes(body, header);
  const payload = precision === "float16" ? new Uint16Array(body.buffer) : dequantize(body, header, precision);
  return { layers, slots, width, ratio: header.ratio, tokens: header.tokens, payload };
}

interface Header {
  readonly precision: Precision;
  readonly layers: number;
  readonly slots: number;
  readonly width: number;
  readonly ratio: number;
  readonly tokens: number;
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.byteLength < HEADER_BYTES) throw corrupt(`only ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt("no memory header");
  const version = view.getUint16(4, true);
  if (version !== VERSION) throw corrupt(`version ${version}; ${VERSION} was expected`);
  const code = view.getUint16(6, true);
  const precision = PRECISIONS.find((one) => PRECISION_CODE[one] === code);
  if (precision === undefined) throw corrupt(`unknown precision ${code}`);
  const number = (at: number, name: keyof typeof LIMITS): number => {
    const value = view.getUint32(at, true);
    if (value < 1 || value > LIMITS[name]) throw corrupt(`${value} ${name}; 1 to ${LIMITS[name]} were expected`);
    return value;
  };
  return {
    precision,
    layers: number(8, "layers"),
    slots: number(12, "slots"),
    width: number(16, "width"),
    ratio: number(20, "ratio"),
    tokens: number(24, "tokens"),
  };
}

/** crc32 of all bytes but the checksum itself. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(CHECKSUM_AT + 4), crc32(bytes.subarray(0, CHECKSUM_AT)));
}

/** Bytes behind the header. */
function payloadBytes({ layers, slots, width, precision }: Omit<Header, "ratio" | "tokens">): number {
  const elements = layers * slots * width;
  if (precision === "float16") return 2 * elements;
  return 4 * layers * width + (precision === "int8" ? elements : Math.ceil(elements / 2));
}

/** What stands before ids and codes. */
const CODES_HEADER_BYTES = 4;

function codesPayload({ tokens, ids, codes }: CodedMemory): Uint8Array {
  const idBytes = ids.every((id) => id < 65_536) ? 2 : 4;
  const out = new Uint8Array(CODES_HEADER_BYTES + tokens * idBytes + codes.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, idBytes, true);
  view.setUint16(2, codes.length / tokens, true);
  ids.forEach((id, i) => {
    const at = CODES_HEADER_BYTES + i * idBytes;
    if (idBytes === 2) view.setUint16(at, id, true);
    else view.setUint32(at, id, true);
  });
  out.set(codes, CODES_HEADER_BYTES + tokens * idBytes);
  return out;
}

/** Bytes behind the header, by what the payload says of itself. */
function codesBytes(bytes: Uint8Array, { slots, ratio, tokens }: Header): number {
  if (bytes.byteLength < HEADER_BYTES + CODES_HEADER_BYTES) throw corrupt(`only ${bytes.byteLength} bytes`);
  if (slots !== Math.ceil(tokens / ratio)) throw corrupt(`${slots} slots of ${tokens} tokens at ratio ${ratio}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES);
  const idBytes = view.getUint16(0, true);
  if (idBytes !== 2 && idBytes !== 4) throw corrupt(`ids of ${idBytes} bytes`);
  return CODES_HEADER_BYTES + tokens * (idBytes + view.getUint16(2, true));
}

function readCodes(body: Uint8Array<ArrayBuffer>, { layers, slots, width, ratio, tokens }: Header): CodedMemory {
  const view = new DataView(body.buffer);
  const idBytes = view.getUint16(0, true);
  const ids = Uint32Array.from({ length: tokens }, (_, i) => {
    const at = CODES_HEADER_BYTES + i * idBytes;
    return idBytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  });
  const codes = body.slice(CODES_HEADER_BYTES + tokens * idBytes);
  return { layers, slots, width, ratio, tokens, ids, codes };
}

function quantize(memory: NumberedMemory, precision: Quantized): Uint8Array {
  const { layers, slots, width } = memory;
  const values = fromHalf(memory.payload);
  const out = new Uint8Array(payloadBytes({ layers, slots, width, precision }));
  const scales = new Float32Array(out.buffer, 0, layers * width);
  const quantized = precision === "int8" ? new Int8Array(out.buffer, 4 * scales.length) : new Int8Array(values.length);
  for (let layer = 0; layer < layers; layer++) {
    for (let channel = 0; channel < width; channel++) {
      const at = (slot: number): number => (layer * slots + slot) * width + channel;
      let largest = 0;
      for (let slot = 0; slot < slots; slot++) largest = Math.max(largest, Math.abs(values[at(slot)] ?? 0));
      const scale = Math.fround(largest / LARGEST[precision]);
      scales[layer * width + channel] = scale;
      for (let slot = 0; slot < slots; slot++)
        quantized[at(slot)] = scale === 0 ? 0 : Math.round((values[at(slot)] ?? 0) / scale);
    }
  }
  if (precision === "int4") packHalves(quantized, out.subarray(4 * scales.length));
  return out;
}

function dequantize(
  body: Uint8Array<ArrayBuffer>,
  { layers, slots, width }: Header,
  precision: Quantized,
): Uint16Array {
  const scales = new Float32Array(body.buffer, 0, layers * width);
  if (!scales.every((scale) => scale >= 0 && scale < Infinity)) throw corrupt("a scale that is no size");
  const elements = layers * slots * width;
  const quantized =
    precision === "int8"
      ? new Int8Array(body.buffer, 4 * scales.length)
      : unpackHalves(body.subarray(4 * scales.length), elements);
  const values = new Float32Array(elements);
  for (let layer = 0; layer < layers; layer++) {
    for (let slot = 0; slot < slots; slot++) {
      const row = (layer * slots + slot) * width;
      for (let channel = 0; channel < width; channel++)
        values[row + channel] = (quantized[row + channel] ?? 0) * (scales[layer * width + channel] ?? 0);
    }
  }
  return toHalf(values);
}

/** Numbers of 4 bits, two a byte. */
function packHalves(values: Int8Array, into: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i] = ((values[2 * i] ?? 0) & 15) | (((values[2 * i + 1] ?? 0) & 15) << 4);
}

function unpackHalves(bytes: Uint8Array, count: number): Int8Array {
  const values = new Int8Array(2 * bytes.length);
  bytes.forEach((byte, i) => {
    values[2 * i] = (byte << 28) >> 28;
    values[2 * i + 1] = (byte << 24) >> 28;
  });
  if (values.includes(-8) || (values.length > count && values.at(-1) !== 0))
    throw corrupt("a number that is never written");
  return values;
}

function corrupt(what: string): EngineError {
  return new EngineError("StoreCorrupt", `a stored memory is damaged: ${what}`, {
    hint: "The segment will be read again.",
  });
}
