/**
 * How often the evidence is among the first passages: Longleaf's search against plain BM25.
 *   node bench/retrieval/evidence.ts HAYSTACKS.json   (made by make-haystacks.py)
 * A passage is evidence when it lies in the question's own paragraph and holds the answer word for word.
 * Prints a table: @1, @3, @8, @50 for both kinds of text, and milliseconds a search.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import { openStore } from "../../engine/store/open-store.ts";
import { loadHaystack, rankOf, readHaystacks } from "./haystacks.ts";

const RANKS = [1, 3, 8, 50] as const;
const MOST = 50;

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
  for (const hay of readHaystacks(path)) {
    const { id, kind, questions: asked } = await loadHaystack(store, hay);
    const plain60 = new PlainBm25(store.chunks, [id], { windowWords: 60 });
    const plain180 = new PlainBm25(store.chunks, [id], { windowWords: 180 });
    for (const one of asked) {
      const before = performance.now();
      const found = retriever.search(one.question, [id], { limit: MOST });
      ms += performance.now() - before;
      questions += 1;
      note("plain BM25, 60 words", kind, rankOf(plain60.search(one.question, MOST), one));
      note("plain BM25, 180 words", kind, rankOf(plain180.search(one.question, MOST), one));
      note("Longleaf, 60 words", kind, rankOf(found, one));
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
