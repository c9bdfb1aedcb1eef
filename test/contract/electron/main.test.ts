/**
 * The built main.cjs and preload.cjs, the real host and the real engine; only Electron itself is a stand-in.
 * One app runs through the whole file, as it would through an afternoon.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineClient, type DocumentId, type FramePort } from "../../../engine/protocol/index.ts";
import { requestMessagePort } from "../../../renderer/engine/message-port.ts";
import type { ElectronStandIn, StandInWindow } from "./electron-stand-in.ts";
import {
  buildElectron,
  enginesOf,
  firstPage,
  forgetElectron,
  newLibrary,
  removeLibrary,
  runMain,
  until,
} from "./run-main.ts";
import type { StandInPage } from "./stand-in-page.ts";

const ORIGIN = "app://longleaf";
let library: string;
let electron: ElectronStandIn;
let window: StandInWindow;
let page: StandInPage;

beforeAll(async () => {
  await buildElectron();
  library = newLibrary();
  electron = runMain(library);
  ({ window, page } = await firstPage(electron));
});

afterAll(async () => {
  if (electron && !electron.hasExited) (electron.module() as { app: { quit(): void } }).app.quit();
  await electron?.exited;
  forgetElectron();
  if (library) removeLibrary(library);
});

/** A client of the page, over the port that the renderer's own code asked for. */
async function connectPage(): Promise<{ client: EngineClient; port: FramePort }> {
  const port = await requestMessagePort(page.window as unknown as Window);
  return { client: new EngineClient(port), port };
}

describe("the window", () => {
  it("is sandboxed, isolated and shown when it has drawn", () => {
    expect(electron.isSandboxed).toBe(true);
    expect(window.isShown).toBe(true);
    expect(window.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
    });
  });

  it("gives the page three calls and nothing else", () => {
    expect([...page.exposed.keys()]).toEqual(["longleaf"]);
    expect(Object.keys(page.longleaf)).toEqual(["chooseFiles", "chooseFolder", "grantDropped"]);
  });

  it.each([
    "https://example.com/",
    "app://elsewhere/",
    `${ORIGIN}/document/a/source`,
    "file:///etc/passwd",
    "app://me@longleaf/",
  ])("does not go to %s", (url) => {
    expect(window.contents.attempt("will-frame-navigate", { url, isMainFrame: true })).toBe(true);
  });

  it("stays free to go within its own page, in the top frame only", () => {
    expect(window.contents.attempt("will-frame-navigate", { url: `${ORIGIN}/#/settings`, isMainFrame: true })).toBe(
      false,
    );
    expect(window.contents.attempt("will-frame-navigate", { url: `${ORIGIN}/`, isMainFrame: false })).toBe(true);
  });

  it("opens no other window, follows no redirect, attaches no webview", () => {
    expect(window.contents.openHandler?.({ url: `${ORIGIN}/` } as never)).toEqual({ action: "deny" });
    expect(window.contents.attempt("will-redirect")).toBe(true);
    expect(window.contents.attempt("will-attach-webview")).toBe(true);
    expect(window.contents.webRtcPolicy).toBe("disable_non_proxied_udp");
  });

  it("loads its page again when it crashed, but not in a circle", () => {
    window.contents.emit("render-process-gone", {}, { reason: "clean-exit" });
    expect(window.contents.reloads).toBe(0);
    window.contents.emit("render-process-gone", {}, { reason: "oom" });
    window.contents.emit("render-process-gone", {}, { reason: "crashed" });
    expect(window.contents.reloads).toBe(1);
  });

  it("is granted no permission but to copy, and no device", () => {
    const asked: boolean[] = [];
    for (const permission of [
      "media",
      "notifications",
      "geolocation",
      "clipboard-read",
      "fileSystem",
      "openExternal",
    ] as const)
      electron.permissionRequest?.(
        window.contents.face as never,
        permission,
        (isGranted) => asked.push(isGranted),
        {} as never,
      );
    expect(asked).toEqual([false, false, false, false, false, false]);
    const check = electron.permissionCheck;
    expect(check?.(window.contents.face as never, "clipboard-sanitized-write", ORIGIN, {} as never)).toBe(true);
    expect(check?.(null, "clipboard-sanitized-write", "https://example.com", {} as never)).toBe(false);
    expect(electron.devicePermission?.({} as never)).toBe(false);
  });

  it("reaches no other address", async () => {
    for (const url of ["https://example.com/x", "http://127.0.0.1:8080/", "wss://example.com/", "file:///etc/passwd"])
      expect(await electron.cancelsRequest?.(url), url).toBe(true);
    expect(await electron.cancelsRequest?.(`${ORIGIN}/index.html`)).toBe(false);
    expect(electron.switches.get("host-resolver-rules")).toBe("MAP * ~NOTFOUND");
  });
});

describe("the page's own origin", () => {
  it("is a standard, secure scheme without special rights", () => {
    expect(electron.schemes).toEqual([
      { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
    ]);
  });

  it("serves the built page with its policy", async () => {
    const response = await electron.request(`${ORIGIN}/`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe-eval(?<!wasm-unsafe-eval)|https?:|ws:|\*/);
    const html = await response.text();
    const script = /src="\.(\/[^"]+\.js)"/.exec(html)?.[1];
    expect(script).toBeDefined();
    const served = await electron.request(`${ORIGIN}${script}`);
    expect(served.headers.get("content-type")).toContain("text/javascript");
    expect((await served.text()).length).toBeGreaterThan(1_000);
  });

  it.each([
    ["/package.json", 404],
    ["/../package.json", 404],
    ["/%2e%2e/package.json", 404],
    ["/assets", 404],
    ["/document/nobody/source", 404],
    ["/document/../../etc/passwd/source", 404],
  ])("does not serve %s", async (path, status) => {
    const response = await electron.request(`${ORIGIN}${path}`);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("takes nothing in", async () => {
    expect((await electron.request(`${ORIGIN}/`, { method: "POST", body: "x" })).status).toBe(405);
  });
});

describe("the engine", () => {
  it("answers the page over a port that main relays unread", async () => {
    const { client, port } = await connectPage();
    await expect(client.call("document.list", {})).resolves.toEqual([]);
    await expect(client.callAny("host.sourceOf", { documentId: "x" })).rejects.toMatchObject({
      code: "InvalidRequest",
    });
    port.close();
  });

  it("gives no port to another page", async () => {
    let arrived = 0;
    page.window.addEventListener("message", () => arrived++);
    electron.send("longleaf:connect", window, [], "https://example.com/");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(arrived).toBe(0);
  });

  it("ends the connection before, when a page asks again", async () => {
    const first = await connectPage();
    await first.client.call("document.list", {});
    const second = await connectPage();
    await expect(first.client.call("document.list", {})).rejects.toMatchObject({ code: "EngineCrashed" });
    await second.client.call("document.list", {});
    second.port.close();
  });

  it("comes back after a crash, on a new port", async () => {
    const { client, port } = await connectPage();
    await client.call("document.list", {});
    const gone = new Promise<void>((resolve) => port.onClose(resolve));
    const [pid] = enginesOf(library);
    process.kill(pid, "SIGKILL");
    await gone;
    const again = await connectPage();
    await expect(again.client.call("document.list", {})).resolves.toEqual([]);
    expect(enginesOf(library)).not.toContain(pid);
    again.port.close();
  });
});

describe("files", () => {
  const text = "Whoever owns the ferry owns the winter. ".repeat(50);
  let path: string;
  let client: EngineClient;

  beforeAll(async () => {
    path = join(library, "the ferry.txt");
    writeFileSync(path, text);
    ({ client } = await connectPage());
  });

  it("become grants when a person chooses them, without their paths", async () => {
    electron.nextChoice = [path];
    const chosen = await page.longleaf.chooseFiles();
    expect(chosen).toEqual([{ grant: expect.stringMatching(/^[\w-]{20,}$/), name: "the ferry.txt" }]);
    expect(JSON.stringify(chosen)).not.toContain(library);
    expect(electron.dialogs.at(-1)?.properties).toEqual(["openFile", "multiSelections"]);
    electron.nextChoice = [join(library, "host")];
    expect(await page.longleaf.chooseFolder()).toMatchObject({ name: "host" });
    expect(electron.dialogs.at(-1)?.properties).toEqual(["openDirectory"]);
  });

  it("are nothing when the dialog is closed", async () => {
    electron.nextChoice = [];
    expect(await page.longleaf.chooseFiles()).toEqual([]);
    expect(await page.longleaf.chooseFolder()).toBeNull();
  });

  it("become grants when they are dropped; what has no path does not", async () => {
    const dropped = new File([], "the ferry.txt");
    page.paths.set(dropped, path);
    expect(await page.longleaf.grantDropped(dropped)).toMatchObject({ name: "the ferry.txt" });
    await expect(page.longleaf.grantDropped(new File(["x"], "made by the page.txt"))).rejects.toMatchObject({
      code: "Forbidden",
    });
    const gone = new File([], "gone.txt");
    page.paths.set(gone, join(library, "gone.txt"));
    await expect(page.longleaf.grantDropped(gone)).rejects.toMatchObject({ code: "NotFound" });
  });

  it("are refused to another page, and to what is not a path", async () => {
    const evil = await electron.invoke("longleaf:choose-files", window, [], "https://example.com/");
    expect(evil).toMatchObject({ error: { code: "Forbidden" } });
    for (const argument of [undefined, 7, { path }, "relative.txt", "/".repeat(40_000)])
      expect(await electron.invoke("longleaf:grant-dropped", window, [argument])).toMatchObject({
        error: { code: "Forbidden" },
      });
  });

  it("are read by the engine, and served to the page in ranges", async () => {
    electron.nextChoice = [path];
    const [chosen] = await page.longleaf.chooseFiles();
    const started = await client.call("document.import", { grant: chosen.grant, read: false });
    let documentId: DocumentId | null = null;
    for await (const job of client.stream("job.watch", { jobId: started.id })) {
      expect(job.error).toBeNull();
      documentId = job.documentId ?? documentId;
    }
    expect(documentId).not.toBeNull();
    const address = `${ORIGIN}/document/${documentId}/source`;
    const part = await electron.request(address, { headers: { range: "bytes=8-16" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 8-16/${text.length}`);
    expect(part.headers.get("content-security-policy")).toContain("sandbox");
    expect(part.headers.get("content-disposition")).toBe("attachment");
    expect(await part.text()).toBe(text.slice(8, 17));
    const tail = await electron.request(address, { headers: { range: "bytes=-7" } });
    expect(await tail.text()).toBe(text.slice(-7));
    expect((await electron.request(address, { headers: { range: `bytes=${text.length}-` } })).status).toBe(416);
    const whole = await electron.request(address);
    expect(whole.headers.get("accept-ranges")).toBe("bytes");
    expect(await whole.text()).toBe(text);
  });
});

describe("the instance", () => {
  it("has the menu of its system, with developers' tools only outside a package", () => {
    const roles = JSON.stringify(electron.menu);
    for (const role of ["editMenu", "windowMenu", "zoomIn", "toggleDevTools"]) expect(roles).toContain(role);
  });

  it("keeps its library where the command line keeps it, and Chromium's things inside", () => {
    expect(electron.paths.get("userData")).toBe(join(library, "desktop"));
  });

  it("shows its window when it is started again", () => {
    const before = window.focused;
    electron.app.emit("second-instance");
    expect(window.focused).toBe(before + 1);
    expect(electron.windows).toHaveLength(1);
  });

  it("ends when the last window closes: the engine too, and the lock is free", async () => {
    const [engine] = enginesOf(library);
    expect(existsSync(join(library, "host/lock.json"))).toBe(true);
    electron.closeWindow(window);
    await electron.exited;
    expect(existsSync(join(library, "host/lock.json"))).toBe(false);
    await until(() => !enginesOf(library).includes(engine), 5_000);
  });

  it("does not start beside another one of the same library", () => {
    const second = runMain(library, { isFirst: false });
    expect(second.hasExited).toBe(true);
    expect(second.schemes).toEqual([]);
    expect(second.windows).toEqual([]);
  });

  it("says in one sentence why it cannot start, and ends", async () => {
    const unbuilt = runMain(library, { appPath: join(library, "no window here") });
    await unbuilt.exited;
    expect(unbuilt.errorBoxes).toEqual([expect.stringMatching(/the window is not built .*npm start/s)]);
  });
});
