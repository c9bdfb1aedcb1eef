/**
 * Reads a stream batch by batch and gives credit when a batch was drawn. Knows nothing about what the events mean.
 */
import type { StreamEvent, StreamName } from "../../engine/protocol/contract.ts";
import type { EventStream } from "../../engine/protocol/client.ts";

/** Longest wait for a frame: a hidden window draws none, and its streams go on. */
const FRAME_TIMEOUT_MS = 100;

/** Calls `apply` with each batch, then waits until the screen had a chance to show it. Throws the stream's error. */
export async function readStream<M extends StreamName>(
  stream: EventStream<StreamEvent<M>>,
  apply: (events: readonly StreamEvent<M>[]) => void,
): Promise<void> {
  for await (const batch of stream.batches()) {
    apply(batch);
    await drawn();
  }
}

function drawn(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FRAME_TIMEOUT_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
