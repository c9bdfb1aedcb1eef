/**
 * What a window is allowed to be: its options, and the guards of every page and session of the app
 * (products.md 6.2: sandbox, isolation, no permission, no second window, no other address, no network).
 * Knows nothing about the library.
 */
import {
  BrowserWindow,
  nativeTheme,
  type BrowserWindowConstructorOptions,
  type Session,
  type WebContents,
} from "electron";
import { PAGE_ADDRESS, isPageAddress } from "./app-address.ts";

/** The colour behind the page until it draws: `--room` of renderer/styles/tokens.css. */
const ROOM = { light: "#e3e8e1", dark: "#0d1310" };
/** Addresses that would leave this computer, or read it by path. Cancelled whatever asks for them. */
const FOREIGN_ADDRESSES = ["http://*/*", "https://*/*", "ws://*/*", "wss://*/*", "file:///*"];

/** A page that dies again this soon stays dead; the person closes the window. */
const CRASH_LOOP_MS = 10_000;

export function windowOptions(preload: string, hasDevTools: boolean): BrowserWindowConstructorOptions {
  return {
    title: "Longleaf",
    width: 1280,
    height: 860,
    minWidth: 420,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? ROOM.dark : ROOM.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false, // its dictionaries would be downloaded
      devTools: hasDevTools,
    },
  };
}

/** Opens the window and shows it when it has drawn. */
export function openWindow(options: BrowserWindowConstructorOptions): BrowserWindow {
  const window = new BrowserWindow(options);
  window.once("ready-to-show", () => window.show());
  let lastCrash = 0;
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason === "clean-exit" || Date.now() - lastCrash < CRASH_LOOP_MS) return;
    lastCrash = Date.now();
    window.webContents.reload(); // everything it showed is the engine's
  });
  void window.loadURL(PAGE_ADDRESS).catch(() => {}); // a page that cannot load shows itself; a closed window needs nothing
  return window;
}

/** The session's doors: every permission and device, and every address that is not ours, is refused. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => answer(isOurCopy(contents, permission)));
  session.setPermissionCheckHandler((contents, permission) => isOurCopy(contents, permission));
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest({ urls: FOREIGN_ADDRESSES }, (_details, answer) => answer({ cancel: true }));
  session.on("will-download", (event, item) => {
    if (!item.getURL().startsWith(`blob:${PAGE_ADDRESS}`)) event.preventDefault(); // what the page wrote itself may be saved
  });
}

/** The doors of one page, for every page that the app ever makes. */
export function guardContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  contents.on("will-frame-navigate", (details) => {
    if (!details.isMainFrame || !isPageAddress(details.url)) details.preventDefault();
  });
  contents.on("will-redirect", (details) => details.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
}

/** The one thing that is granted: our own page may put text on the clipboard when a person presses Copy. */
function isOurCopy(contents: WebContents | null, permission: string): boolean {
  return permission === "clipboard-sanitized-write" && contents !== null && isPageAddress(contents.getURL());
}
