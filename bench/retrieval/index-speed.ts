/**
 * How fast text becomes searchable, how long the event loop is held meanwhile, and how long a search takes.
 *   node bench/retrieval/index-speed.ts book FILE.txt          plain text, "#" headings, blank lines between paragraphs
 *   node bench/retrieval/index-speed.ts repository FILES.json  [{path, language, text}, …]
 * Prints one line per measure. Longest hold: the longest time between two turns of a timer that wants to run each ms.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { z } from "zod";
import { breathe } from "../../engine/base/abort.ts";
import type { ParserRow } from "../../engine/documents/rows.ts";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import { openStore } from "../../engine/store/open-store.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { bookRows, repositoryRows } from "./rows-of-text.ts";

const files = z.array(z.object({ path: z.string(), language: z.string(), text: z.string() }));
const ROWS_PER_BREATH = 40;

const QUERIES = {
  book: [
    "Who killed the king?",
    "What did the captain say about the storm",
    "love and marriage",
    "the old house near the river",
    "Where did they find the letter?",
    "nature and the soul",
  ],
  repository: [
    "where is the config loaded",
    "parse http headers",
    "error handling in the request loop",
    "def test",
    "class Node",
    "open file and read lines",
  ],
};

/** CPU milliseconds of each turn of the event loop: what the engine itself holds, on a busy machine too. */
function watchTurns(): () => number[] {
  const turns: number[] = [];
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let isWatching = true;
  let last = cpuMs();
  const turn = (): void => {
    const now = cpuMs();
    turns.push(now - last);
    last = now;
    if (isWatching) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isWatching = false;
    return turns.sort((a, b) => a - b);
  };
}

async function importTimed(store: LibraryStore, rows: readonly ParserRow[]): Promise<DocumentId> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const turnsSoFar = watchTurns();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const session = store.importDocument({ grant: "bench", keepDuplicate: true });
  for (const [at, row] of rows.entries()) {
    session.add(row);
    if (at % ROWS_PER_BREATH === 0) await breathe();
  }
  const stored = performance.now();
  const counts = await session.finish();
  const done = performance.now();
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ ...counts, warnings: counts.warnings.length }));
  console.log(
    `text stored ${(stored - started).toFixed(0)} ms, indexed ${(done - stored).toFixed(0)} ms; ${((user + system) / 1_000).toFixed(0)} ms of CPU`,
  );
  const turns = turnsSoFar();
  const turn = (share: number): string => (turns[Math.floor((turns.length - 1) * share)] ?? 0).toFixed(1);
  console.log(`CPU per turn of the event loop: p50 ${turn(0.5)} ms, p99 ${turn(0.99)}, longest ${turn(1)}`);
  const [p99, longest] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  console.log(
    `event loop held, other programs' work included: p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  );
  return counts.documentId;
}

function searchTimed(store: LibraryStore, id: DocumentId, queries: readonly string[], limit: number): void {
  const retriever = createRetriever(store.chunks);
  const times: number[] = [];
  const cold = performance.now();
  retriever.search(queries[0] ?? "", [id], { limit });
  const first = performance.now() - cold;
  const cpu = process.cpuUsage();
  for (let round = 0; round < 20; round += 1) {
    for (const query of queries) {
      const before = performance.now();
      retriever.search(query, [id], { limit });
      times.push(performance.now() - before);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  const perSearch = (user + system) / 1_000 / times.length;
  console.log(
    `search for ${limit} passages: first ${first.toFixed(1)} ms, p50 ${at(0.5)}, p95 ${at(0.95)}; ${perSearch.toFixed(1)} ms of CPU each`,
  );
}

async function main(kind: string | undefined, path: string | undefined): Promise<void> {
  if ((kind !== "book" && kind !== "repository") || path === undefined)
    throw new Error("usage: node bench/retrieval/index-speed.ts book|repository FILE");
  const source = readFileSync(path, "utf8");
  const rows =
    kind === "book"
      ? [...bookRows("book", source)]
      : [...repositoryRows("repository", files.parse(JSON.parse(source)))];
  const folder = mkdtempSync(join(tmpdir(), "longleaf-speed-"));
  const store = openStore(folder);
  const id = await importTimed(store, rows);
  for (const limit of [8, 50]) searchTimed(store, id, QUERIES[kind], limit);
  console.log(`resident memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
  store.close();
  rmSync(folder, { recursive: true });
}

await main(process.argv[2], process.argv[3]);
