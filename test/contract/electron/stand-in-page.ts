/**
 * The page's side of the stand-in: runs a built preload in a small window of its own, with `require("electron")` giving
 * the three modules that a sandboxed preload may use. Messages are cloned, as between processes.
 */
import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import type * as Electron from "electron";
import type { DesktopCalls } from "../../../electron/channels.ts";
import { strict } from "./strict.ts";

/** What the page's process can do to main. */
export interface ToMain {
  send(channel: string, args: readonly unknown[]): void;
  invoke(channel: string, args: readonly unknown[]): Promise<unknown>;
}

type UsedByPreload = {
  contextBridge: Pick<Electron.ContextBridge, "exposeInMainWorld">;
  ipcRenderer: Pick<Electron.IpcRenderer, "send" | "invoke">;
  webUtils: Pick<Electron.WebUtils, "getPathForFile">;
};

export class StandInPage {
  /** Give it to code of the renderer as its window. */
  readonly window = new PageWindow();
  /** Paths of files that were dropped from a disk; other Files have none. */
  readonly paths = new Map<File, string>();
  readonly exposed = new Map<string, unknown>();
  readonly #listeners = new Map<string, ((event: { ports: readonly unknown[] }, message: unknown) => void)[]>();

  constructor(preload: string, toMain: ToMain) {
    const used = {
      contextBridge: strict("contextBridge", {
        exposeInMainWorld: (key: string, api: unknown) => void this.exposed.set(key, api),
      }),
      ipcRenderer: strict("ipcRenderer", {
        send: (channel: string, ...args: unknown[]) => toMain.send(channel, structuredClone(args)),
        invoke: async (channel: string, ...args: unknown[]) =>
          structuredClone(await toMain.invoke(channel, structuredClone(args))),
        on: (channel: string, listener: (event: { ports: readonly unknown[] }, message: unknown) => void) =>
          void this.#listeners.set(channel, [...(this.#listeners.get(channel) ?? []), listener]),
      }),
      webUtils: strict("webUtils", { getPathForFile: (file: File) => this.paths.get(file) ?? "" }),
    } satisfies UsedByPreload;
    const requireElectron = (name: string): unknown => {
      if (name !== "electron") throw new Error(`a sandboxed preload cannot require ${name}`);
      return strict("electron (preload)", used);
    };
    const run: unknown = compileFunction(readFileSync(preload, "utf8"), ["require", "window"], { filename: preload });
    (run as (require: unknown, window: unknown) => void)(requireElectron, this.window);
  }

  get longleaf(): DesktopCalls {
    return this.exposed.get("longleaf") as DesktopCalls;
  }

  /** A message of main to this page. */
  receive(channel: string, message: unknown, ports: readonly unknown[]): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners) throw new Error(`the preload does not listen on ${channel}`);
    for (const listener of listeners) listener({ ports }, structuredClone(message));
  }
}

/** As much of a Window as ports are handed over with. */
class PageWindow extends EventTarget {
  postMessage(data: unknown, _targetOrigin: string, ports: readonly unknown[] = []): void {
    const event = Object.assign(new Event("message"), { data: structuredClone(data), source: this, ports });
    queueMicrotask(() => this.dispatchEvent(event));
  }
}
