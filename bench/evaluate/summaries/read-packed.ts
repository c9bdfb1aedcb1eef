/** Lines of a corpus file packed with xz (`xz` must be on the path), one at a time in memory. */
import { execFileSync } from "node:child_process";
import { EngineError } from "../../../engine/protocol/errors.ts";

/** Errors: `NotFound` when the file is not there or cannot be unpacked. */
export function* readPackedLines(file: string): Generator<string, void> {
  let bytes: Buffer;
  try {
    bytes = execFileSync("xz", ["-dc", file], { maxBuffer: 2 ** 31 - 1 });
  } catch (cause) {
    throw new EngineError("NotFound", `The corpus file ${file} cannot be read.`, { cause });
  }
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    if (end > at) yield bytes.toString("utf8", at, end);
    at = end + 1;
  }
}
