/** Main's end of a message channel as a FramePort. Frames cross as structured clones, unread. */
import type { MessagePortMain } from "electron";
import type { FramePort } from "../engine/protocol/index.ts";

export function mainPort(port: MessagePortMain): FramePort {
  return {
    send: (frame) => port.postMessage(frame),
    onFrame(listener) {
      port.on("message", (event) => listener(event.data));
      port.start(); // what came earlier was kept by the port
    },
    onClose: (listener) => void port.on("close", listener),
    close: () => port.close(),
  };
}
