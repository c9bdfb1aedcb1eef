/** A page's WebSocket as a FramePort: one JSON frame a message, bounded in size. */
import type { WebSocket } from "ws";
import type { Frame, FramePort } from "../../engine/protocol/index.ts";

export class SocketPort implements FramePort {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => socket.terminate()); // shows itself as "close"
  }
  send(frame: Frame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
  onFrame(listener: (frame: unknown) => void): void {
    this.#socket.on("message", (bytes: Buffer, isBinary) => {
      if (isBinary) return this.close();
      let frame: unknown;
      try {
        frame = JSON.parse(bytes.toString("utf8"));
      } catch {
        return this.close(); // not our page
      }
      listener(frame);
    });
  }
  onClose(listener: () => void): void {
    this.#socket.on("close", listener);
  }
  close(): void {
    this.#socket.close();
  }
}
