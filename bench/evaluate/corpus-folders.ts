/**
 * Where the corpus lies: LONGLEAF_CORPUS (folders between colons), else shared/corpus in the repository or beside it.
 * Knows nothing about what is in it.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** Folders that are there, in the order in which files are looked for. */
export function corpusFolders(): string[] {
  const named = (process.env["LONGLEAF_CORPUS"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const homes = [join(ROOT, "shared"), join(ROOT, "..", "shared")];
  const usual = homes.flatMap((home) => [join(home, "corpus"), join(home, "corpus-more")]);
  return [...named, ...usual].filter((folder) => existsSync(folder));
}
