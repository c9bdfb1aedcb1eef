/**
 * How fast the reader reads: node bench/reading/main.ts [--passages 50] [--rounds 12]
 * Passages are windows of the sample book as answering shows them to the reader, all rounds with other questions.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { searchFor } from "../../engine/answering/find.ts";
import { readerFolder } from "../../engine/host/layout.ts";
import { loadReader } from "../../engine/reading/client.ts";
import { openDirectLibrary } from "../evaluate/direct.ts";
import { percentile, printTable } from "../support/library.ts";

const BOOK = join(import.meta.dirname, "../../assets/sample-book/the-lost-world.pdf");
const QUESTIONS = [
  "Who leads the expedition to the plateau?",
  "How does Malone get to see the lake from above?",
  "What became of the boat that brought them up the river?",
  "Why does Lord John carry a rifle in the drawing room?",
];

const { values } = parseArgs({
  options: { passages: { type: "string", default: "50" }, rounds: { type: "string", default: "12" } },
});

async function main(): Promise<void> {
  const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-bench-reading-"));
  const began = performance.now();
  await using reader = await loadReader({ folder: readerFolder, cacheFolder });
  const loadMs = performance.now() - began;
  using library = openDirectLibrary();
  const id = await library.addPath(BOOK);
  const never = new AbortController().signal;
  const readMs: number[] = [];
  const searchMs: number[] = [];
  let words = 0;
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const question = QUESTIONS[round % QUESTIONS.length] ?? "";
    const request = { question, scope: [id], composer: "extractive", memory: "off", seed: 0 } as const;
    const task = { request, sources: library.sources, signals: { cancel: never, stop: never } };
    const searchBegan = performance.now();
    const { looks } = searchFor(question, task, null);
    searchMs.push(performance.now() - searchBegan);
    const passages = looks.slice(0, Number(values.passages)).map(({ context }) => context.text);
    const readBegan = performance.now();
    await reader.read(question, passages, never);
    readMs.push(performance.now() - readBegan);
    words += passages.join(" ").split(/\s+/u).length / passages.length / Number(values.rounds);
  }
  rmSync(cacheFolder, { recursive: true, force: true });
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  printTable(`Reading ${values.passages} passages of ${words.toFixed(0)} words`, [
    ["median", ms(percentile(readMs, 0.5)), ""],
    ["slowest", ms(Math.max(...readMs)), "under 800 ms"],
    ["search and looking, median", ms(percentile(searchMs, 0.5)), ""],
    ["first load, with compiling", ms(loadMs), ""],
  ]);
}

await main();
