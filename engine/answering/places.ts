/**
 * From offsets to citations, and how much of the scope was looked at.
 * Owns: the rule that a citation's words are read again from the stored text, character by character, before it counts
 * as supported. Does not know: why a passage was chosen.
 */
import type { Citation, Coverage, DocumentId, WhyChosen } from "../protocol/dto.ts";
import type { AnswerSources } from "./types.ts";

export interface Stretch {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  /** The words that are claimed to stand there. */
  readonly text: string;
}

/** A citation of exactly this stretch. `supported` is false when the stored text says something else there. */
export function cite(texts: AnswerSources["texts"], stretch: Stretch, why: Citation["why"]): Citation {
  const { documentId, start, end, text } = stretch;
  const stored = texts.text(documentId, start, end);
  return { ...texts.place(documentId, start, end), text: stored, supported: stored !== "" && stored === text, why };
}

/** Why a passage was chosen that was not weighed: its words and the score of whoever found it. */
export function foundBy(retriever: string, words: readonly string[], score: number): WhyChosen {
  return { words: [...words], retriever, score, probability: null, read: null };
}

/** Ranges that are pages, files or (without either) passages, of every document in scope, in order. */
export class CoverageMeter {
  readonly unit: Coverage["unit"];
  readonly total: number;
  readonly #units = new Map<DocumentId, readonly { readonly start: number; readonly end: number }[]>();
  readonly #seen = new Set<string>();

  constructor(sources: Pick<AnswerSources, "texts" | "documents" | "chunks">, scope: readonly DocumentId[]) {
    const formats = scope.map((id) => sources.documents.find(id));
    const arePaged = formats.every((summary) => summary !== null && summary.pages > 0);
    const areFolders = formats.every((summary) => summary !== null && summary.files > 0);
    this.unit = arePaged ? "pages" : areFolders ? "files" : "passages";
    if (this.unit === "passages") {
      this.total = sources.chunks.count(scope);
      return;
    }
    let total = 0;
    for (const id of scope) {
      const units = arePaged ? sources.texts.pages(id) : sources.texts.files(id);
      this.#units.set(id, units);
      total += units.length;
    }
    this.total = total;
  }

  /** Counts every page or file that the stretch touches; without these, the stretch itself. */
  mark(documentId: DocumentId, start: number, end: number): void {
    const units = this.#units.get(documentId);
    if (units === undefined) {
      this.#seen.add(`${documentId}:${start}`);
      return;
    }
    for (let at = firstEndingAfter(units, start); at < units.length; at += 1) {
      const unit = units[at];
      if (unit === undefined || unit.start >= end) break;
      if (unit.end > unit.start) this.#seen.add(`${documentId}:${at}`);
    }
  }

  /** After a scan of everything: pages and files without text hold nothing that could have been missed by it. */
  now(): Coverage {
    return { checked: Math.min(this.#seen.size, this.total), total: this.total, unit: this.unit };
  }
}

function firstEndingAfter(units: readonly { readonly end: number }[], offset: number): number {
  let low = 0;
  let high = units.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((units[middle]?.end ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
