/** Our own bugs become `Internal` errors at the place where they are seen. */
import { EngineError } from "../protocol/errors.ts";

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new EngineError("Internal", `assertion failed: ${message}`);
}

export function unreachable(value: never): never {
  throw new EngineError("Internal", `unexpected value ${JSON.stringify(value)}`);
}
