#!/usr/bin/env node
// Starts the command line on the Node version that the project pins, whatever Node the shell found first.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
if (Number(process.versions.node.split(".")[0]) >= 26) {
  enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "longleaf", "code")); // halves the start
  await import("./main.ts");
} else {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const pinned = join(here, "..", "node_modules", ".bin", name);
  if (!existsSync(pinned)) {
    console.error("Longleaf needs Node 26, which `npm ci` puts into node_modules. Run `npm ci` first.");
    process.exit(1);
  }
  const flags = ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const run = spawnSync(pinned, flags, { stdio: "inherit" });
  process.exit(run.status ?? 1);
}
