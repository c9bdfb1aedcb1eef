/**
 * What the page may ask of the desktop: a port to the engine, files and folders that a person chose.
 * The only place where a chosen path passes; the page gets grants. Every asker is checked. No feature logic.
 */
import { isAbsolute } from "node:path";
import {
  BrowserWindow,
  MessageChannelMain,
  dialog,
  ipcMain,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  type OpenDialogOptions,
  type WebContents,
} from "electron";
import { relay } from "../engine/host/library-host.ts";
import { EngineError, toEnvelope, type FramePort } from "../engine/protocol/index.ts";
import { isPageAddress } from "./app-address.ts";
import {
  CHOOSE_FILES,
  CHOOSE_FOLDER,
  CONNECT,
  ENGINE_PORT,
  GRANT_DROPPED,
  type Chosen,
  type Reply,
} from "./channels.ts";
import { mainPort } from "./main-port.ts";

/** What the desk needs of a library. */
export interface DeskLibrary {
  connect(): Promise<FramePort>;
  grant(path: string): Promise<Chosen>;
}

const filesDialog: OpenDialogOptions = {
  properties: ["openFile", "multiSelections"],
  filters: [
    { name: "Documents", extensions: ["pdf", "epub", "docx", "html", "htm", "md", "markdown", "txt"] },
    { name: "All files", extensions: ["*"] },
  ],
};
const folderDialog: OpenDialogOptions = { properties: ["openDirectory"] };
const MAX_PATH_LENGTH = 32_768;

export function openDesk(library: DeskLibrary): void {
  const connections = new Connections(library);
  ipcMain.on(CONNECT, (event) => {
    if (isOwnPage(event)) void connections.renew(event.sender);
  });
  ipcMain.handle(CHOOSE_FILES, (event) =>
    answer(event, async () => await grantAll(library, await choose(event, filesDialog))),
  );
  ipcMain.handle(CHOOSE_FOLDER, (event) =>
    answer(event, async () => (await grantAll(library, await choose(event, folderDialog)))[0] ?? null),
  );
  ipcMain.handle(GRANT_DROPPED, (event, path: unknown) =>
    answer(event, async () => await library.grant(droppedPath(path))),
  );
}

/** One engine connection per page: asking again ends the one before, also one that is still being made. */
class Connections {
  readonly #library: DeskLibrary;
  readonly #latest = new WeakMap<WebContents, { close: () => void }>();

  constructor(library: DeskLibrary) {
    this.#library = library;
  }

  async renew(page: WebContents): Promise<void> {
    this.#latest.get(page)?.close();
    let isWanted = true;
    const turn = { close: () => void (isWanted = false) };
    this.#latest.set(page, turn);
    let engine: FramePort;
    try {
      engine = await this.#library.connect();
    } catch {
      return; // no engine now: the page asks again with its own back-off
    }
    if (!isWanted || page.isDestroyed()) return engine.close();
    const { port1, port2 } = new MessageChannelMain();
    const inner = mainPort(port1);
    relay(inner, engine);
    turn.close = () => {
      engine.close();
      inner.close();
    };
    page.postMessage(ENGINE_PORT, null, [port2]);
  }
}

async function choose(event: IpcMainInvokeEvent, options: OpenDialogOptions): Promise<readonly string[]> {
  const window = BrowserWindow.fromWebContents(event.sender);
  if (window === null) return [];
  const { canceled, filePaths } = await dialog.showOpenDialog(window, options);
  return canceled ? [] : filePaths;
}

async function grantAll(library: DeskLibrary, paths: readonly string[]): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  for (const path of paths) chosen.push(await library.grant(path));
  return chosen;
}

/** The preload reads it from the dropped File; what a File of the page's own making yields is "". */
function droppedPath(path: unknown): string {
  if (typeof path === "string" && path.length <= MAX_PATH_LENGTH && isAbsolute(path)) return path;
  throw new EngineError("Forbidden", "what was dropped is not a file of this computer", {
    hint: "Save it first, then add the file.",
  });
}

async function answer<T>(event: IpcMainInvokeEvent, work: () => Promise<T>): Promise<Reply<T>> {
  try {
    if (!isOwnPage(event)) throw new EngineError("Forbidden", "only Longleaf's own page may ask this");
    return { value: await work() };
  } catch (error) {
    return { error: toEnvelope(error) };
  }
}

/** The top frame of a window that shows our page; `senderFrame` is null once it went elsewhere. */
function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isPageAddress(frame.url);
}
