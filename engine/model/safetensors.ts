/**
 * Reading safetensors files that may come from anywhere.
 * Owns: checking that the header tells the truth (lengths, types, shapes, ranges, size of the file) BEFORE anything is
 * allocated from it. Knows nothing about models. Source: github.com/huggingface/safetensors, "Format".
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { fromBrainHalf, fromHalf } from "./half.ts";

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_TENSORS = 100_000;

const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** Types that can be read as float32. */
const READABLE = new Set(["F32", "F16", "BF16"]);

const offset = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({
  dtype: z.string().max(16),
  shape: z.array(offset).max(8),
  data_offsets: z.tuple([offset, offset]),
});
const headerSchema = z.record(z.string().max(500), z.unknown());

export interface TensorEntry {
  readonly type: string;
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly begin: number;
  readonly end: number;
}

/** An open file whose header has been found true. Dispose it. */
export class SafetensorsFile implements Disposable {
  readonly #file: number;
  readonly #label: string;
  readonly #entries: ReadonlyMap<string, TensorEntry>;

  /** Errors: ModelIncompatible with one sentence that says which statement of the header is wrong. */
  constructor(path: string) {
    this.#label = basename(path);
    this.#file = openSync(path, "r");
    try {
      this.#entries = readHeader(this.#file, this.#label);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  entry(name: string): TensorEntry | undefined {
    return this.#entries.get(name);
  }

  /** All numbers of a tensor as float32, row-major. */
  read(name: string): Float32Array {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw lie(this.#label, `has no tensor named ${name}`);
    if (!READABLE.has(entry.type))
      throw lie(this.#label, `stores ${name} as ${entry.type}; F32, F16 or BF16 was expected`);
    const bytes = new Uint8Array(entry.end - entry.begin);
    readFully(this.#file, bytes, entry.begin, this.#label);
    if (entry.type === "F32") return new Float32Array(bytes.buffer);
    const bits = new Uint16Array(bytes.buffer);
    return entry.type === "F16" ? fromHalf(bits) : fromBrainHalf(bits);
  }

  /** Whole numbers of 8 bits, as stored. Errors: ModelIncompatible when the tensor is of another type. */
  readInt8(name: string): Int8Array {
    const entry = this.#entries.get(name);
    if (entry?.type !== "I8") throw lie(this.#label, `has no 8-bit tensor named ${name}`);
    const bytes = new Uint8Array(entry.end - entry.begin);
    readFully(this.#file, bytes, entry.begin, this.#label);
    return new Int8Array(bytes.buffer);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function readHeader(file: number, label: string): ReadonlyMap<string, TensorEntry> {
  const fileBytes = fstatSync(file).size;
  if (fileBytes < 10) throw lie(label, `is only ${fileBytes} bytes long`);
  const lengthBytes = new Uint8Array(8);
  readFully(file, lengthBytes, 0, label);
  const headerBytes = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(MAX_HEADER_BYTES, fileBytes - 8)))
    throw lie(label, `claims a header of ${headerBytes} bytes, but the file has ${fileBytes}`);
  const header = new Uint8Array(Number(headerBytes));
  readFully(file, header, 8, label);
  const dataStart = 8 + header.byteLength;
  const entries = parseEntries(header, label, dataStart);
  checkRanges(entries, label, dataStart, fileBytes);
  return entries;
}

function parseEntries(header: Uint8Array, label: string, dataStart: number): Map<string, TensorEntry> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (cause) {
    throw lie(label, "has a header that is not JSON text", cause);
  }
  const records = headerSchema.safeParse(json);
  if (!records.success) throw lie(label, "has a header that is not a table of tensors");
  const names = Object.keys(records.data).filter((name) => name !== "__metadata__");
  if (names.length > MAX_TENSORS)
    throw lie(label, `lists ${names.length} tensors; at most ${MAX_TENSORS} are accepted`);
  const entries = new Map<string, TensorEntry>();
  for (const name of names) entries.set(name, parseEntry(records.data[name], label, name, dataStart));
  return entries;
}

function parseEntry(value: unknown, label: string, name: string, dataStart: number): TensorEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw lie(label, `describes tensor ${name} without a type, a shape and two offsets`);
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data;
  const width = BYTES_PER_ELEMENT[dtype];
  if (width === undefined) throw lie(label, `stores ${name} in an unknown type, ${dtype.slice(0, 16)}`);
  // BigInt: a product of shapes may be made to overflow into an innocent number.
  const needed = shape.reduce((product, dim) => product * BigInt(dim), BigInt(width));
  if (begin > end || needed !== BigInt(end - begin))
    throw lie(
      label,
      `gives ${name} the shape [${shape.join(", ")}] (${needed} bytes), but a range of ${end - begin} bytes`,
    );
  return { type: dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** The tensors must fill the data section exactly: no gap, no overlap, nothing beyond the end. */
function checkRanges(
  entries: ReadonlyMap<string, TensorEntry>,
  label: string,
  dataStart: number,
  fileBytes: number,
): void {
  const sorted = [...entries].toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  for (const [name, entry] of sorted) {
    if (entry.begin < at) throw lie(label, `has overlapping tensors at ${name}`);
    if (entry.begin > at) throw lie(label, `has unexplained bytes before ${name}`);
    at = entry.end;
  }
  if (at !== fileBytes) throw lie(label, `describes ${at} bytes, but the file has ${fileBytes}`);
}

function readFully(file: number, into: Uint8Array, position: number, label: string): void {
  let done = 0;
  while (done < into.byteLength) {
    const count = readSync(file, into, done, Math.min(into.byteLength - done, 1 << 28), position + done);
    if (count === 0) throw lie(label, "ended while it was being read");
    done += count;
  }
}

function lie(label: string, what: string, cause?: unknown): EngineError {
  return new EngineError("ModelIncompatible", `${label} ${what}`, {
    hint: "The model file is damaged or not what it claims to be. Copy or download it again.",
    cause,
  });
}
