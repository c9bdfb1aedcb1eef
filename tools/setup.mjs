// What every entry point needs before it can run: the locked packages, Node 26, the built window.
// Plain JavaScript for any Node from 20 on, without packages: it runs before there are any.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** The environment in which our tools run: Node 26 and the locked packages first. */
export function toolEnvironment(extra = {}) {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`, ...extra };
}

export function node26() {
  return join(bin, process.platform === "win32" ? "node.exe" : "node");
}

/** Runs a command in the project's folder; returns its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: toolEnvironment(options.env),
    shell: process.platform === "win32",
  });
  if (result.error) console.error(`${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** `npm ci` when the locked packages are not there, or not those of the lock. Exits with a sentence when it fails. */
export function ensureInstalled() {
  const stamp = join(root, "node_modules", ".longleaf-lock");
  const wanted = hashOf([join(root, "package-lock.json")]);
  if (existsSync(node26()) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing the locked packages (npm ci) …");
  const status = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  }).status;
  if (status !== 0 || !existsSync(node26())) {
    console.error("The packages could not be installed. Check that the npm registry can be reached, then try again.");
    process.exit(status || 1);
  }
  writeFileSync(stamp, wanted);
}

/** Builds the window when its sources changed since the last build. */
export function ensureBuilt() {
  const stamp = join(root, "dist", ".sources");
  const wanted = hashOf([
    ...filesIn(join(root, "renderer")),
    ...filesIn(join(root, "engine/protocol")),
    join(root, "package-lock.json"),
  ]);
  if (existsSync(join(root, "dist/renderer/index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted)
    return;
  console.log("Building the window …");
  const status = run(node26(), [
    join(root, "node_modules/vite/bin/vite.js"),
    "build",
    "--config",
    "renderer/vite.config.ts",
    "--logLevel",
    "warn",
  ]);
  if (status !== 0) {
    console.error("The window could not be built.");
    process.exit(status);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .sort();
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest("hex");
}
