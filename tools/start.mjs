// `npm start`: installs what is missing, builds, opens the desktop window where there can be one, else the browser window.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, node26, root, run } from "./setup.mjs";

ensureInstalled();
ensureBuilt();
process.exit(hasDesktop() ? startDesktop() : run(node26(), ["cli/longleaf.mjs", "serve", ...process.argv.slice(2)]));

/** The Electron binary is fetched on its first use, never by our install; without it, or without a display: no desktop. */
function hasDesktop() {
  const pathFile = join(root, "node_modules/electron/path.txt");
  if (!existsSync(pathFile)) return false;
  const binary = join(root, "node_modules/electron/dist", readFileSync(pathFile, "utf8").trim());
  const hasDisplay = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  return existsSync(binary) && Boolean(hasDisplay);
}

function startDesktop() {
  const status = run(node26(), [
    "node_modules/vite/bin/vite.js",
    "build",
    "--config",
    "electron/vite.config.ts",
    "--logLevel",
    "warn",
  ]);
  return status === 0 ? run("electron", ["."]) : status;
}
