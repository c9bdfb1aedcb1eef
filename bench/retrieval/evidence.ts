/**
 * How often the evidence is among the first passages: Longleaf's search against plain BM25.
 *   node bench/retrieval/evidence.ts HAYSTACKS.json   (made by make-haystacks.py)
 * A passage is evidence when it lies in the question's own paragraph and holds the answer word for word.
 * Prints a table: @1, @3, @8 for both kinds of text, and milliseconds a search.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../../engine/base/hash.ts";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import type { RankedPassage } from "../../engine/retrieval/types.ts";
import { openStore } from "../../engine/store/open-store.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { block } from "./rows-of-text.ts";

const haystacks = z.array(
  z.object({
    name: z.string(),
    sections: z.array(z.string()),
    questions: z.array(z.object({ question: z.string(), answer: z.string(), section: z.number() })),
  }),
);
type Haystack = z.infer<typeof haystacks>[number];
const RANKS = [1, 3, 8] as const;

interface Loaded {
  readonly id: DocumentId;
  readonly hay: Haystack;
  readonly ranges: { start: number; end: number }[];
}

async function load(store: LibraryStore, hay: Haystack): Promise<Loaded> {
  const session = store.importDocument({ grant: hay.name, keepDuplicate: true });
  const all = hay.sections.join("\n");
  session.add({
    type: "document",
    format: "text",
    title: hay.name,
    author: "",
    metadata: {},
    sha256: sha256(all),
    sizeBytes: all.length,
    pages: 0,
  });
  const counts: number[] = [];
  let blocks = 0;
  for (const section of hay.sections) {
    const paragraphs = section.split(/\n\s*\n/u).filter((paragraph) => paragraph.trim() !== "");
    for (const paragraph of paragraphs) session.add(block(paragraph.trim().replace(/\s+/gu, " ").slice(0, 20_000)));
    counts.push(paragraphs.length);
    blocks += paragraphs.length;
  }
  session.add({ type: "end", blocks });
  const { documentId: id } = await session.finish();
  const stored = [...store.texts.blocks(id)];
  let at = 0;
  const ranges = counts.map((count) => {
    const range = { start: stored[at]?.start ?? 0, end: stored[at + count - 1]?.end ?? 0 };
    at += count;
    return range;
  });
  return { id, hay, ranges };
}

const normal = (text: string): string => text.toLowerCase().replace(/\s+/gu, " ");

function rankOf(
  found: readonly RankedPassage[],
  answer: string,
  own: { start: number; end: number } | undefined,
): number {
  const wanted = normal(answer);
  const at = found.findIndex(
    ({ start, end, text }) => own !== undefined && start < own.end && end > own.start && normal(text).includes(wanted),
  );
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
}

async function main(path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-evidence-"));
  const store = openStore(folder);
  const retriever = createRetriever(store.chunks);
  const ranks = new Map<string, number[]>();
  const note = (system: string, kind: string, rank: number): void => {
    for (const key of [system, `${system} | ${kind}`]) ranks.set(key, [...(ranks.get(key) ?? []), rank]);
  };
  let ms = 0;
  let questions = 0;
  for (const hay of haystacks.parse(JSON.parse(readFileSync(path, "utf8")))) {
    const { id, ranges } = await load(store, hay);
    const plain60 = new PlainBm25(store.chunks, [id], { windowWords: 60 });
    const plain180 = new PlainBm25(store.chunks, [id], { windowWords: 180 });
    for (const { question, answer, section } of hay.questions) {
      const kind = hay.name.split(" ")[0] ?? "";
      const before = performance.now();
      const found = retriever.search(question, [id], { limit: 8 });
      ms += performance.now() - before;
      questions += 1;
      note("plain BM25, 60 words", kind, rankOf(plain60.search(question, 8), answer, ranges[section]));
      note("plain BM25, 180 words", kind, rankOf(plain180.search(question, 8), answer, ranges[section]));
      note("Longleaf, 60 words", kind, rankOf(found, answer, ranges[section]));
    }
  }
  for (const [system, list] of [...ranks].sort(([a], [b]) => a.localeCompare(b))) {
    const shares = RANKS.map((k) => `@${k} ${(list.filter((rank) => rank <= k).length / list.length).toFixed(3)}`);
    console.log(`${system.padEnd(42)} ${shares.join("  ")}  (${list.length})`);
  }
  console.log(`${(ms / questions).toFixed(1)} ms a search`);
  store.close();
  rmSync(folder, { recursive: true });
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: node bench/retrieval/evidence.ts HAYSTACKS.json");
await main(path);
