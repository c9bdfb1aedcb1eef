/**
 * Is a file still the one that was read? Pages and boxes of a changed file would point at the wrong words.
 * Hashes a file once for each of its states (path, size, time of change). Knows nothing about formats.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** What the engine knows of a document's source. */
export interface SourceOfDocument {
  readonly grant: string;
  /** Hex sha256 of the file's bytes when it was read. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export class SourceCheck {
  /** State of a file > its hash, under way or done. */
  readonly #hashes = new Map<string, Promise<string>>();

  /** False for a missing file, a folder, and other bytes than were read. */
  async isUnchanged(path: string, source: Pick<SourceOfDocument, "sha256" | "sizeBytes">): Promise<boolean> {
    const found = await stat(path).catch(() => null); // moved or deleted
    if (!found?.isFile() || found.size !== source.sizeBytes) return false;
    const state = `${path}:${found.size}:${found.mtimeMs}`;
    let hash = this.#hashes.get(state);
    if (!hash) {
      hash = hashFile(path);
      this.#hashes.set(state, hash);
      hash.catch(() => this.#hashes.delete(state)); // the caller hears of it; the next one tries again
    }
    return (await hash) === source.sha256;
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}
