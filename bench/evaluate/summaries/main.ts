/**
 * `npm run evaluate -- summaries`: Longleaf's summaries beside summaries by people.
 *   node bench/evaluate/main.ts summaries [--corpus <file> ...] [--split test|tuning] [--kind meeting|story|textbook]
 *     [--limit <documents of a kind>] [--json]
 *   node bench/evaluate/main.ts summaries --speed <words>
 * Every system chooses among the same sentences and is cut to the same number of words: as many as the people's summary
 * has, 60 to 250. Owns: options, the run, output. The systems are peers.ts and engine/summarizing, the measures rouge.ts.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { summarizeDocument } from "../../../engine/summarizing/summarize.ts";
import { budgetOf, withDocument, type StoredDocument } from "./documents.ts";
import { readHumanSummaries, type SummarizedDocument, type SummaryKind } from "./human-summaries.ts";
import { bootstrap, meanOf, type Interval } from "./intervals.ts";
import { lead, leadThree, lexRank, random, textRank } from "./peers.ts";
import { measureSpeed, type Speed } from "./speed.ts";
import { cutToWords, nameCoverage, rouge } from "./rouge.ts";

const OURS = "Longleaf";
const PEERS = ["lead-3", "lead-N", "random", "TextRank", "LexRank"];
const SYSTEMS = [...PEERS, OURS];
const MEASURES = ["rouge1", "rouge2", "rougeL", "names"] as const;
type Measure = (typeof MEASURES)[number];
const RANDOM_SEEDS = 5;

/** `names` is null when the people's summary names nothing. */
type Marks = Readonly<Record<Exclude<Measure, "names">, number>> & { readonly names: number | null };

interface Measured {
  readonly group: string;
  readonly kind: SummaryKind;
  readonly words: number;
  readonly ms: number;
  readonly marks: ReadonlyMap<string, Marks>;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      corpus: {
        type: "string",
        multiple: true,
        default: ["/work/shared/corpus/sup-long.jsonl.xz", "/work/shared/corpus-more/sup-more.jsonl.xz"],
      },
      split: { type: "string", default: "test" },
      /** Only documents of this kind. */
      kind: { type: "string" },
      limit: { type: "string", default: "1000000" },
      json: { type: "boolean", default: false },
      /** Instead of quality: time and memory for a document of so many words. */
      speed: { type: "string" },
    },
  });
  if (values.speed !== undefined) {
    const texts = readHumanSummaries(values.corpus).map(({ context }) => context);
    const speed = await measureSpeed(texts, Number(values.speed));
    console.log(values.json ? JSON.stringify(speed) : printable(speed));
    return;
  }
  if (values.split !== "test" && values.split !== "tuning")
    throw new EngineError("InvalidRequest", `--split is test or tuning, not ${values.split}`);
  const documents = readHumanSummaries(values.corpus).filter(
    ({ split, kind }) => split === values.split && (values.kind === undefined || values.kind === kind),
  );
  const measured: Measured[] = [];
  const limit = Number(values.limit);
  for (const document of documents) {
    if (measured.filter(({ kind }) => kind === document.kind).length >= limit) continue;
    measured.push(await withDocument(document, (stored) => measure(document, stored)));
  }
  if (values.json) console.log(JSON.stringify(report(measured)));
  else print(measured);
}

async function measure(document: SummarizedDocument, stored: StoredDocument): Promise<Measured> {
  const { references } = document;
  const words = budgetOf(document);
  const began = performance.now();
  const own = await ours(stored, words);
  const ms = performance.now() - began;
  const { sentences } = stored;
  const mark = (text: string): Marks => {
    const cut = cutToWords(text, words);
    return { ...rouge(cut, references), names: nameCoverage(cut, references) };
  };
  // Another order for every document: one seed would pick the same places in all.
  const seed = createHash("sha256").update(document.group).digest().readUInt32LE(0);
  const draws = Array.from({ length: RANDOM_SEEDS }, (_, i) => mark(random(sentences, words, seed + i)));
  const marks = new Map([
    ["lead-3", mark(leadThree(sentences))],
    ["lead-N", mark(lead(sentences, words))],
    ["random", average(draws)],
    ["TextRank", mark(textRank(sentences, words))],
    ["LexRank", mark(lexRank(sentences, words))],
    [OURS, mark(own)],
  ]);
  return { group: document.group, kind: document.kind, words, ms, marks };
}

/** The summary of the whole as the program makes it, only longer: quotations in the order of the text. */
async function ours({ id, library }: StoredDocument, words: number): Promise<string> {
  const node = await summarizeDocument(id, library.store, { signal: new AbortController().signal, words });
  return node.citations.map(({ text }) => text).join(" ");
}

function average(draws: readonly Marks[]): Marks {
  const names = draws.map((draw) => draw.names).filter((value) => value !== null);
  return {
    rouge1: meanOf(draws.map(({ rouge1 }) => rouge1)),
    rouge2: meanOf(draws.map(({ rouge2 }) => rouge2)),
    rougeL: meanOf(draws.map(({ rougeL }) => rougeL)),
    names: names.length === 0 ? null : meanOf(names),
  };
}

const valuesOf = (measured: readonly Measured[], system: string, measure: Measure): number[] =>
  measured.map(({ marks }) => marks.get(system)?.[measure] ?? null).filter((value) => value !== null);

/** Ours minus a peer's, of each document. */
function difference(measured: readonly Measured[], peer: string, measure: Measure): Interval {
  const differences = measured.flatMap(({ marks }) => {
    const own = marks.get(OURS)?.[measure] ?? null;
    const other = marks.get(peer)?.[measure] ?? null;
    return own === null || other === null ? [] : [own - other];
  });
  return bootstrap(differences);
}

/** Each kind, and all together: once with every document the same weight, once with every kind the same. */
function sectionsOf(measured: readonly Measured[]): [string, readonly Measured[]][] {
  const kinds: readonly SummaryKind[] = ["meeting", "story", "textbook"];
  const byKind = kinds.map((kind): [string, readonly Measured[]] => [
    kind,
    measured.filter((document) => document.kind === kind),
  ]);
  return [...byKind.filter(([, list]) => list.length > 0), ["all", measured]];
}

function report(measured: readonly Measured[]): unknown {
  const sections = sectionsOf(measured).map(([name, list]) => ({
    name,
    documents: list.length,
    systems: SYSTEMS.map((system) => ({
      system,
      ...Object.fromEntries(MEASURES.map((measure) => [measure, meanOf(valuesOf(list, system, measure))])),
    })),
    differences: PEERS.map((peer) => ({
      peer,
      ...Object.fromEntries(MEASURES.map((measure) => [measure, difference(list, peer, measure)])),
    })),
  }));
  return { sections, documents: measured.map(({ marks, ...rest }) => ({ ...rest, marks: Object.fromEntries(marks) })) };
}

const percent = (value: number): string => (value * 100).toFixed(1);

function print(measured: readonly Measured[]): void {
  console.log("Differences: Longleaf minus the system, with 95 % paired bootstrap intervals over documents.");
  for (const [name, list] of sectionsOf(measured)) {
    console.log(
      `\n## Summaries, ${name}: ${list.length} documents, ${meanOf(list.map(({ words }) => words)).toFixed(0)} words each\n`,
    );
    console.log("| | ROUGE-1 | ROUGE-2 | ROUGE-L | names | difference ROUGE-L | difference names |");
    console.log("|---|---|---|---|---|---|---|");
    for (const system of SYSTEMS) {
      const means = MEASURES.map((measure) => percent(meanOf(valuesOf(list, system, measure))));
      const gaps =
        system === OURS ? ["", ""] : [difference(list, system, "rougeL"), difference(list, system, "names")].map(gap);
      console.log(`| ${system} | ${[...means, ...gaps].join(" | ")} |`);
    }
  }
  console.log(`\nLongleaf took ${meanOf(measured.map(({ ms }) => ms)).toFixed(0)} ms a document.`);
}

function printable({ words, chapters, lines, ms, longestPauseMs, megabytes }: Speed): string {
  const count = (value: number): string => Math.round(value).toLocaleString("en");
  return (
    `${count(words)} words in ${count(chapters)} chapters: ${count(lines)} lines in ${count(ms)} ms ` +
    `(${count(words / (ms / 1000))} words a second), longest pause ${count(longestPauseMs)} ms, at most ${count(megabytes)} MB`
  );
}

const gap = ({ mean, low, high }: Interval): string => `${signed(mean)} (${signed(low)} to ${signed(high)})`;
const signed = (value: number): string => `${value < 0 ? "" : "+"}${percent(value)}`;
