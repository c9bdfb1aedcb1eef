/**
 * One pass over the blocks of a document: its quotable sentences into the table, its names and terms into the register,
 * and the first text of each part that has no sentence at all.
 * Owns: what of a block goes where. Does not know: the store, which sentences win.
 */
import type { StoredBlock } from "../store/types.ts";
import { codeCandidate, firstWords, proseCandidates, standingOf, type Candidate } from "./candidates.ts";
import { TermRegister } from "./term-register.ts";
import { fingerprint, SentenceTable } from "./sentence-table.ts";

/** A stretch of the text, and the fingerprint of what was read there. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly check: number;
}

export class SentenceReader {
  readonly table = new SentenceTable();
  readonly register = new TermRegister();
  /** First text of every block that is neither heading nor hidden nor of sentences, in order. */
  readonly fallbacks: Line[] = [];
  #file: string | null = null;
  #sentencesOfFile = 0;

  add(block: StoredBlock): void {
    if (block.isHidden) return;
    const opensFile = block.file !== null && block.file !== this.#file;
    this.#file = block.file;
    if (opensFile) this.#sentencesOfFile = 0;
    if (block.kind === "heading") {
      this.table.addHeading(block.text);
      return;
    }
    const found = candidatesOf(block, opensFile);
    if (found.length === 0 && this.fallbacks.length < MOST_FALLBACKS && !isProgram(block)) this.#keepFallback(block);
    for (const candidate of found) {
      const standing = standingOf(block.file, this.#sentencesOfFile);
      this.table.add({ ...candidate, standing });
      this.#sentencesOfFile += 1;
      if (!isProgram(block)) this.register.add(candidate);
    }
  }

  #keepFallback(block: StoredBlock): void {
    const length = firstWords(block.text);
    if (length > 0)
      this.fallbacks.push({
        start: block.start,
        end: block.start + length,
        check: fingerprint(block.text.slice(0, length)),
      });
  }
}

/** More are not needed: a part needs one, and there are at most 400 parts, most of them with sentences. */
const MOST_FALLBACKS = 20_000;

/** A file of a program: its names are identifiers and no people. */
const isProgram = (block: StoredBlock): boolean => block.kind === "code" && block.file !== null;

/** Of a code file only what it says about itself; of prose every sentence. */
function candidatesOf(block: StoredBlock, opensFile: boolean): Candidate[] {
  if (block.kind !== "code") return proseCandidates(block);
  if (!opensFile) return [];
  const found = codeCandidate(block.text, block.start);
  return found === null ? [] : [found];
}
