/** Two ends of a channel inside one process; every frame is structured-cloned, as a process border would do. */
import type { Frame, FramePort } from "../protocol/index.ts";

class LoopbackEnd implements FramePort {
  readonly #frameListeners: ((frame: unknown) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  readonly #early: unknown[] = [];
  #peer: LoopbackEnd | null = null;
  #open = true;

  join(peer: LoopbackEnd): void {
    this.#peer = peer;
  }
  send(frame: Frame): void {
    const copy: unknown = structuredClone(frame);
    queueMicrotask(() => this.#peer?.deliver(copy));
  }
  deliver(frame: unknown): void {
    if (!this.#open) return;
    if (this.#frameListeners.length === 0) this.#early.push(frame);
    for (const listener of this.#frameListeners) listener(frame);
  }
  onFrame(listener: (frame: unknown) => void): void {
    this.#frameListeners.push(listener);
    for (const frame of this.#early.splice(0)) listener(frame);
  }
  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#closeListeners) listener();
    this.#peer?.close();
  }
}

export function createLoopback(): readonly [FramePort, FramePort] {
  const left = new LoopbackEnd();
  const right = new LoopbackEnd();
  left.join(right);
  right.join(left);
  return [left, right];
}
