/**
 * The reader that the product ships, for systems that answer in this process.
 * Owns: where it comes from and that it is closed. Does not know: what is read.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readerFolder } from "../../engine/host/layout.ts";
import { loadReader } from "../../engine/reading/client.ts";
import type { PassageReader } from "../../engine/reading/reading.ts";

export interface OpenReader extends AsyncDisposable {
  /** null when the program has no reader package. */
  readonly reader: PassageReader | null;
}

/** `folder`: another package than the one that ships. */
export async function openReader(folder = readerFolder): Promise<OpenReader> {
  if (!existsSync(folder)) return { reader: null, [Symbol.asyncDispose]: async () => {} };
  const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-reader-"));
  const reader = await loadReader({ folder, cacheFolder });
  return {
    reader,
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
}
