/**
 * How long a summary of a very long document takes, and how much memory: `main.ts summaries --speed <words>`.
 * The document is made of the evaluation's texts, one chapter each, again and again until it is long enough; it lies in
 * memory, so that only the summary is measured. Owns: this document, the measuring.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DocumentId, OutlineEntry, Place } from "../../../engine/protocol/dto.ts";
import { documentId } from "../../../engine/protocol/dto.ts";
import { countWords } from "../../../engine/retrieval/search-tokenizer.ts";
import type { StoredBlock } from "../../../engine/store/types.ts";
import { summarizeDocument, type SummarySources } from "../../../engine/summarizing/summarize.ts";

export interface Speed {
  readonly words: number;
  readonly characters: number;
  readonly chapters: number;
  readonly lines: number;
  readonly keyTerms: number;
  readonly ms: number;
  /** The longest time in which nothing else of the process could run. */
  readonly longestPauseMs: number;
  /** Most memory of the process at any time, the document's own text included. */
  readonly megabytes: number;
}

export async function measureSpeed(texts: readonly string[], words: number): Promise<Speed> {
  const made = assemble(texts, words);
  const id = documentId.parse("speed");
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  const node = await summarizeDocument(id, sourcesOf(id, made), { signal: new AbortController().signal });
  const ms = performance.now() - began;
  delay.disable();
  return {
    words: made.words,
    characters: made.text.length,
    chapters: made.outline.length,
    lines: node.citations.length + node.children.reduce((sum, child) => sum + child.citations.length, 0),
    keyTerms: node.keyTerms?.length ?? 0,
    ms,
    longestPauseMs: delay.max / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1024,
  };
}

interface Assembled {
  readonly text: string;
  readonly words: number;
  readonly blocks: readonly Pick<StoredBlock, "start" | "end">[];
  readonly outline: readonly OutlineEntry[];
}

function assemble(texts: readonly string[], least: number): Assembled {
  const parts: string[] = [];
  const blocks: { start: number; end: number }[] = [];
  const outline: OutlineEntry[] = [];
  let words = 0;
  let at = 0;
  for (let i = 0; words < least && texts.length > 0; i += 1) {
    const start = at;
    for (const paragraph of (texts[i % texts.length] ?? "").split(/\n\s*\n/u)) {
      words += countWords(paragraph);
      parts.push(paragraph);
      blocks.push({ start: at, end: at + paragraph.length });
      at += paragraph.length + 2;
    }
    outline.push({ level: 1, title: `Chapter ${i + 1}`, start, end: at, page: null, file: null });
  }
  return { text: parts.join("\n\n"), words, blocks, outline };
}

function sourcesOf(id: DocumentId, { text, blocks, outline }: Assembled): SummarySources {
  const placeOf = (start: number, end: number): Place => ({
    documentId: id,
    start,
    end,
    page: null,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
    heading: [],
  });
  const rest = { page: null, file: null, line: null, endLine: null, continues: false, isHidden: false, level: 0 };
  return {
    documents: { get: () => ({ title: "Speed" }), outline: () => [...outline] },
    texts: {
      length: () => text.length,
      text: (_id, start, end) => text.slice(start, end),
      place: (_id, start, end) => placeOf(start, end),
      *blocks() {
        for (const { start, end } of blocks)
          yield { kind: "paragraph", start, end, text: text.slice(start, end), ...rest };
      },
    },
  };
}
