/**
 * One connection to a scripted engine, with the manners of the wire: hello, credit before events, cancel and stop,
 * typed errors, every frame a copy that arrives a moment later.
 */
import type { CallName, StreamName } from "../../../engine/protocol/contract.ts";
import type { Frame, FramePort } from "../../../engine/protocol/frames.ts";
import { PROTOCOL_VERSION } from "../../../engine/protocol/version.ts";
import { ScriptedError, type Params } from "./script.ts";
import type { ScriptedEngine } from "./scripted-engine.ts";

/** One connection to a scripted engine. */
export class ScriptedPort implements FramePort {
  readonly #engine: ScriptedEngine;
  readonly #listeners: ((frame: unknown) => void)[] = [];
  readonly #onClose: (() => void)[] = [];
  readonly #credit = new Map<number, number>();
  readonly #stopped = new Set<number>();
  readonly #cancelled = new Set<number>();
  #wake: (() => void)[] = [];
  #isClosed = false;

  constructor(engine: ScriptedEngine) {
    this.#engine = engine;
  }

  send(frame: Frame): void {
    if (this.#isClosed) return;
    this.#engine.sent.push(structuredClone(frame));
    switch (frame.kind) {
      case "hello":
        return this.#reply({
          kind: "hello",
          protocol: this.#engine.options.protocol ?? PROTOCOL_VERSION,
          build: "script",
        });
      case "request":
        return frame.credit === undefined ? this.#call(frame) : void this.#stream(frame);
      case "credit":
        this.#credit.set(frame.id, (this.#credit.get(frame.id) ?? 0) + frame.count);
        return this.#wakeAll();
      case "stop":
        this.#stopped.add(frame.id);
        return this.#wakeAll();
      case "cancel":
        this.#cancelled.add(frame.id);
        return this.#wakeAll();
      case "result":
      case "error":
      case "events":
      case "end":
        throw new Error(`a page never sends ${frame.kind}`);
    }
  }

  onFrame(listener: (frame: unknown) => void): void {
    this.#listeners.push(listener);
  }

  onClose(listener: () => void): void {
    this.#onClose.push(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#onClose) listener();
  }

  #call(frame: Extract<Frame, { kind: "request" }>): void {
    try {
      this.#reply({
        kind: "result",
        id: frame.id,
        value: this.#engine.call(frame.method as CallName, frame.params as Params),
      });
    } catch (error) {
      const code = error instanceof ScriptedError ? error.code : "Internal";
      this.#reply({ kind: "error", id: frame.id, error: { code, message: String(error), hint: "" } });
    }
  }

  async #stream(frame: Extract<Frame, { kind: "request" }>): Promise<void> {
    const { id } = frame;
    this.#credit.set(id, frame.credit ?? 0);
    let seq = 0;
    const isOver = (): boolean => this.#isClosed || this.#cancelled.has(id);
    for (const event of this.#engine.stream(frame.method as StreamName, frame.params as Params, () =>
      this.#stopped.has(id),
    )) {
      while ((this.#credit.get(id) ?? 0) < 1 && !isOver())
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      if (isOver()) return;
      this.#credit.set(id, (this.#credit.get(id) ?? 0) - 1);
      seq += 1;
      this.#reply({ kind: "events", id, seq, values: [event] });
      await new Promise((resolve) => setTimeout(resolve, this.#engine.options.pace ?? 0));
    }
    // A watch lives as long as its reader.
    if (frame.method === "answer.ask") this.#reply({ kind: "end", id });
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Frames cross as copies, a moment later, as they do on a wire. */
  #reply(frame: Frame): void {
    const copy = structuredClone(frame);
    queueMicrotask(() => {
      if (!this.#isClosed) for (const listener of this.#listeners) listener(copy);
    });
  }
}
