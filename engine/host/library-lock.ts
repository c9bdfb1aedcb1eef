/**
 * One engine owns a library. The lock names the owner's process and when it started, so that a stale one is seen.
 * Knows nothing about engines.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { EngineError } from "../protocol/index.ts";

interface LockOwner {
  readonly pid: number;
  /** Start time of that process as the system tells it; "" where it does not. */
  readonly started: string;
}

export interface LibraryLock {
  release(): void;
}

/** Takes the lock, or returns null when a living process has it. A dead owner's lock is replaced. */
export function takeLock(file: string): LibraryLock | null {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, JSON.stringify({ pid: process.pid, started: startedAt(process.pid) } satisfies LockOwner));
      closeSync(handle);
      return { release: () => releaseOwn(file) };
    } catch (error) {
      if (codeOf(error) === "ENOSPC")
        throw new EngineError("DiskFull", "no room for the library's lock", {
          cause: error,
          hint: "Free some space, then try again.",
        });
      if (codeOf(error) !== "EEXIST") throw error;
      if (ownerLives(file)) return null;
      rmSync(file, { force: true });
    }
  }
  return null;
}

function releaseOwn(file: string): void {
  if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
}

function ownerLives(file: string): boolean {
  const owner = readOwner(file);
  if (!owner) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  return owner.started === "" || owner.started === startedAt(owner.pid);
}

function readOwner(file: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null || !("pid" in value) || !("started" in value)) return null;
    return typeof value.pid === "number" && typeof value.started === "string"
      ? { pid: value.pid, started: value.started }
      : null;
  } catch {
    return null; // unreadable or half-written: the owner died while taking it
  }
}

/** Field 22 of /proc/<pid>/stat (start time in clock ticks since boot). Elsewhere "": a living pid is then enough. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
