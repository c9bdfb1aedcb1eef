/**
 * Many connections over one process channel. The host numbers them: 0 is its own, others are its clients'.
 * Relays frames unread. Knows nothing about the contract.
 */
import type { Frame, FramePort } from "../protocol/index.ts";

/** What crosses child-process IPC. */
export type ChannelMessage =
  | { readonly channel: number; readonly frame: unknown }
  | { readonly channel: number; readonly open: true }
  | { readonly channel: number; readonly closed: true };

/** One end of the process channel: `process` in the child, the ChildProcess in the host. */
export interface MessageEnd {
  post(message: ChannelMessage): void;
}

export class ChannelHub {
  readonly #end: MessageEnd;
  readonly #ports = new Map<number, ChannelPort>();
  readonly #onOpen: (channel: number, port: FramePort) => void;

  /** `onOpen`: the other side opened a channel. */
  constructor(end: MessageEnd, onOpen: (channel: number, port: FramePort) => void = () => {}) {
    this.#end = end;
    this.#onOpen = onOpen;
  }

  /** Opens a channel from this side. */
  open(channel: number): FramePort {
    this.#end.post({ channel, open: true });
    return this.#add(channel);
  }

  /** Feeds a message that arrived; anything that is not one is ignored. */
  receive(message: unknown): void {
    if (typeof message !== "object" || message === null || !("channel" in message)) return;
    const channel = message.channel;
    if (typeof channel !== "number") return;
    if ("open" in message) this.#onOpen(channel, this.#add(channel));
    else if ("closed" in message) this.#ports.get(channel)?.closedByPeer();
    else if ("frame" in message) this.#ports.get(channel)?.deliver(message.frame);
  }

  /** The process channel is gone: every connection ends. */
  dispose(): void {
    for (const port of [...this.#ports.values()]) port.closedByPeer();
  }

  #add(channel: number): ChannelPort {
    const port = new ChannelPort(channel, this.#end, () => this.#ports.delete(channel));
    this.#ports.set(channel, port);
    return port;
  }
}

class ChannelPort implements FramePort {
  readonly #channel: number;
  readonly #end: MessageEnd;
  readonly #onGone: () => void;
  readonly #frameListeners: ((frame: unknown) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  readonly #early: unknown[] = [];
  #open = true;

  constructor(channel: number, end: MessageEnd, onGone: () => void) {
    this.#channel = channel;
    this.#end = end;
    this.#onGone = onGone;
  }
  send(frame: Frame): void {
    if (this.#open) this.#end.post({ channel: this.#channel, frame });
  }
  deliver(frame: unknown): void {
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
    this.#end.post({ channel: this.#channel, closed: true });
    this.closedByPeer();
  }
  closedByPeer(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onGone();
    for (const listener of this.#closeListeners) listener();
  }
}
