/**
 * Builds electron/ once and runs the built main.cjs against a stand-in, in this process, on a library of its own.
 * The host and the engine that it starts are the real ones.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBuilder } from "vite";
import { ElectronStandIn, type StandInOptions, type StandInWindow } from "./electron-stand-in.ts";
import type { StandInPage } from "./stand-in-page.ts";

export const repository = realpathSync(join(import.meta.dirname, "../../.."));
const KEY = "longleaf electron stand-in";
const require = createRequire(import.meta.url);

export async function buildElectron(): Promise<void> {
  const builder = await createBuilder({ configFile: join(repository, "electron/vite.config.ts"), logLevel: "error" });
  await builder.buildApp();
  if (!existsSync(join(repository, "dist/renderer/index.html")))
    throw new Error("the window is not built: run `npm run build` first");
}

/** A fresh library that never asks for the bundled samples: reading them is not what these tests are about. */
export function newLibrary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "longleaf-electron-")));
  mkdirSync(join(folder, "host"), { recursive: true });
  writeFileSync(join(folder, "host/samples-given"), "");
  return folder;
}

/** Loads the main.cjs below `built` with `require("electron")` giving the stand-in. What main does goes on after this returns. */
export function runMain(library: string, options: Partial<StandInOptions> = {}, built = repository): ElectronStandIn {
  const standIn = new ElectronStandIn({ appPath: repository, ...options });
  const mainFile = join(built, ".vite/build/main.cjs");
  Reflect.set(globalThis, KEY, standIn.module());
  Object.defineProperty(process.versions, "electron", { value: "45.4.1", configurable: true });
  process.env["LONGLEAF_LIBRARY"] = library;
  hookElectron();
  for (const file of [mainFile, "stand-in:electron"]) delete require.cache[file];
  require(mainFile);
  return standIn;
}

/** What Electron sets to the folder beside the app's archive. */
export function setResourcesPath(path: string): void {
  Object.defineProperty(process, "resourcesPath", { value: path, configurable: true });
}

/** This process is plain Node again. */
export function forgetElectron(): void {
  Reflect.deleteProperty(process, "resourcesPath");
  Reflect.deleteProperty(process.versions, "electron");
  Reflect.deleteProperty(globalThis, KEY);
  delete process.env["LONGLEAF_LIBRARY"];
}

let isHooked = false;
function hookElectron(): void {
  if (isHooked) return;
  isHooked = true;
  registerHooks({
    resolve: (name, context, next) =>
      name === "electron" ? { url: "stand-in:electron", format: "commonjs", shortCircuit: true } : next(name, context),
    load: (url, context, next) =>
      url === "stand-in:electron"
        ? { format: "commonjs", source: `module.exports = globalThis[${JSON.stringify(KEY)}]`, shortCircuit: true }
        : next(url, context),
  });
}

/** The first window and its page, once it is there. */
export async function firstPage(standIn: ElectronStandIn): Promise<{ window: StandInWindow; page: StandInPage }> {
  const window = await until(() => standIn.windows[0]);
  const page = await until(() => window.contents.page);
  return { window, page };
}

export async function until<T>(look: () => T | null | undefined | false, withinMs = 20_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`nothing came within ${withinMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Process ids of the engines that work on a library (Linux: from /proc; elsewhere none are seen). */
export function enginesOf(library: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
        return command.includes("engine/main.ts") && command.includes(library);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);
}

export function removeLibrary(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
