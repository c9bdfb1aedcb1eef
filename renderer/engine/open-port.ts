/** Chooses the transport: Electron's preload where it exists, else the browser-window host's socket. */
import type { FramePort } from "../../engine/protocol/frames.ts";
import { requestMessagePort } from "./message-port.ts";
import { engineAddress, openSocketPort } from "./socket-port.ts";

export function openPort(): Promise<FramePort> {
  if (window.longleaf !== undefined) return requestMessagePort(window);
  return openSocketPort(engineAddress(window.location));
}
