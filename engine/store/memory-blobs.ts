/**
 * Memory blobs as files, named by their key: `<folder>/ab/abcdef…`.
 * Owns: writing them whole or not at all. Does not know: what is inside (memory/ checks length and hash), who uses them.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeDurable } from "../base/durable-file.ts";
import { EngineError } from "../protocol/errors.ts";
import { diskFull, requireSpace } from "./database.ts";

const KEY = /^[0-9a-f]{16,128}$/u;
/** A half written blob; never a key. */
const HALF = ".part";

export class MemoryBlobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Temporary file, written through to the disk, rename: after a crash a blob is whole or absent. Throws DiskFull. */
  put(key: string, bytes: Uint8Array): void {
    const path = this.#path(key);
    const half = `${path}${HALF}`;
    requireSpace(this.#folder, bytes.byteLength);
    try {
      mkdirSync(join(this.#folder, key.slice(0, 2)), { recursive: true });
      rmSync(half, { force: true });
      writeDurable(half, bytes);
      renameSync(half, path);
    } catch (error) {
      rmSync(half, { force: true });
      if (isNoSpace(error)) throw diskFull(`writing a memory of ${bytes.byteLength} bytes`, error);
      throw error;
    }
  }

  get(key: string): Uint8Array | null {
    try {
      return readFileSync(this.#path(key));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** null when it is not there. */
  status(key: string): { readonly bytes: number; readonly madeAt: number } | null {
    const found = statSync(this.#path(key), { throwIfNoEntry: false });
    return found === undefined ? null : { bytes: found.size, madeAt: found.mtimeMs };
  }

  remove(key: string): void {
    rmSync(this.#path(key), { force: true });
  }

  /** Keys of all whole blobs. Half written ones older than `halfOlderThanMs` are deleted on the way. */
  *keys(halfOlderThanMs: number): Generator<string> {
    for (const folder of readdirSync(this.#folder)) {
      if (!/^[0-9a-f]{2}$/u.test(folder)) continue;
      for (const name of readdirSync(join(this.#folder, folder))) {
        if (KEY.test(name)) yield name;
        else if (name.endsWith(HALF)) this.#removeHalf(join(this.#folder, folder, name), halfOlderThanMs);
      }
    }
  }

  #removeHalf(path: string, olderThanMs: number): void {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs >= olderThanMs) rmSync(path, { force: true });
  }

  #path(key: string): string {
    if (!KEY.test(key)) throw new EngineError("Internal", `not a content key: ${JSON.stringify(key.slice(0, 80))}`);
    return join(this.#folder, key.slice(0, 2), key);
  }
}

const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
const isNoSpace = (error: unknown): boolean => hasCode(error, ["ENOSPC", "EDQUOT"]);
const isMissing = (error: unknown): boolean => hasCode(error, ["ENOENT"]);
