/**
 * The page's few calls to the desktop, and the hand-over of its port to the engine. Runs sandboxed, in its own world.
 * Gives the page no Electron object, no channel name and no path.
 */
import { contextBridge, ipcRenderer, webUtils } from "electron";
import {
  CHOOSE_FILES,
  CHOOSE_FOLDER,
  CONNECT,
  ENGINE_PORT,
  GRANT_DROPPED,
  type Chosen,
  type DesktopCalls,
  type Reply,
} from "./channels.ts";

const calls: DesktopCalls = {
  chooseFiles: () => ask<readonly Chosen[]>(CHOOSE_FILES),
  chooseFolder: () => ask<Chosen | null>(CHOOSE_FOLDER),
  grantDropped: (file) => ask<Chosen>(GRANT_DROPPED, webUtils.getPathForFile(file)),
};

contextBridge.exposeInMainWorld("longleaf", calls);

// A port cannot cross the context bridge, so it is posted; the page takes it from its own window only.
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (event.source === window && isReady(event.data)) ipcRenderer.send(CONNECT);
});
ipcRenderer.on(ENGINE_PORT, (event) => {
  window.postMessage({ longleaf: "engine-port" }, "*", [...event.ports]);
});

/** The context bridge keeps nothing of an Error but its text, so a refusal is thrown as the plain envelope. */
async function ask<T>(channel: string, path?: string): Promise<T> {
  const reply = (await ipcRenderer.invoke(channel, path)) as Reply<T>;
  // oxlint-disable-next-line no-throw-literal
  if ("error" in reply) throw reply.error;
  return reply.value;
}

function isReady(data: unknown): boolean {
  return typeof data === "object" && data !== null && "longleaf" in data && data.longleaf === "ready";
}
