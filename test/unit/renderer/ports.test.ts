import { describe, expect, it } from "vitest";
import type { Frame } from "../../../engine/protocol/frames.ts";
import { messagePort, requestMessagePort } from "../../../renderer/engine/message-port.ts";
import { engineAddress } from "../../../renderer/engine/socket-port.ts";
import { asEngineError } from "../../../renderer/engine/use-call.ts";

/** A window as far as the hand-over of a port needs one: it hears what is posted to it. */
class PostedWindow extends EventTarget {
  readonly posted: unknown[] = [];

  postMessage(data: unknown): void {
    this.posted.push(data);
  }

  hear(data: unknown, source: unknown, port?: MessagePort): void {
    const event = new Event("message");
    Object.assign(event, { data, source, ports: port === undefined ? [] : [port] });
    this.dispatchEvent(event);
  }
}

describe("ports", () => {
  it("asks the preload for a port, and takes it only from this very window", async () => {
    const page = new PostedWindow();
    const asked = requestMessagePort(page as unknown as Window);
    expect(page.posted).toEqual([{ longleaf: "ready" }]);
    const foreign = new MessageChannel();
    const own = new MessageChannel();
    page.hear({ longleaf: "engine-port" }, new PostedWindow(), foreign.port1);
    page.hear({ longleaf: "something-else" }, page, foreign.port1);
    page.hear({ longleaf: "engine-port" }, page);
    page.hear({ longleaf: "engine-port" }, page, own.port1);
    const port = await asked;
    const heard = new Promise<unknown>((resolve) =>
      own.port2.addEventListener("message", (event) => resolve(event.data)),
    );
    own.port2.start();
    port.send({ kind: "hello", protocol: 1, build: "test" });
    expect(await heard).toEqual({ kind: "hello", protocol: 1, build: "test" });
    port.close();
    foreign.port1.close();
  });

  it("carries frames both ways and tells when the other end is gone", async () => {
    const { port1, port2 } = new MessageChannel();
    const page = messagePort(port1);
    const engine = messagePort(port2);
    const frame: Frame = { kind: "result", id: 7, value: { deep: ["text"] } };
    const arrived = new Promise<unknown>((resolve) => page.onFrame(resolve));
    const closed = new Promise<void>((resolve) => page.onClose(resolve));
    engine.send(frame);
    expect(await arrived).toEqual(frame);
    engine.close();
    await closed;
  });

  it("the socket is on the page's own host, as safe as the page", () => {
    expect(engineAddress({ protocol: "http:", host: "127.0.0.1:4801" })).toBe("ws://127.0.0.1:4801/engine");
    expect(engineAddress({ protocol: "https:", host: "books.example" })).toBe("wss://books.example/engine");
  });

  it("revives a plain envelope, as Electron's bridge throws it", () => {
    const error = asEngineError({ code: "DiskFull", message: "no room", hint: "Free some space." });
    expect([error.code, error.hint]).toEqual(["DiskFull", "Free some space."]);
    expect(asEngineError("boom").code).toBe("Internal");
  });
});
