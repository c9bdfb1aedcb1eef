/**
 * `node bench/evaluate/main.ts code`: does search find the file in a repository? Longleaf beside plain BM25.
 *   [--corpus /work/shared/corpus] [--sources a,b,…] [--questions 30] [--misses] [--json]
 * Without --sources: five sources that nothing was tuned on. Prints file@1 and file@5 (files in the order in which
 * their first passage is ranked), with 95 % intervals, per task and for all, and paired differences to BM25.
 */
import { parseArgs } from "node:util";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../../engine/retrieval/baseline.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import type { LibraryStore } from "../../../engine/store/types.ts";
import { repositoryRows } from "../../retrieval/rows-of-text.ts";
import { bootstrap, type Interval } from "../statistics.ts";
import { ChunkBm25 } from "./chunk-bm25.ts";
import { readRepositories, type CodeQuestion, type CodeRepository } from "./repositories.ts";

/** Nothing in engine/ was tuned on these. */
export const HELD_OUT = ["redis-7.0.15", "netty-4.1.48", "django-3.2.25", "libuv-1.44.2", "svelte-5.57.3"];
/** The weights of code were chosen on these. */
export const TUNED = [
  "guava-31.1",
  "jackson-databind-2.14.0",
  "sqlite-3.40.1",
  "rxjs-7.8.2",
  "nodejs-18.20.4",
  "three-0.187.0",
];
const PASSAGES = 50;
const FILES = 5;

interface Asked {
  readonly repository: string;
  readonly question: CodeQuestion;
  /** By system: rank of the first right file, from 1. */
  readonly ranks: Record<string, number>;
}

/** Documents have no path in a passage of the baseline: the store knows where a passage stands. */
function filesOf(store: LibraryStore, id: DocumentId, found: readonly { start: number; end: number }[]): string[] {
  const files = found.map(({ start, end }) => store.texts.place(id, start, end).file ?? "");
  return [...new Set(files)];
}

async function searchRepository(repository: CodeRepository): Promise<Asked[]> {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-code-"));
  const store = openStore(folder);
  const session = store.importDocument({ grant: repository.name, keepDuplicate: true });
  for (const row of repositoryRows(repository.name, repository.files)) session.add(row);
  const { documentId: id } = await session.finish();
  const retriever = createRetriever(store.chunks);
  const windows = new PlainBm25(store.chunks, [id], { windowWords: 60 });
  const chunks = new ChunkBm25(store.chunks, id);
  const systems: Record<string, (question: string) => { start: number; end: number }[]> = {
    "BM25, windows of 60 words": (question) => windows.search(question, PASSAGES * 4),
    "BM25, whole chunks": (question) => chunks.search(question, PASSAGES * 4),
    Longleaf: (question) => retriever.search(question, [id], { limit: PASSAGES, perFile: 1 }),
  };
  const asked = repository.questions.map((question): Asked => {
    const ranks: Record<string, number> = {};
    for (const [name, search] of Object.entries(systems)) {
      const began = performance.now();
      const files = filesOf(store, id, search(question.question));
      milliseconds.set(name, (milliseconds.get(name) ?? 0) + performance.now() - began);
      const at = files.findIndex((file) => question.files.includes(file));
      ranks[name] = at < 0 ? Number.POSITIVE_INFINITY : at + 1;
    }
    return { repository: repository.name, question, ranks };
  });
  store.close();
  rmSync(folder, { recursive: true });
  return asked;
}

const milliseconds = new Map<string, number>();

const within =
  (system: string, k: number) =>
  (asked: readonly Asked[]): number =>
    asked.filter(({ ranks }) => (ranks[system] ?? Infinity) <= k).length / asked.length;

const shown = ({ value, low, high }: Interval): string => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function table(title: string, asked: readonly Asked[]): void {
  const systems = Object.keys(asked[0]?.ranks ?? {});
  console.log(
    `\n${title}: ${asked.length} questions\n\n| | file @1 | file @5 | @5: Longleaf minus this |\n|---|---|---|---|`,
  );
  for (const system of systems) {
    const [one, five] = [1, FILES].map((k) => shown(bootstrap(asked, within(system, k))));
    const ours = (drawn: readonly Asked[]): number => within("Longleaf", FILES)(drawn) - within(system, FILES)(drawn);
    console.log(`| ${system} | ${one} | ${five} | ${system === "Longleaf" ? "" : shown(bootstrap(asked, ours))} |`);
  }
}

function print(asked: readonly Asked[], misses: boolean): void {
  for (const [task, group] of Map.groupBy(asked, ({ question }) => question.task)) table(task, group);
  for (const [name, group] of Map.groupBy(asked, ({ repository }) => repository)) table(name, group);
  table("all", asked);
  for (const [name, ms] of milliseconds) console.log(`${name}: ${(ms / asked.length).toFixed(1)} ms a question`);
  if (!misses) return;
  for (const { repository, question, ranks } of asked)
    if ((ranks["Longleaf"] ?? 0) > FILES)
      console.log(
        `${ranks["Longleaf"]} ${repository} ${question.task}: ${question.question} > ${question.files.join(" ")}`,
      );
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      corpus: { type: "string", default: "/work/shared/corpus" },
      sources: { type: "string", default: HELD_OUT.join(",") },
      questions: { type: "string", default: "30" },
      misses: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const sources = values.sources === "tuned" ? TUNED : values.sources.split(",");
  const asked: Asked[] = [];
  for (const repository of readRepositories(values.corpus, sources, Number(values.questions)))
    asked.push(...(await searchRepository(repository)));
  if (values.json) console.log(JSON.stringify(asked));
  else print(asked, values.misses);
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
