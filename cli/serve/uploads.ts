/**
 * Files that a page sends: streamed into the library's own folder, then granted like a chosen path.
 * A name in an upload is a name, never a path; a folder's relative paths stay inside its own folder.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { basename, dirname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { LibraryHost } from "../../engine/host/library-host.ts";
import { EngineError } from "../../engine/protocol/index.ts";

const MAX_PATH = 1_000;

export class Uploads {
  readonly #host: LibraryHost;
  /** Folders that are being sent: id > where they grow. */
  readonly #folders = new Map<string, string>();

  constructor(host: LibraryHost) {
    this.#host = host;
  }

  /** One file. Errors: `InvalidRequest` for a bad name, `DiskFull`. A broken transfer leaves nothing. */
  async file(request: IncomingMessage, name: string): Promise<{ grant: string; name: string }> {
    const folder = join(this.#host.layout.uploads, randomUUID());
    const path = join(folder, safeName(name));
    await this.#receive(request, path, folder);
    return await this.#host.grant(path);
  }

  /** One file of a folder; `id` is the page's own for this folder. */
  async part(request: IncomingMessage, id: string, name: string, relativePath: string): Promise<void> {
    if (!/^[\w-]{8,64}$/.test(id)) throw new EngineError("InvalidRequest", "bad upload id");
    let folder = this.#folders.get(id);
    if (!folder) {
      folder = join(this.#host.layout.uploads, randomUUID(), safeName(name));
      this.#folders.set(id, folder);
    }
    await this.#receive(request, inside(folder, relativePath), null);
  }

  async finish(id: string): Promise<{ grant: string; name: string }> {
    const folder = this.#folders.get(id);
    if (!folder) throw new EngineError("NotFound", "no such upload", { hint: "Drop the folder again." });
    this.#folders.delete(id);
    return await this.#host.grant(folder);
  }

  async #receive(request: IncomingMessage, path: string, removeOnFailure: string | null): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await pipeline(request, createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await rm(removeOnFailure ?? path, { recursive: true, force: true });
      if (error instanceof Error && "code" in error && error.code === "ENOSPC")
        throw new EngineError("DiskFull", "no room for the file that was sent", {
          cause: error,
          hint: "Free some space, then add it again. The library is unchanged.",
        });
      throw error;
    }
  }
}

function safeName(name: string): string {
  const plain = basename(name.replaceAll("\\", "/"))
    .replaceAll(/[\u0000-\u001F<>:"|?*]/g, "_")
    .slice(0, 180);
  if (plain === "" || plain === "." || plain === "..") throw new EngineError("InvalidRequest", "a file needs a name");
  return plain;
}

function inside(folder: string, relativePath: string): string {
  const path = normalize(join(folder, relativePath.replaceAll("\\", "/")));
  if (relativePath.length > MAX_PATH || relativePath.includes("\0") || !path.startsWith(folder + sep))
    throw new EngineError("InvalidRequest", "a path in the folder leaves the folder");
  return path;
}
