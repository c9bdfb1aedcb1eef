/**
 * The file of weights that all graphs of a compiled model share (ONNX external data).
 * Owns: alignment, and that a tensor is converted and written once however many graphs use it.
 * Knows nothing about what a tensor means.
 */
import { closeSync } from "node:fs";
import { basename } from "node:path";
import { assert } from "../base/assert.ts";
import { createDurable, writeAll } from "../base/durable-file.ts";
import { bytesOf, type ElementType, type StoredTensor, type TensorBytes } from "./onnx.ts";

/** Smaller tensors are written into the graph itself. */
const INLINE_BYTES = 1024;
/** The runtime maps the file; large tensors start where Windows can map too. */
const PAGE = 4096;
const LARGE_PAGE = 65_536;

export class WeightsFile implements Disposable {
  readonly #file: number;
  readonly #name: string;
  readonly #stored = new Map<string, StoredTensor>();
  #end = 0;

  constructor(path: string) {
    this.#file = createDurable(path);
    this.#name = basename(path);
  }

  /** The tensor of this name; `make` runs only the first time. */
  store(name: string, type: ElementType, dims: readonly number[], make: () => TensorBytes): StoredTensor {
    const known = this.#stored.get(name);
    if (known !== undefined) {
      assert(known.dims.join() === dims.join() && known.type === type, `two tensors are named ${name}`);
      return known;
    }
    const bytes = bytesOf(make());
    const content = bytes.byteLength <= INLINE_BYTES ? bytes.slice() : this.#append(bytes);
    const stored = { type, dims, content };
    this.#stored.set(name, stored);
    return stored;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #append(bytes: Uint8Array): { file: string; offset: number; length: number } {
    const page = bytes.byteLength >= LARGE_PAGE ? LARGE_PAGE : PAGE;
    const offset = Math.ceil(this.#end / page) * page;
    writeAll(this.#file, bytes, offset);
    this.#end = offset + bytes.byteLength;
    return { file: this.#name, offset, length: bytes.byteLength };
  }
}
