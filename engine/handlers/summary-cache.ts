/** Summaries on disk, keyed by what they were made from: the document's content and the summary's version. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "../base/hash.ts";
import { summaryNode, type DocumentId, type SummaryNode } from "../protocol/index.ts";
import type { LibraryStore } from "../store/types.ts";
import { SUMMARY_VERSION, summarizeDocument } from "../summarizing/summarize.ts";

export class SummaryCache {
  readonly #store: LibraryStore;
  readonly #folder: string;

  constructor(store: LibraryStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Errors: `NotFound`, `Cancelled`. A cached file that cannot be read is made anew. */
  async get(id: DocumentId, signal: AbortSignal): Promise<SummaryNode> {
    const { sha256, title } = this.#store.documents.source(id);
    const file = join(this.#folder, `${contentKey(id, sha256, title, SUMMARY_VERSION)}.json`);
    const known = readSummary(file);
    if (known) return known;
    const made = await summarizeDocument(id, this.#store, { signal });
    writeFileSync(`${file}.tmp`, JSON.stringify(made));
    renameSync(`${file}.tmp`, file);
    return made;
  }
}

function readSummary(file: string): SummaryNode | null {
  try {
    const parsed = summaryNode.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // not there, or half-written by a killed engine
  }
}
