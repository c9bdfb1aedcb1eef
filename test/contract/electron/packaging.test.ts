/**
 * The real packaging chain (electron-forge, fuses, our engine-root) around a stub of the binary, then what was packaged at work:
 * main.cjs out of the archive under the stand-in, engine and command line out of engine-root on the packaged Node.
 */
import { execFileSync } from "node:child_process";
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractAll } from "@electron/asar";
import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineClient } from "../../../engine/protocol/index.ts";
import { requestMessagePort } from "../../../renderer/engine/message-port.ts";
import {
  enginesOf,
  firstPage,
  forgetElectron,
  newLibrary,
  removeLibrary,
  repository,
  runMain,
  setResourcesPath,
} from "./run-main.ts";
import { writeStubElectron } from "./stub-electron.ts";

const [OFF, ON] = [48, 49]; // the wire's "0" and "1"

describe.skipIf(process.platform !== "linux")("Electron packaging", () => {
  let folder: string;
  let app: string;
  let resources: string;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "longleaf-package-")));
    const env = {
      ...process.env,
      LONGLEAF_OUT: join(folder, "out"),
      LONGLEAF_ELECTRON_ZIPS: writeStubElectron(repository, join(folder, "zips")),
    };
    const forge = join(repository, "node_modules/@electron-forge/cli/dist/electron-forge-package.js");
    execFileSync(process.execPath, [forge], { cwd: repository, env, stdio: "pipe" });
    app = join(folder, "out", `Longleaf-linux-${process.arch}`);
    resources = join(app, "resources");
    extractAll(join(resources, "app.asar"), join(folder, "app"));
  }, 180_000);

  afterAll(() => {
    forgetElectron();
    rmSync(folder, { recursive: true, force: true });
  });

  it("puts the window, main and preload into the archive, and nothing else", () => {
    expect(readdirSync(join(folder, "app")).toSorted()).toEqual([".vite", "dist", "package.json"]);
    expect(readdirSync(join(folder, "app/.vite/build")).toSorted()).toEqual(["main.cjs", "preload.cjs"]);
    expect(readdirSync(join(folder, "app/dist"))).toEqual(["renderer"]);
    const { main } = JSON.parse(readFileSync(join(folder, "app/package.json"), "utf8")) as { main: string };
    expect(existsSync(join(folder, "app", main))).toBe(true);
  });

  it("lays the engine beside it, for this system only, without developers' packages", () => {
    const root = join(resources, "engine-root");
    const modules = join(root, "node_modules");
    expect(readdirSync(join(modules, "onnxruntime-node/bin/napi-v6"))).toEqual(["linux"]);
    expect(readdirSync(join(modules, "onnxruntime-node/bin/napi-v6/linux"))).toEqual([process.arch]);
    for (const path of [
      "legacy/build/pdf.mjs",
      "legacy/build/pdf.worker.mjs",
      "cmaps",
      "standard_fonts",
      "wasm",
      "LICENSE",
    ])
      expect(existsSync(join(modules, "pdfjs-dist", path)), path).toBe(true);
    for (const name of ["typescript", "vite", "electron", "react", `node-linux-${process.arch}`])
      expect(existsSync(join(modules, name)), name).toBe(false);
    for (const path of ["bin/node", "bin/LICENSE", "LICENSE", "assets/sample-book", "dist/renderer/index.html"])
      expect(existsSync(join(root, path)), path).toBe(true);
  });

  it("sets the fuses", async () => {
    const wire = await getCurrentFuseWire(join(app, "longleaf"));
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: OFF,
      [FuseV1Options.EnableCookieEncryption]: ON,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: OFF,
      [FuseV1Options.EnableNodeCliInspectArguments]: OFF,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ON,
      [FuseV1Options.OnlyLoadAppFromAsar]: ON,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: OFF,
    });
  });

  it("starts the packaged engine from the packaged main", async () => {
    const library = newLibrary();
    setResourcesPath(resources);
    const electron = runMain(library, { appPath: join(folder, "app"), isPackaged: true }, join(folder, "app"));
    const { window, page } = await firstPage(electron);
    expect(window.options.webPreferences?.devTools).toBe(false);
    expect(JSON.stringify(electron.menu)).not.toContain("toggleDevTools");
    const client = new EngineClient(await requestMessagePort(page.window as unknown as Window));
    await expect(client.call("document.list", {})).resolves.toEqual([]);
    const [engine] = enginesOf(library);
    expect(readFileSync(`/proc/${engine}/cmdline`, "utf8").split("\0")[0]).toBe(
      join(resources, "engine-root/bin/node"),
    );
    electron.closeWindow(window);
    await electron.exited;
    removeLibrary(library);
  });

  it("carries a command line that reads a file without the repository", () => {
    const root = join(resources, "engine-root");
    const library = join(folder, "library");
    const file = join(folder, "ferry.txt");
    mkdirSync(library);
    writeFileSync(file, "The ferry leaves at nine. It returns at noon.\n".repeat(20));
    const printed = execFileSync(
      join(root, "bin/node"),
      [join(root, "cli/longleaf.mjs"), "read", file, "--json", "--library", library],
      { cwd: folder, env: { HOME: folder }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );
    // Memory was made: ONNX Runtime's libraries and the starter model were found outside the archive.
    const result = JSON.parse(printed) as { documentId: string; segments: number; memoryBytes: number };
    expect(result.documentId).toMatch(/^\w/);
    expect(result.segments).toBeGreaterThan(0);
    expect(result.memoryBytes).toBeGreaterThan(0);
  });
});
