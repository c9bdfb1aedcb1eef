/**
 * A stand-in for the `electron` module: as much of it as electron/ calls, with the page's process beside it.
 * Throws on everything that it does not implement; its shapes are checked against Electron's own types.
 * It proves wiring. It proves nothing about sandbox, isolation, menus, dialogs or speed: those need the real binary.
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type * as Electron from "electron";
import { strict, StrictEmitter } from "./strict.ts";
import { StandInPage } from "./stand-in-page.ts";

type Main = typeof Electron;
/** The parts of Electron that electron/ uses. `on` and `once` are overloaded per event: strict.ts checks their names. */
type Used = {
  app: Pick<
    Electron.App,
    | "setPath"
    | "requestSingleInstanceLock"
    | "quit"
    | "enableSandbox"
    | "whenReady"
    | "isReady"
    | "getAppPath"
    | "isPackaged"
  > & { commandLine: Pick<Electron.CommandLine, "appendSwitch"> };
  protocol: Pick<Electron.Protocol, "registerSchemesAsPrivileged" | "handle">;
  dialog: Pick<Electron.Dialog, "showErrorBox">;
  nativeTheme: Pick<Electron.NativeTheme, "shouldUseDarkColors">;
  ipcMain: Pick<Electron.IpcMain, "handle">;
};
type UsedSession = Pick<
  Electron.Session,
  "setPermissionRequestHandler" | "setPermissionCheckHandler" | "setDevicePermissionHandler" | "setSpellCheckerEnabled"
> & {
  webRequest: Pick<Electron.WebRequest, "onBeforeRequest">;
};
type UsedContents = Pick<
  Electron.WebContents,
  "setWindowOpenHandler" | "setWebRTCIPHandlingPolicy" | "isDestroyed" | "getURL" | "reload"
>;
type UsedWindow = Pick<Electron.BrowserWindow, "loadURL" | "show" | "focus" | "isMinimized" | "restore">;
type UsedPort = Pick<Electron.MessagePortMain, "postMessage" | "start" | "close">;

export interface StandInOptions {
  readonly appPath: string;
  readonly isPackaged?: boolean;
  /** false: another instance has the lock. */
  readonly isFirst?: boolean;
}

/** Everything that main.ts did, for a test to look at. */
export class ElectronStandIn {
  readonly paths = new Map<string, string>();
  readonly switches = new Map<string, string>();
  readonly schemes: Electron.CustomScheme[] = [];
  readonly errorBoxes: string[] = [];
  readonly dialogs: Electron.OpenDialogOptions[] = [];
  readonly windows: StandInWindow[] = [];
  readonly exited: Promise<void>;
  isSandboxed = false;
  menu: Electron.MenuItemConstructorOptions[] = [];
  /** What the next file dialog returns. */
  nextChoice: readonly string[] = [];
  hasExited = false;
  permissionRequest: Parameters<Electron.Session["setPermissionRequestHandler"]>[0] = null;
  permissionCheck: Parameters<Electron.Session["setPermissionCheckHandler"]>[0] = null;
  devicePermission: Parameters<Electron.Session["setDevicePermissionHandler"]>[0] = null;
  cancelsRequest: ((url: string) => Promise<boolean>) | null = null;
  readonly app: StrictEmitter;
  readonly session = new StrictEmitter("session", ["will-download"]);
  readonly #options: StandInOptions;
  readonly #listeners = new Map<string, (event: unknown, ...args: unknown[]) => void>();
  readonly #handlers = new Map<string, (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown>();
  #answer: ((request: Request) => Response | Promise<Response>) | null = null;
  #exit: () => void = () => {};

  constructor(options: StandInOptions) {
    this.#options = options;
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    this.app = new StrictEmitter("app", [
      "web-contents-created",
      "second-instance",
      "activate",
      "window-all-closed",
      "will-quit",
    ]);
  }

  /** What `require("electron")` gives to main.cjs. */
  module(): object {
    const used = {
      app: strict("app", Object.assign(this.app, this.#appCalls())),
      protocol: strict("protocol", {
        registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => void this.schemes.push(...schemes),
        handle: (_scheme: string, handler: (request: Request) => Response | Promise<Response>) =>
          void (this.#answer = handler),
      }),
      session: strict("session", { defaultSession: strict("defaultSession", this.#session()) }),
      dialog: strict("dialog", {
        showErrorBox: (title: string, content: string) => void this.errorBoxes.push(`${title}: ${content}`),
        showOpenDialog: (_window: unknown, options: Electron.OpenDialogOptions) => {
          this.dialogs.push(options);
          return Promise.resolve({ canceled: this.nextChoice.length === 0, filePaths: [...this.nextChoice] });
        },
      }),
      nativeTheme: strict("nativeTheme", { shouldUseDarkColors: false }),
      ipcMain: strict("ipcMain", {
        on: (channel: string, listener: (event: unknown) => void) => void this.#listeners.set(channel, listener),
        handle: (channel: string, handler: (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown) =>
          void this.#handlers.set(channel, handler),
      }),
      Menu: strict("Menu", {
        buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
        setApplicationMenu: (template: Electron.MenuItemConstructorOptions[]) => void (this.menu = template),
      }),
      BrowserWindow: strict("BrowserWindow", windowClass(this)),
      MessageChannelMain: StandInChannel,
    } satisfies Used & Partial<Record<keyof Main, unknown>>;
    return strict("electron", used);
  }

  /** A request of the page for an address of its own. */
  async request(address: string, init?: RequestInit): Promise<Response> {
    if (!this.#answer) throw new Error("nothing answers the scheme yet");
    return await this.#answer(new Request(address, init));
  }

  /** A message from a frame to main, as if its page were at `url`. */
  send(channel: string, window: StandInWindow, args: readonly unknown[], url = window.contents.url): void {
    const listener = this.#listeners.get(channel);
    if (!listener) throw new Error(`main does not listen on ${channel}`);
    listener({ sender: window.contents.face, senderFrame: { parent: null, url } }, ...args);
  }

  async invoke(
    channel: string,
    window: StandInWindow,
    args: readonly unknown[],
    url = window.contents.url,
  ): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (!handler) throw new Error(`main does not handle ${channel}`);
    const event = { sender: window.contents.face, senderFrame: { parent: null, url } };
    return await handler(event as unknown as Electron.IpcMainInvokeEvent, ...args);
  }

  /** The person closes a window. */
  closeWindow(window: StandInWindow): void {
    this.windows.splice(this.windows.indexOf(window), 1);
    window.contents.isGone = true;
    if (this.windows.length === 0) this.app.emit("window-all-closed");
  }

  #appCalls() {
    return {
      setPath: (name: string, path: string) => void this.paths.set(name, path),
      requestSingleInstanceLock: () => this.#options.isFirst !== false,
      enableSandbox: () => void (this.isSandboxed = true),
      whenReady: () => Promise.resolve(),
      isReady: () => true,
      getAppPath: () => this.#options.appPath,
      isPackaged: this.#options.isPackaged ?? false,
      commandLine: strict("commandLine", {
        appendSwitch: (name: string, value?: string) => void this.switches.set(name, value ?? ""),
      }),
      quit: () => this.#quit(),
    };
  }

  #quit(): void {
    for (const window of [...this.windows]) {
      window.contents.isGone = true;
      this.windows.pop();
    }
    const event = preventable();
    this.app.emit("will-quit", event);
    if (event.defaultPrevented) return;
    this.hasExited = true;
    this.#exit();
  }

  #session() {
    const calls = {
      setPermissionRequestHandler: (handler: ElectronStandIn["permissionRequest"]) =>
        void (this.permissionRequest = handler),
      setPermissionCheckHandler: (handler: ElectronStandIn["permissionCheck"]) => void (this.permissionCheck = handler),
      setDevicePermissionHandler: (handler: ElectronStandIn["devicePermission"]) =>
        void (this.devicePermission = handler),
      setSpellCheckerEnabled: (_isOn: boolean) => {},
      webRequest: strict("webRequest", {
        onBeforeRequest: (filter: unknown, listener?: unknown) => {
          this.cancelsRequest = requestFilter(filter as Electron.WebRequestFilter, listener as RequestListener);
        },
      }),
    } satisfies UsedSession;
    return Object.assign(this.session, calls);
  }
}

/** The class that main.ts makes its windows of; each is known to the stand-in. */
function windowClass(standIn: ElectronStandIn) {
  class BrowserWindow extends StandInWindow {
    static getAllWindows = (): StandInWindow[] => [...standIn.windows];
    static fromWebContents = (face: unknown): StandInWindow | null =>
      standIn.windows.find(({ contents }) => contents.face === face) ?? null;

    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super(options, standIn);
      const face = strict("BrowserWindow", this);
      standIn.windows.push(face);
      standIn.app.emit("web-contents-created", {}, this.contents.face);
      return face;
    }
  }
  return BrowserWindow;
}

type RequestListener = (details: { url: string }, answer: (response: Electron.CallbackResponse) => void) => void;

/** Whether an address would be cancelled: the filter's patterns are prefixes up to their first star, as far as we use them. */
function requestFilter(
  filter: Electron.WebRequestFilter,
  listener: RequestListener,
): (url: string) => Promise<boolean> {
  return async (url) => {
    if (!filter.urls.some((pattern) => url.startsWith(pattern.slice(0, pattern.indexOf("*"))))) return false;
    return await new Promise((resolve) => listener({ url }, ({ cancel }) => resolve(cancel === true)));
  };
}

/** A window with its contents; `page` is there once its address was answered with our page. */
export class StandInWindow extends StrictEmitter implements UsedWindow {
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly contents: StandInContents;
  readonly standIn: ElectronStandIn;
  isShown = false;
  focused = 0;

  constructor(options: Electron.BrowserWindowConstructorOptions, standIn: ElectronStandIn) {
    super("BrowserWindow", ["ready-to-show"]);
    this.options = options;
    this.standIn = standIn;
    this.contents = new StandInContents();
  }

  async loadURL(url: string): Promise<void> {
    const response = await this.standIn.request(url);
    if (response.status !== 200) throw new Error(`${url} was answered with ${response.status}`);
    this.contents.url = url;
    this.contents.page = new StandInPage(this.options.webPreferences?.preload ?? "", {
      send: (channel, args) => this.standIn.send(channel, this, args),
      invoke: (channel, args) => this.standIn.invoke(channel, this, args),
    });
    this.emit("ready-to-show");
  }
  get webContents(): object {
    return this.contents.face;
  }
  show(): void {
    this.isShown = true;
  }
  focus(): void {
    this.focused++;
  }
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
}

export class StandInContents extends StrictEmitter {
  url = "";
  isGone = false;
  page: StandInPage | null = null;
  openHandler: Parameters<Electron.WebContents["setWindowOpenHandler"]>[0] | null = null;
  webRtcPolicy = "";
  reloads = 0;
  /** What main gets to see of it. */
  readonly face: object;

  constructor() {
    super("webContents", ["will-frame-navigate", "will-redirect", "will-attach-webview", "render-process-gone"]);
    const calls = {
      setWindowOpenHandler: (handler: Parameters<Electron.WebContents["setWindowOpenHandler"]>[0]) =>
        void (this.openHandler = handler),
      setWebRTCIPHandlingPolicy: (policy: string) => void (this.webRtcPolicy = policy),
      isDestroyed: () => this.isGone,
      getURL: () => this.url,
      reload: () => void this.reloads++,
    } satisfies UsedContents;
    const postMessage = (channel: string, message: unknown, ports: readonly StandInPort[]): void =>
      this.page?.receive(
        channel,
        message,
        ports.map(({ port }) => port),
      );
    this.face = strict("webContents", { ...calls, postMessage, on: this.on.bind(this) });
  }

  /** Fires an event that may be prevented; returns whether it was. */
  attempt(event: string, details: object = {}): boolean {
    const prevented = Object.assign(preventable(), details);
    this.emit(event, prevented);
    return prevented.defaultPrevented;
  }
}

export function preventable() {
  return {
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}

/** MessagePortMain over a port of Node's: messages wait until `start`. */
class StandInPort extends StrictEmitter implements UsedPort {
  readonly port: MessagePort;

  constructor(port: MessagePort) {
    super("MessagePortMain", ["message", "close"]);
    this.port = port;
    port.on("close", () => this.emit("close"));
  }
  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }
  start(): void {
    this.port.on("message", (data: unknown) => this.emit("message", { data, ports: [] }));
  }
  close(): void {
    this.port.close();
  }
}

class StandInChannel {
  readonly port1: StandInPort;
  readonly port2: StandInPort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new StandInPort(port1);
    this.port2 = new StandInPort(port2);
  }
}
