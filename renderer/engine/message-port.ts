/**
 * A FramePort over a MessagePort, as Electron's preload hands it to the page. Frames cross as structured clones.
 * Knows nothing about requests. The port is asked for by the page and accepted only from this very window.
 */
import type { FramePort } from "../../engine/protocol/frames.ts";

const PORT_TIMEOUT_MS = 10_000;

/** Asks the preload for a port and resolves with it. */
export function requestMessagePort(page: Window): Promise<FramePort> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      page.removeEventListener("message", listen);
      reject(new Error("the preload sent no engine port"));
    }, PORT_TIMEOUT_MS);
    const listen = (event: MessageEvent<unknown>): void => {
      const port = event.ports[0];
      if (event.source !== page || !isPortMessage(event.data) || port === undefined) return;
      clearTimeout(timer);
      page.removeEventListener("message", listen);
      resolve(messagePort(port));
    };
    page.addEventListener("message", listen);
    page.postMessage({ longleaf: "ready" }, "*");
  });
}

function isPortMessage(data: unknown): boolean {
  return typeof data === "object" && data !== null && "longleaf" in data && data.longleaf === "engine-port";
}

/** Any MessagePort as a FramePort; `close` fires in Chromium when the other end is gone. */
export function messagePort(port: MessagePort): FramePort {
  return {
    send(frame) {
      port.postMessage(frame);
    },
    onFrame(listener) {
      port.addEventListener("message", (event: MessageEvent<unknown>) => listener(event.data));
      port.start();
    },
    onClose(listener) {
      port.addEventListener("close", listener);
    },
    close() {
      port.close();
    },
  };
}
