/**
 * A FramePort over a WebSocket: one JSON frame a message. For the browser-window host, whose cookie already
 * identifies the page. Knows nothing about requests or reconnecting.
 */
import type { Frame, FramePort } from "../../engine/protocol/frames.ts";

/** The engine's address beside this page. */
export function engineAddress(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/engine`;
}

/** Resolves when the socket is open; rejects when it cannot be opened. */
export function openSocketPort(address: string): Promise<FramePort> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    let isOpen = false;
    socket.addEventListener("open", () => {
      isOpen = true;
      resolve(portOf(socket));
    });
    socket.addEventListener("close", () => {
      if (!isOpen) reject(new Error(`no engine answers at ${address}`));
    });
  });
}

function portOf(socket: WebSocket): FramePort {
  return {
    send(frame: Frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    onFrame(listener) {
      socket.addEventListener("message", (event: MessageEvent<unknown>) => {
        const frame = parse(event.data);
        if (frame !== undefined) listener(frame);
      });
    },
    onClose(listener) {
      socket.addEventListener("close", listener);
    },
    close() {
      socket.close();
    },
  };
}

/** A message that is not JSON text is no frame; the other end is broken, so the socket's own error handling decides. */
function parse(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
