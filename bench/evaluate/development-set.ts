/**
 * The questions that rules may be tuned on, as documents that are imported like those of the test set: each corpus text
 * becomes a Markdown file in a temporary folder.
 * Owns: that folder. Does not know: the corpus (development/sets.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevelopmentSet, readDevelopmentSets } from "./development/sets.ts";
import type { TestDocument } from "./test-set.ts";

export interface DevelopmentDocuments extends Disposable {
  readonly documents: readonly (TestDocument & Pick<DevelopmentSet, "isBook">)[];
}

/** Throws with one sentence when the corpus is not there. */
export function layDownDevelopmentSet(): DevelopmentDocuments {
  const sets = readDevelopmentSets();
  const folder = mkdtempSync(join(tmpdir(), "longleaf-development-"));
  const documents = sets.map(({ name, isBook, text, questions }) => {
    const path = join(folder, `${name}.md`);
    writeFileSync(path, text);
    return { name, isBook, path, questions };
  });
  return { documents, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
