/**
 * What each step of the lexical search adds: the same questions with one step more in each row.
 *   node bench/retrieval/ablation.ts HAYSTACKS.json… [--library] [--misspelt] [--questions 60] [--only NAME] [--json]
 * HAYSTACKS come from make-haystacks.py; use --part check, for the weights were fitted on --part tune. --library searches
 * all haystacks of a file at once (500,000 words); --misspelt swaps two letters in each question.
 * Prints evidence among the first 1, 3, 8 and 50 passages of at most 60 words, the share of the first three that is
 * evidence, the change of @1 and @8 against the row before with its paired 95 % interval, and milliseconds a search.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import type { Feature } from "../../engine/retrieval/features.ts";
import { FEEDBACK } from "../../engine/retrieval/feedback.ts";
import { createRetriever, SETTINGS, type RetrieverSettings } from "../../engine/retrieval/retriever.ts";
import type { RankedPassage } from "../../engine/retrieval/types.ts";
import { NO_WEIGHTS, WEIGHTS, type ScoreWeights } from "../../engine/retrieval/weights.ts";
import { openStore } from "../../engine/store/open-store.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { bootstrap, type Interval } from "../evaluate/statistics.ts";
import { isEvidence, loadHaystack, rankOf, readHaystacks, type Asked, type LoadedHaystack } from "./haystacks.ts";

const MOST = 50;
const NO_VARIANTS = { numbers: false, families: false, derived: false, typos: false };

/** Each step keeps what the ones before it brought. */
function steps(): { name: string; settings: RetrieverSettings }[] {
  const w = WEIGHTS;
  const only = (...names: readonly Feature[]): ScoreWeights => ({
    ...NO_WEIGHTS,
    ...Object.fromEntries(names.map((name) => [name, w[name]])),
  });
  const windows = ["near", "middle", "wide"] as const;
  const rows: [string, Partial<RetrieverSettings>][] = [
    ["stems, stop words, 60 words", { weights: only("near"), variants: NO_VARIANTS, feedback: null }],
    ["+ 180 and 500 words", { weights: only(...windows) }],
    ["+ best sentence", { weights: only(...windows, "sentence") }],
    ["+ coverage", { weights: only(...windows, "sentence", "coverage", "middleCoverage") }],
    ["+ phrase, proximity", { weights: { ...w, heading: 0, exact: 0, definition: 0, kind: 0, asks: 0 } }],
    ["+ exact forms, headings", { weights: { ...w, kind: 0, asks: 0 } }],
    ["+ kind of answer, no questions", { weights: w }],
    ["+ numbers, dates", { variants: { ...NO_VARIANTS, numbers: true } }],
    ["+ word families, spellings", { variants: { ...NO_VARIANTS, numbers: true, families: true } }],
    ["+ typing errors: as shipped", SETTINGS],
    ["shipped + derived words", { variants: { ...SETTINGS.variants, derived: true } }],
    ["shipped + RM3", { ...SETTINGS, feedback: FEEDBACK }],
  ];
  let settings = SETTINGS;
  return rows.map(([name, change]) => ({ name, settings: (settings = { ...settings, ...change }) }));
}

interface Searcher {
  readonly name: string;
  search(asked: Asked): RankedPassage[];
}

function searchersOf(store: LibraryStore, scope: readonly DocumentId[]): Searcher[] {
  const plain = [60, 180].map((windowWords): Searcher => {
    const bm25 = new PlainBm25(store.chunks, scope, { windowWords });
    return { name: `BM25, windows of ${windowWords} words`, search: ({ question }) => bm25.search(question, MOST) };
  });
  const own = steps().map(({ name, settings }): Searcher => {
    const retriever = createRetriever(store.chunks, settings);
    return { name, search: ({ question }) => retriever.search(question, scope, { limit: MOST }) };
  });
  return [...plain, ...own];
}

interface Row {
  readonly name: string;
  readonly ranks: number[];
  /** Of the first three passages, the share that is evidence. */
  readonly precision: number[];
  ms: number;
}

const within = (k: number) => (ranks: readonly number[]) => ranks.filter((rank) => rank <= k).length / ranks.length;
const shown = ({ value, low, high }: Interval): string => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function difference(row: Row, before: Row, k: number): Interval {
  const pairs = row.ranks.map((rank, at) => Number(rank <= k) - Number((before.ranks[at] ?? Infinity) <= k));
  return bootstrap(pairs, (drawn) => drawn.reduce((sum, value) => sum + value, 0) / drawn.length);
}

function print(rows: readonly Row[]): void {
  console.log(
    "| step | @1 | @3 | @8 | @50 | first three | @1, change | @8, change | ms |\n|---|---|---|---|---|---|---|---|---|",
  );
  const shipped = rows.find(({ name }) => name.endsWith("as shipped"));
  for (const [at, row] of rows.entries()) {
    // What is only tried is compared with what is shipped.
    const before = row.name.startsWith("shipped +") ? shipped : rows[at - 1];
    const change = (k: number): string => (before === undefined ? "" : shown(difference(row, before, k)));
    const figures = [1, 3, 8, 50].map((k) =>
      k === 50 ? within(k)(row.ranks).toFixed(3) : shown(bootstrap(row.ranks, within(k))),
    );
    const ms = (row.ms / row.ranks.length).toFixed(1);
    const precision = row.precision.reduce((sum, share) => sum + share, 0) / row.precision.length;
    console.log(
      `| ${row.name} | ${figures.join(" | ")} | ${precision.toFixed(3)} | ${change(1)} | ${change(8)} | ${ms} |`,
    );
  }
  const [plain] = rows;
  if (shipped === undefined || plain === undefined) return;
  for (const k of [1, 3, 8, 50])
    console.log(`shipped minus ${plain.name} @${k}: ${shown(difference(shipped, plain, k))}`);
}

interface Options {
  readonly library: boolean;
  readonly misspelt: boolean;
  readonly questions: number;
  readonly only: string;
}

/** Two neighbouring letters of the longest word change places. */
function misspell(question: string): string {
  const longest = (question.match(/[a-z]{5,}/gu) ?? []).sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return question;
  const middle = Math.floor(longest.length / 2);
  const wrong = `${longest.slice(0, middle - 1)}${longest[middle] ?? ""}${longest[middle - 1] ?? ""}${longest.slice(middle + 1)}`;
  return question.replace(longest, wrong);
}

function askAll(searcher: Searcher, scope: readonly LoadedHaystack[], row: Row, options: Options): void {
  for (const { id, questions } of scope) {
    for (const one of questions.slice(0, options.questions)) {
      const asked = options.misspelt ? { ...one, question: misspell(one.question) } : one;
      const before = performance.now();
      const found = searcher.search(asked);
      row.ms += performance.now() - before;
      // Offsets of another document say nothing.
      const own = found.map((passage) => (passage.documentId === id ? passage : { ...passage, start: -1, end: -1 }));
      row.ranks.push(rankOf(own, asked));
      row.precision.push(own.slice(0, 3).filter((passage) => isEvidence(passage, asked)).length / 3);
    }
  }
}

async function measure(path: string, rows: Map<string, Row>, options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-ablation-"));
  const store = openStore(folder);
  const loaded: LoadedHaystack[] = [];
  for (const hay of readHaystacks(path)) loaded.push(await loadHaystack(store, hay));
  for (const scope of options.library ? [loaded] : loaded.map((one) => [one])) {
    const ids = scope.map(({ id }) => id);
    for (const searcher of searchersOf(store, ids).filter(({ name }) => name.includes(options.only))) {
      const row = rows.get(searcher.name) ?? { name: searcher.name, ranks: [], precision: [], ms: 0 };
      rows.set(searcher.name, row);
      askAll(searcher, scope, row, options);
    }
  }
  store.close();
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      library: { type: "boolean", default: false },
      misspelt: { type: "boolean", default: false },
      questions: { type: "string", default: "1000" },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length === 0) throw new Error("usage: node bench/retrieval/ablation.ts HAYSTACKS.json…");
  const rows = new Map<string, Row>();
  for (const path of positionals) await measure(path, rows, { ...values, questions: Number(values.questions) });
  if (values.json) console.log(JSON.stringify([...rows.values()]));
  else print([...rows.values()]);
}

await main();
