/**
 * Reading a long book: seconds to searchable, search while reading, holds of the engine, memory, reading speed, reopening,
 * cancel, and what a changed page reads again. Run: node bench/read/main.ts [pages]   (default 700)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { programRoot } from "../../engine/host/layout.ts";
import type { DocumentId, ImportResult } from "../../engine/protocol/index.ts";
import {
  importPath,
  openBenchLibrary,
  peakMemoryMb,
  pidsOf,
  percentile,
  printTable,
  type BenchLibrary,
} from "../support/library.ts";
import { writeLongPdf } from "../support/long-pdf.ts";

const pages = Number(process.argv[2] ?? 700);
const queries = [
  "Professor Challenger",
  "the great lake",
  "a rope over the cliff",
  "pterodactyl",
  "who was the guide",
  "camp fire at night",
];

const folder = mkdtempSync(join(tmpdir(), "longleaf-bench-files-"));
const library = mkdtempSync(join(tmpdir(), "longleaf-bench-"));
try {
  const text = await sampleText();
  const file = join(folder, "long.pdf");
  const words = await writeLongPdf(file, { pages, text });
  console.log(`${pages} pages, ${words} words`);
  const documentId = await measureReading(file);
  await measureReopening(documentId);
  await measureChange(file, text);
  await measureCancel(file);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(library, { recursive: true, force: true });
}

async function sampleText(): Promise<string> {
  await using bench = await openBenchLibrary();
  const { documentId } = await importPath(bench, join(programRoot, "assets/sample-book/the-lost-world.pdf"), {
    read: false,
  });
  return (await bench.client.call("document.text", { documentId })).text;
}

async function measureReading(file: string): Promise<DocumentId> {
  await using bench = await openBenchLibrary(library, { keep: true });
  const probe = probeWhile(bench);
  let parserPeak = 0;
  const result = await importPath(bench, file, {
    onJob: () => (parserPeak = Math.max(parserPeak, ...pidsOf("engine/documents/parser-main.ts").map(peakMemoryMb))),
  });
  const { holds, searches } = await probe.end();
  const engine = "enginePid" in bench.host ? (bench.host.enginePid as number | undefined) : undefined;
  printTable(`${pages} pages`, [
    ["text, outline and search ready", `${(result.searchableMs / 1_000).toFixed(2)} s`, "under 6 s"],
    ["read into memory after", `${((result.totalMs - result.searchableMs) / 1_000).toFixed(1)} s`, ""],
    [
      "reading speed",
      `${Math.round(result.tokensPerSecond).toLocaleString("en")} tokens/s`,
      "8,000 tokens/s for 30M parameters, in proportion",
    ],
    [
      "search while reading, p50 / p95",
      `${percentile(searches, 0.5).toFixed(0)} / ${percentile(searches, 0.95).toFixed(0)} ms`,
      "p95 under 50 ms",
    ],
    [
      "engine's answer to a call while reading, p95 / longest",
      `${percentile(holds, 0.95).toFixed(0)} / ${Math.max(...holds).toFixed(0)} ms`,
      "never over 50 ms",
    ],
    ["peak memory of the engine / of the parser", `${peakMemoryMb(engine)} / ${parserPeak} MB`, "under 1,500 MB"],
    [
      "memory on disk",
      `${(result.memoryBytes / 1e6).toFixed(1)} MB, ${Math.round((result.memoryBytes * 1_000) / Math.max(1, result.tokens)).toLocaleString("en")} bytes per 1,000 tokens`,
      "",
    ],
  ]);
  return result.documentId;
}

/** Asks the engine something small every 20 ms, and something to search every 100 ms, and keeps how long each took. */
function probeWhile(bench: BenchLibrary): { end(): Promise<{ holds: number[]; searches: number[] }> } {
  const holds: number[] = [];
  const searches: number[] = [];
  let isOver = false;
  const ping = (async () => {
    while (!isOver) {
      const started = performance.now();
      await bench.client.call("settings.get", {});
      holds.push(performance.now() - started);
      await wait(20);
    }
  })();
  const search = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const started = performance.now();
      const documents = await bench.client.call("document.list", {});
      if (documents.length > 0) {
        await bench.client.call("search.query", { query: queries[turn % queries.length] });
        searches.push(performance.now() - started);
      }
      await wait(100);
    }
  })();
  return {
    async end() {
      isOver = true;
      await Promise.all([ping, search]);
      return { holds, searches };
    },
  };
}

async function measureReopening(documentId: DocumentId): Promise<void> {
  const started = performance.now();
  await using bench = await openBenchLibrary(library, { keep: true });
  const opened = performance.now();
  let first = 0;
  for await (const event of bench.client.stream("answer.ask", {
    scope: [documentId],
    question: "Who is Professor Challenger?",
  })) {
    if (first === 0 && (event.type === "sentence" || event.type === "delta")) first = performance.now();
    if (event.type === "done") break;
  }
  const stopMs = await stopGeneration(bench, documentId);
  const again = await importPath(bench, join(folder, "long.pdf"));
  printTable("reopening", [
    ["opening the library", `${(opened - started).toFixed(0)} ms`, ""],
    ["first words of an answer, from a closed library", `${(first - started).toFixed(0)} ms`, "under 2,000 ms"],
    ["stopping generation after its first word", `${stopMs.toFixed(0)} ms`, "under 200 ms"],
    ["the same file again: segments reused", `${again.reused} of ${again.segments}`, "all"],
  ]);
}

/** From `stop` to the answer's last event, in ms. */
async function stopGeneration({ client }: BenchLibrary, documentId: DocumentId): Promise<number> {
  const question = "Who is Professor Challenger?";
  const events = client.stream("answer.ask", { scope: [documentId], question, composer: "generative" });
  let stopped = 0;
  for await (const event of events) {
    if (event.type !== "delta" || stopped > 0) continue;
    stopped = performance.now();
    events.stop();
  }
  if (stopped === 0) throw new Error("nothing was written");
  return performance.now() - stopped;
}

async function measureChange(file: string, text: string): Promise<void> {
  await writeLongPdf(file, { pages, text, changed: [Math.ceil(pages / 2)] });
  await using bench = await openBenchLibrary(library, { keep: true });
  const result: ImportResult = await importPath(bench, file);
  printTable("one page of the PDF changed", [
    ["segments reused", `${result.reused} of ${result.segments}`, "all but those whose text changed"],
    ["chunks reused", `${result.reusedChunks} of ${result.chunks}`, ""],
    ["time", `${(result.totalMs / 1_000).toFixed(1)} s`, ""],
  ]);
}

async function measureCancel(file: string): Promise<void> {
  await using bench = await openBenchLibrary();
  const { grant } = await bench.host.grant(file);
  const job = await bench.client.call("document.import", { grant });
  for await (const state of bench.client.stream("job.watch", { jobId: job.id }))
    if (state.progress.phase === "reading" && state.progress.done > 0) break;
  const started = performance.now();
  await bench.client.call("job.cancel", { jobId: job.id });
  printTable("cancel", [
    ["a job in the middle of reading", `${(performance.now() - started).toFixed(0)} ms`, "under 1,000 ms"],
  ]);
}
