/**
 * New files whose bytes are on disk when a write returns.
 * fsync is refused under Node's permission model (tried on 26.10: "fsync API is disabled"), O_SYNC is not.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";

/** A file that must not exist yet. Windows has no O_SYNC; there a lost file is found by its size. */
export function createDurable(path: string): number {
  const sync = Number(Reflect.get(constants, "O_SYNC") ?? 0);
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | sync, 0o600);
}

/** A whole new file. */
export function writeDurable(path: string, bytes: Uint8Array): void {
  const file = createDurable(path);
  try {
    writeAll(file, bytes, 0);
  } finally {
    closeSync(file);
  }
}

/** One write call; larger ones may be cut short by the system. */
const WRITE_BYTES = 1 << 26;

export function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  let done = 0;
  while (done < bytes.byteLength) {
    const part = bytes.subarray(done, done + WRITE_BYTES);
    done += writeSync(file, part, 0, part.byteLength, offset + done);
  }
}
