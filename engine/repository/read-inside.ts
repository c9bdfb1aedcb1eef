/**
 * Opens a file of the granted folder for reading, never through a link: the last name may not be one (O_NOFOLLOW), and
 * the folders before it were checked by the walk. Knows nothing about what is read.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

// Windows has no such flag; links there are caught by the walk alone.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** All bytes, or null when it is no plain file, larger than `limitBytes`, or may not be read. */
export function readInside(root: string, path: string, limitBytes: number): Uint8Array | null {
  let descriptor: number;
  try {
    descriptor = openSync(join(root, path), constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
  } catch {
    return null; // not there any more, a link by now, or not permitted: the caller tells which file
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > limitBytes) return null;
    const bytes = new Uint8Array(stats.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, null);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } catch {
    return null; // a disk error on one file does not end the reading of the others
  } finally {
    closeSync(descriptor);
  }
}
