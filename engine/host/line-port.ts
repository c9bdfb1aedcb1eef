/**
 * Frames and control lines over a byte stream (pipe or unix socket): one JSON value a line.
 * Control lines are what a second window or command asks of the owning host itself.
 */
import type { Duplex } from "node:stream";
import { MAX_FRAME_BYTES, type Frame, type FramePort } from "../protocol/index.ts";

/** `grant`: a path chosen by the person at the other end. `source`: where a document's file lies. */
export interface ControlRequest {
  readonly id: number;
  readonly ask: "grant" | "source";
  readonly value: string;
}
export interface ControlReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}
type Line = { readonly frame: unknown } | { readonly control: ControlRequest } | { readonly reply: ControlReply };

export class LinePort implements FramePort {
  readonly #stream: Duplex;
  readonly #frameListeners: ((frame: unknown) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  readonly #early: unknown[] = [];
  #buffered = "";
  onControl: (request: ControlRequest) => void = () => {};
  onReply: (reply: ControlReply) => void = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => this.#take(text));
    stream.on("error", () => stream.destroy()); // shows itself as "close"
    stream.on("close", () => this.#closeListeners.forEach((listener) => listener()));
  }

  send(frame: Frame): void {
    this.#write({ frame });
  }
  control(request: ControlRequest): void {
    this.#write({ control: request });
  }
  reply(reply: ControlReply): void {
    this.#write({ reply });
  }
  onFrame(listener: (frame: unknown) => void): void {
    this.#frameListeners.push(listener);
    for (const frame of this.#early.splice(0)) listener(frame);
  }
  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }
  close(): void {
    this.#stream.destroy();
  }

  #write(line: Line): void {
    if (!this.#stream.destroyed) this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  #take(text: string): void {
    this.#buffered += text;
    if (this.#buffered.length > MAX_FRAME_BYTES) return this.close();
    const lines = this.#buffered.split("\n");
    this.#buffered = lines.pop() ?? "";
    for (const line of lines) this.#dispatch(line);
  }

  #dispatch(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      return this.close(); // not one of ours
    }
    if ("control" in line) this.onControl(line.control);
    else if ("reply" in line) this.onReply(line.reply);
    else if ("frame" in line) {
      if (this.#frameListeners.length === 0) this.#early.push(line.frame);
      for (const listener of this.#frameListeners) listener(line.frame);
    }
  }
}
