/**
 * The files of a granted folder that git would show: ignore rules, no .git, no submodules, no links followed. What is
 * left out is told with its reason; an ignored folder is one entry. Every path is checked to lie inside the grant by
 * its real path, since the permission wall follows links. Knows nothing about what is in the files.
 */
import { lstatSync, readdirSync, realpathSync, type Dirent } from "node:fs";
import { join, sep } from "node:path";
import { throwIfCancelled } from "../base/abort.ts";
import { MAX_FOLDER_DEPTH } from "../documents/limits.ts";
import type { GitRecords } from "./git-records.ts";
import { ignoredBy, parseIgnoreFile, type IgnoreFile } from "./ignore-rules.ts";
import { readInside } from "./read-inside.ts";

export interface FoundFile {
  /** Relative to the root, with "/" between names. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface Walk {
  /** Sorted by path, names compared by their UTF-16 units. */
  readonly files: FoundFile[];
  readonly skipped: { readonly path: string; readonly reason: string }[];
}

export function walkFolder(root: string, git: GitRecords, signal: AbortSignal): Walk {
  const walker = new Walker(root, git, signal);
  return walker.walk();
}

class Walker {
  readonly #root: string;
  readonly #realRoot: string;
  readonly #git: GitRecords;
  readonly #signal: AbortSignal;
  readonly #trackedFolders = new Set<string>();
  readonly #result: Walk = { files: [], skipped: [] };

  constructor(root: string, git: GitRecords, signal: AbortSignal) {
    this.#root = root;
    this.#realRoot = realpathSync(root);
    this.#git = git;
    this.#signal = signal;
    for (const path of git.tracked) {
      for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1))
        this.#trackedFolders.add(path.slice(0, slash));
    }
  }

  walk(): Walk {
    const excludes: IgnoreFile = {
      folder: "",
      name: ".git/info/exclude",
      patterns: parseIgnoreFile(this.#git.excludes, this.#git.ignoresCase),
    };
    this.#folder("", [excludes], 0, false);
    return this.#result;
  }

  /** `onlyTracked`: an ignored folder, entered for the tracked files in it. */
  #folder(folder: string, outer: readonly IgnoreFile[], depth: number, onlyTracked: boolean): void {
    throwIfCancelled(this.#signal);
    let entries: Dirent[];
    try {
      entries = readdirSync(join(this.#root, folder), { withFileTypes: true });
    } catch {
      this.#skip(`${folder}/`, "the folder may not be read");
      return;
    }
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    const stack = this.#withRules(folder, entries, outer);
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) this.#enter(path, entry.name, stack, depth, onlyTracked);
      else this.#file(path, entry, stack, onlyTracked);
    }
  }

  #enter(path: string, name: string, stack: readonly IgnoreFile[], depth: number, onlyTracked: boolean): void {
    const hasTracked = this.#trackedFolders.has(path);
    if (name === ".git") return this.#skip(`${path}/`, "git's own records");
    if (this.#git.submodules.has(path) || isRepository(join(this.#root, path))) {
      return this.#skip(`${path}/`, "a submodule: a repository of its own; open it by itself");
    }
    if (onlyTracked && !hasTracked) return this.#skip(`${path}/`, "inside an ignored folder");
    const rule = onlyTracked ? null : ignoredBy(stack, path, true);
    if (rule !== null && !hasTracked) return this.#skip(`${path}/`, reasonOf(rule));
    if (depth >= MAX_FOLDER_DEPTH) return this.#skip(`${path}/`, `nested deeper than ${MAX_FOLDER_DEPTH} folders`);
    if (!this.#isInside(path)) return this.#skip(`${path}/`, "leads out of the folder");
    this.#folder(path, stack, depth + 1, onlyTracked || rule !== null);
  }

  #file(path: string, entry: Dirent, stack: readonly IgnoreFile[], onlyTracked: boolean): void {
    const isTracked = this.#git.tracked.has(path);
    if (!isTracked) {
      if (onlyTracked) return this.#skip(path, "inside an ignored folder");
      const rule = ignoredBy(stack, path, false);
      if (rule !== null) return this.#skip(path, reasonOf(rule));
    }
    if (entry.name === ".git") return this.#skip(path, "git's own records");
    if (entry.isSymbolicLink()) return this.#skip(path, this.#linkReason(path));
    if (!entry.isFile()) return this.#skip(path, "not a file but a device or a channel");
    if (!this.#isInside(path)) return this.#skip(path, "leads out of the folder");
    try {
      this.#result.files.push({ path, sizeBytes: lstatSync(join(this.#root, path)).size });
    } catch {
      this.#skip(path, "the file may not be read");
    }
  }

  #skip(path: string, reason: string): void {
    this.#result.skipped.push({ path, reason });
  }

  /** The rules that hold in a folder: those from outside, and its own .gitignore. */
  #withRules(folder: string, entries: readonly Dirent[], outer: readonly IgnoreFile[]): readonly IgnoreFile[] {
    if (!entries.some((entry) => entry.name === ".gitignore" && entry.isFile())) return outer;
    const name = folder === "" ? ".gitignore" : `${folder}/.gitignore`;
    const bytes = readInside(this.#root, name, 1024 * 1024);
    if (bytes === null) return outer;
    return [
      ...outer,
      { folder, name, patterns: parseIgnoreFile(Buffer.from(bytes).toString("utf8"), this.#git.ignoresCase) },
    ];
  }

  #linkReason(path: string): string {
    try {
      const target = realpathSync(join(this.#root, path));
      if (this.#contains(target)) return "a link to another place of this folder, which is read there";
      return "a link that leaves the folder; it was not followed";
    } catch {
      return "a link that leads nowhere or in a circle";
    }
  }

  #isInside(path: string): boolean {
    try {
      return this.#contains(realpathSync(join(this.#root, path)));
    } catch {
      return false; // gone, or a circle
    }
  }

  #contains(real: string): boolean {
    return (
      real === this.#realRoot || real.startsWith(this.#realRoot.endsWith(sep) ? this.#realRoot : this.#realRoot + sep)
    );
  }
}

function reasonOf({ file, pattern }: { file: string; pattern: string }): string {
  return `ignored by ${file}: ${pattern}`;
}

/** A folder with a .git of its own, be it a folder or a submodule's file. */
function isRepository(folder: string): boolean {
  try {
    lstatSync(join(folder, ".git"));
    return true;
  } catch {
    return false; // the usual case
  }
}
