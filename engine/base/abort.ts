/** Cancel and stop: two wishes, one shape. */
import { EngineError } from "../protocol/errors.ts";

/** Throws `Cancelled` when the signal has fired; call it between units of work. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new EngineError("Cancelled", "cancelled");
}

/** Lets other work of this thread run: messages, cancels, other requests. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
