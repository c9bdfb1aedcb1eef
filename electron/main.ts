/**
 * Composition root of the desktop app: one instance, the library, the page's own origin, windows, the way out.
 * No feature logic: everything that is known about documents is known by the engine, in its own process.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { BrowserWindow, app, dialog, protocol, session } from "electron";
import { defaultLibraryFolder } from "../engine/host/layout.ts";
import { openLibrary, type LibraryHost } from "../engine/host/library-host.ts";
import { seedSamples } from "../engine/host/samples.ts";
import { EngineClient, toEnvelope } from "../engine/protocol/index.ts";
import { APP_SCHEME } from "./app-address.ts";
import { answerer } from "./app-protocol.ts";
import { openDesk } from "./desk.ts";
import { LibraryLink } from "./library-link.ts";
import { setMenu } from "./menu.ts";
import { guardContents, guardSession, openWindow, windowOptions } from "./window.ts";

/** The command line's library too; what Chromium keeps lies inside it, so that the instance lock is the library's. */
const folder = resolve(defaultLibraryFolder());
const desktopFolder = join(folder, "desktop");
mkdirSync(desktopFolder, { recursive: true, mode: 0o700 });
app.setPath("userData", desktopFolder);

if (app.requestSingleInstanceLock()) start();
else app.quit(); // the first instance brings its window to the front

function start(): void {
  const library = new LibraryLink(() => openLibrary({ folder }));
  app.enableSandbox();
  app.commandLine.appendSwitch("host-resolver-rules", "MAP * ~NOTFOUND"); // no name is ever looked up
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
  app.on("web-contents-created", (_event, contents) => guardContents(contents));
  app.on("second-instance", () => showWindow());
  app.on("activate", () => showWindow());
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin") app.quit();
  });
  closeBeforeQuit(library);
  app
    .whenReady()
    .then(() => run(library))
    .catch((error: unknown) => giveUp(error));
}

async function run(library: LibraryLink): Promise<void> {
  const pageFolder = join(app.getAppPath(), "dist/renderer");
  guardSession(session.defaultSession);
  protocol.handle(APP_SCHEME, answerer({ pageFolder, sourcePath: (documentId) => library.sourcePath(documentId) }));
  openDesk(library);
  setMenu(!app.isPackaged);
  showWindow(); // the page shows that it is connecting while the library opens
  const host = await library.host();
  await giveSamples(host).catch(() => {}); // the shelf shows what went wrong; the next start gives them again
}

async function giveSamples(host: LibraryHost): Promise<void> {
  const client = new EngineClient(await host.connect());
  try {
    await seedSamples(host, client);
  } finally {
    client.close();
  }
}

/** The window there is, or a new one. */
function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (!window) {
    if (app.isReady()) openWindow(windowOptions(join(__dirname, "preload.cjs"), !app.isPackaged));
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** The engine finishes its unit in flight and the lock is released before the app ends. */
function closeBeforeQuit(library: LibraryLink): void {
  let isClosed = false;
  app.on("will-quit", (event) => {
    if (isClosed) return;
    event.preventDefault();
    void library.close().finally(() => {
      isClosed = true;
      app.quit();
    });
  });
}

function giveUp(error: unknown): void {
  const { message, hint } = toEnvelope(error);
  dialog.showErrorBox("Longleaf could not open its library", `${message}\n\n${hint}`);
  app.quit();
}
