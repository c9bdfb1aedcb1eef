/**
 * Where things lie: the program's folder, and a library's folder. Knows no contents.
 *   <library>/store      the engine's alone: database, memories, compiled graphs
 *   <library>/incoming   one folder per parser run; the parser writes, the engine reads and deletes
 *   <library>/host       the host's alone: lock, grants, uploaded files; out of the engine's reach
 */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import envPaths from "env-paths";
import { EngineError } from "../protocol/index.ts";

export const programRoot = realpathSync(resolve(dirname(fileURLToPath(import.meta.url)), "../.."));

/** The Node binary that runs engine and parsers: our own, never Electron's (architecture.md section 2). */
export function engineNode(): string {
  if (!process.versions["electron"]) return process.execPath;
  return join(programRoot, "bin", process.platform === "win32" ? "node.exe" : "node");
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
