/**
 * What .git says without git: branch and commit, which paths are tracked (ignore rules do not hold for them), which
 * folders are submodules, whether names ignore case. Everything is optional: a folder without .git has none of it.
 * Sources: gitrepository-layout(5), gitformat-index(5), versions 2 to 4. Reads only inside the granted folder.
 */
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface GitRecords {
  readonly isRepository: boolean;
  readonly branch: string;
  /** Hex id of the commit, "" before the first. */
  readonly commit: string;
  readonly tracked: ReadonlySet<string>;
  readonly submodules: ReadonlySet<string>;
  readonly ignoresCase: boolean;
  /** Text of .git/info/exclude. */
  readonly excludes: string;
}

const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 62;
const EXTENDED = 0x4000;
const GITLINK = 0xe000;

/** `root`: the granted folder. Never throws: unreadable records count as missing. */
export function readGitRecords(root: string): GitRecords {
  const git = join(root, ".git");
  const isRepository = isFolder(git);
  const submodules = new Set<string>();
  for (const [, path] of textOf(join(root, ".gitmodules")).matchAll(/^\s*path\s*=\s*(.+?)\s*$/gmu))
    submodules.add(path.replace(/\/+$/u, ""));
  if (!isRepository)
    return { isRepository, branch: "", commit: "", tracked: new Set(), submodules, ignoresCase: false, excludes: "" };
  const head = textOf(join(git, "HEAD")).trim();
  const reference = /^ref:\s*(refs\/[^\s]+)$/u.exec(head)?.[1] ?? "";
  const tracked = new Set<string>();
  for (const entry of indexEntries(bytesOf(join(git, "index"), MAX_INDEX_BYTES)))
    (entry.isLink ? submodules : tracked).add(entry.path);
  return {
    isRepository,
    branch: reference.replace(/^refs\/heads\//u, ""),
    commit: reference === "" ? idOf(head) : commitOf(git, reference),
    tracked,
    submodules,
    ignoresCase: /^\s*ignorecase\s*=\s*true\s*$/imu.test(textOf(join(git, "config"))),
    excludes: isFolder(join(git, "info")) ? textOf(join(git, "info", "exclude")) : "",
  };
}

function commitOf(git: string, reference: string): string {
  // A reference is a path inside .git; one that steps out of it is somebody's trick.
  if (reference.split("/").includes("..")) return "";
  const loose = idOf(textOf(join(git, reference)).trim());
  if (loose !== "") return loose;
  for (const line of textOf(join(git, "packed-refs")).split("\n")) {
    const [id, name] = line.split(" ");
    if (name === reference) return idOf(id);
  }
  return "";
}

function idOf(text: string): string {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/u.test(text) ? text : "";
}

/** Paths of the index. Stops quietly where the file is not what it should be. */
export function* indexEntries(bytes: Buffer): Generator<{ path: string; isLink: boolean }> {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "DIRC") return;
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return;
  let at = HEADER_BYTES;
  let previous = "";
  for (let left = bytes.readUInt32BE(8); left > 0 && at + ENTRY_BYTES < bytes.length; left -= 1) {
    const mode = bytes.readUInt32BE(at + 24);
    const flags = bytes.readUInt16BE(at + 60);
    const start = at + ENTRY_BYTES + (version >= 3 && (flags & EXTENDED) !== 0 ? 2 : 0);
    let nameAt = start;
    let kept = "";
    if (version === 4) {
      const strip = readOffset(bytes, start);
      nameAt = strip.next;
      const prefix = Buffer.from(previous, "utf8");
      kept = prefix.toString("utf8", 0, Math.max(0, prefix.length - strip.value));
    }
    const end = bytes.indexOf(0, nameAt);
    if (end < 0) return;
    previous = kept + bytes.toString("utf8", nameAt, end);
    yield { path: previous, isLink: (mode & 0xf000) === GITLINK };
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7);
  }
}

/** Git's variable-length offset: seven bits a byte, each further byte adds one. */
function readOffset(bytes: Buffer, start: number): { value: number; next: number } {
  let at = start;
  let value = bytes[at] & 127;
  while ((bytes[at] & 128) !== 0 && at + 1 < bytes.length) {
    at += 1;
    value = (value + 1) * 128 + (bytes[at] & 127);
  }
  return { value, next: at + 1 };
}

function textOf(path: string): string {
  return bytesOf(path, MAX_RECORD_BYTES).toString("utf8");
}

/** Links are not followed: .git of a hostile folder may point anywhere. */
function bytesOf(path: string, limit: number): Buffer {
  try {
    const stats = lstatSync(path);
    return stats.isFile() && stats.size <= limit ? readFileSync(path) : Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0); // missing or not readable: the record counts as missing
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false; // not there
  }
}
