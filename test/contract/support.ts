/** What the tests of whole processes share: the program's folder, libraries in temporary folders. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { starterModelFolder } from "../../engine/host/library-host.ts";

export { programRoot } from "../../engine/host/layout.ts";
export const starterFolder = starterModelFolder;

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

export function temporaryFolder(name = "library"): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `longleaf-${name}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
