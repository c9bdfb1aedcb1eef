/** What the tests in a real browser share: a served library, Chromium, a page. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Browser } from "playwright-core";

export const root = resolve(import.meta.dirname, "../..");
export const chromiumIsHere = !(process.env["LONGLEAF_MISSING"] ?? "").includes("Chromium");

/** Flags under which Chromium asks nobody anything. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });
}

export interface Served extends AsyncDisposable {
  /** Works once; a browser context that opened it has the cookie. */
  readonly address: string;
  readonly port: number;
  readonly library: string;
  readonly process: ChildProcess;
}

/** `longleaf serve` on a library of its own, as a person would start it. */
export async function serveLibrary(library = mkdtempSync(join(tmpdir(), "longleaf-e2e-"))): Promise<Served> {
  const child = spawn(process.execPath, ["cli/longleaf.mjs", "--json", "--library", library, "serve", "--no-open"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((done, fail) => {
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
      if (text.includes("\n")) done(text.slice(0, text.indexOf("\n")));
    });
    child.once("close", (code) => fail(new Error(`serve ended with ${code}: ${text}`)));
  });
  const { address, port } = JSON.parse(line) as { address: string; port: number };
  return {
    address,
    port,
    library,
    process: child,
    async [Symbol.asyncDispose]() {
      const ended = new Promise<void>((done) => child.once("close", () => done()));
      child.kill("SIGTERM");
      await ended;
      rmSync(library, { recursive: true, force: true });
    },
  };
}
