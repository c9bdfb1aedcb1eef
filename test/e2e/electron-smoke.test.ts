/**
 * The real app in the real Electron: start, look, ask the engine, quit. Runs where Electron's binary and a display exist; elsewhere it is
 * listed as not run. Everything that can be proved without the binary is proved in test/contract/electron.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBuilder } from "vite";

const repository = join(import.meta.dirname, "../..");
const binary = electronBinary();
const hasDisplay = process.platform !== "linux" || Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);
const whyNot = binary === null ? "its binary is not here" : hasDisplay ? null : "there is no display";

/** Electron's own record of where its binary lies; fetched by Electron itself at its first use, never by our install. */
function electronBinary(): string | null {
  const record = join(repository, "node_modules/electron/path.txt");
  if (!existsSync(record)) return null;
  const path = join(repository, "node_modules/electron/dist", readFileSync(record, "utf8").trim());
  return existsSync(path) ? path : null;
}

let app: ElectronApplication | null = null;
let library = "";

beforeAll(async () => {
  if (binary === null || whyNot !== null) return;
  const builder = await createBuilder({ configFile: join(repository, "electron/vite.config.ts"), logLevel: "error" });
  await builder.buildApp();
  library = realpathSync(mkdtempSync(join(tmpdir(), "longleaf-smoke-")));
  mkdirSync(join(library, "host"));
  writeFileSync(join(library, "host/samples-given"), "");
  app = await _electron.launch({
    executablePath: binary,
    args: [repository],
    env: { ...(process.env as Record<string, string>), LONGLEAF_LIBRARY: library },
  });
});

afterAll(async () => {
  await app?.close();
  if (library !== "") rmSync(library, { recursive: true, force: true });
});

it.skipIf(whyNot !== null)(
  whyNot === null
    ? "Electron: opens the window, its engine answers, no other address is reached, quits"
    : `Electron: not run, ${whyNot}`,
  async () => {
    if (app === null) throw new Error("the app was not started");
    const page = await app.firstWindow();
    await page.waitForFunction(() => document.querySelector("main, header, [role=main]") !== null);
    expect(page.url()).toMatch(/^app:\/\/longleaf\//);
    expect(
      await page.evaluate(() => ({ node: "process" in window, exposed: Object.keys(Reflect.get(window, "longleaf")) })),
    ).toEqual({
      node: false,
      exposed: ["chooseFiles", "chooseFolder", "grantDropped"],
    });
    // The engine answers the page: a document list of a fresh library.
    const answer = await page.evaluate(askEngine);
    expect(answer).toMatchObject({ kind: "result", value: [] });
    // No address but the page's own is reached.
    expect(
      await page.evaluate(
        async () =>
          await fetch("https://example.com/").then(
            () => "reached",
            () => "refused",
          ),
      ),
    ).toBe("refused");
    expect(await page.evaluate(async () => (await fetch("./index.html")).status)).toBe(200);
    expect(await page.evaluate(() => window.open("https://example.com/"))).toBeNull();
    await app.close();
    app = null;
    expect(existsSync(join(library, "host/lock.json"))).toBe(false);
  },
);

/** Runs in the page: asks for a port as the renderer does, says hello, asks for the documents. */
async function askEngine(): Promise<unknown> {
  const port = await new Promise<MessagePort>((resolve) => {
    window.addEventListener("message", (event) => {
      if (event.source === window && event.data?.longleaf === "engine-port") resolve(event.ports[0]);
    });
    window.postMessage({ longleaf: "ready" }, "*");
  });
  return await new Promise((resolve) => {
    port.addEventListener("message", (event) => event.data.kind === "result" && resolve(event.data));
    port.start();
    port.postMessage({ kind: "hello", protocol: 1, build: "smoke" });
    port.postMessage({ kind: "request", id: 1, method: "document.list", params: {} });
  });
}
