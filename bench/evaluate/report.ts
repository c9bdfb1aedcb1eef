/**
 * What a run of systems over documents comes to: rows of figures, recall of retrievers, speed of import; printed as
 * tables that a README can quote, or as JSON.
 * Owns: their layout. Does not know: where answers and documents came from.
 */
import { FIGURES, rowOf } from "./figures.ts";
import type { Row } from "./figures.ts";
import type { Given, GivenBySystem, RanksByRetriever } from "./run-systems.ts";
import { bootstrap, mean, share } from "./statistics.ts";
import type { Interval } from "./statistics.ts";
import type { QuestionMarks } from "./marks.ts";
import { OWN, PEER } from "./systems.ts";

export interface ImportedDocument {
  readonly name: string;
  readonly words: number;
  /** Parsing and indexing. */
  readonly importMs: number;
  readonly questions: number;
}

export interface RetrieverRow {
  readonly retriever: string;
  readonly questions: number;
  readonly at: Readonly<Record<"1" | "8" | "50", Interval>>;
  readonly meanMs: number;
}

export interface Report {
  readonly documents: readonly ImportedDocument[];
  readonly msPer1000Tokens: number;
  readonly overall: readonly Row[];
  /** What is taken away from Longleaf or put into it, each with its difference to Longleaf. */
  readonly ablations: readonly Row[];
  readonly byDocument: readonly Row[];
  readonly retrievers: readonly RetrieverRow[];
}

const TOKENS_PER_WORD = 1.33;

export function reportOf(
  documents: readonly ImportedDocument[],
  given: GivenBySystem,
  ranks: RanksByRetriever,
): Report {
  const rows = (group: string, isIn: (item: Given) => boolean): Row[] => {
    const peer = (given.get(PEER) ?? []).filter(isIn).map(({ marks }) => marks);
    return [...given].flatMap(([system, list]) => {
      const marks = list.filter(isIn).map((item) => item.marks);
      return marks.length === 0 ? [] : [rowOf(system, group, marks, system === PEER ? null : peer)];
    });
  };
  const marksOf = (list: readonly Given[]): QuestionMarks[] => list.map(({ marks }) => marks);
  const own = given.get(OWN);
  const words = documents.reduce((sum, document) => sum + document.words, 0);
  const importMs = documents.reduce((sum, document) => sum + document.importMs, 0);
  return {
    documents,
    msPer1000Tokens: (importMs / (words * TOKENS_PER_WORD)) * 1000,
    overall: rows("all", () => true),
    ablations:
      own === undefined
        ? []
        : [...given]
            .filter(([system]) => system.startsWith(`${OWN}, `))
            .map(([system, list]) => rowOf(system, "all", marksOf(list), marksOf(own))),
    byDocument: documents.flatMap(({ name }) => rows(name, ({ marks }) => marks.document === name)),
    retrievers: [...ranks].map(([retriever, list]) => {
      const recall = (k: number): Interval => bootstrap(list, (drawn) => share(drawn, ({ rank }) => rank <= k));
      const at = { "1": recall(1), "8": recall(8), "50": recall(50) };
      return { retriever, questions: list.length, at, meanMs: mean(list.map(({ ms }) => ms)) };
    }),
  };
}

const number = (value: number, unit: "share" | "count"): string =>
  unit === "count" ? value.toFixed(0) : value.toFixed(3).replace(/^(-?)0\./u, "$1.");

function cell(interval: Interval | undefined, unit: "share" | "count"): string {
  if (interval === undefined || Number.isNaN(interval.value)) return "–";
  return `${number(interval.value, unit)} [${number(interval.low, unit)}, ${number(interval.high, unit)}]`;
}

function signed(interval: Interval | undefined, unit: "share" | "count"): string {
  const text = cell(interval, unit);
  return interval !== undefined && interval.value >= 0 ? `+${text}` : text;
}

const FIND_KEYS = [
  "evidence1",
  "evidence3",
  "evidence8",
  "touched8",
  "precision3",
  "precisionApart",
  "precisionQuoted",
  "quoted",
  "answerFound",
];
const JUDGE_KEYS = [
  "spanF1",
  "spanExact",
  "rightPlace",
  "refusalPrecision",
  "refusalRecall",
  "refusalF1",
  "auroc",
  "aurocWithin",
];
const WHOLE_KEYS = ["facts", "wholeRefused", "wholeCitations", "wholeCitedWords"];
const DOCUMENT_KEYS = ["evidence1", "evidence8", "precision3", "answerFound", "refusalF1", "auroc", "facts"];
const DIFFERENCE_KEYS = [
  "evidence1",
  "evidence3",
  "evidence8",
  "precision3",
  "precisionApart",
  "answerFound",
  "refusalF1",
  "auroc",
  "aurocWithin",
  "facts",
];

const figures = (keys: readonly string[]) => FIGURES.filter(({ key }) => keys.includes(key));

function printTable(title: string, head: readonly string[], lines: readonly (readonly string[])[]): void {
  if (lines.length === 0) return;
  console.log(`\n## ${title}\n\n| ${head.join(" | ")} |\n|${head.map(() => "---|").join("")}`);
  for (const line of lines) console.log(`| ${line.join(" | ")} |`);
}

export function printReport(title: string, report: Report): void {
  printRows(`${title}: evidence (questions with one or two places)`, report.overall, FIND_KEYS);
  printRows(`${title}: short answers, pages, refusals`, report.overall, JUDGE_KEYS);
  printRows(`${title}: questions about the whole document`, report.overall, WHOLE_KEYS);
  printDifferences(`${title}: difference to ${PEER}`, report.overall);
  printDifferences(`${title}: difference to ${OWN}`, report.ablations);
  printTable(
    `${title}: all needed places among a retriever's first passages`,
    ["", "questions", "@1", "@8", "recall @50", "ms"],
    report.retrievers.map(({ retriever, questions, at, meanMs }) => [
      retriever,
      String(questions),
      cell(at["1"], "share"),
      cell(at["8"], "share"),
      cell(at["50"], "share"),
      meanMs.toFixed(1),
    ]),
  );
  printByDocument(title, report);
  console.log(`\nImport (parsing and indexing): ${report.msPer1000Tokens.toFixed(1)} ms per 1,000 tokens.`);
}

function printRows(title: string, rows: readonly Row[], keys: readonly string[]): void {
  const about = rows.filter((row) => keys.some((key) => row.figures[key] !== undefined));
  const shown = figures(keys).filter(({ key }) => about.some((row) => !Number.isNaN(row.figures[key]?.value ?? NaN)));
  if (shown.length === 0) return;
  printTable(
    title,
    ["", ...shown.map(({ label }) => label), "ms", "p95"],
    about.map((row) => [
      row.system,
      ...shown.map(({ key, unit }) => cell(row.figures[key], unit)),
      row.meanMs.toFixed(1),
      row.p95Ms.toFixed(1),
    ]),
  );
}

function printDifferences(title: string, rows: readonly Row[]): void {
  const compared = rows.filter((row) => row.differences !== null);
  const shown = figures(DIFFERENCE_KEYS).filter(({ key }) =>
    compared.some((row) => row.differences?.[key] !== undefined),
  );
  printTable(
    title,
    ["", ...shown.map(({ label }) => label)],
    compared.map((row) => [row.system, ...shown.map(({ key, unit }) => signed(row.differences?.[key], unit))]),
  );
}

function printByDocument(title: string, { documents, byDocument }: Report): void {
  if (documents.length < 2) return;
  const shown = figures(DOCUMENT_KEYS).filter(({ key }) => byDocument.some((row) => row.figures[key] !== undefined));
  printTable(
    `${title}: by document`,
    ["document", "", "questions", ...shown.map(({ label }) => label)],
    byDocument.map((row) => [
      row.group,
      row.system,
      String(row.questions),
      ...shown.map(({ key, unit }) => cell(row.figures[key], unit)),
    ]),
  );
}

/** Questions whose evidence was not found, that were judged wrongly, or whose facts are missing. */
export function printMisses(given: GivenBySystem, isVerbose: boolean): void {
  for (const [system, list] of given) {
    const isPlace = ({ marks }: Given): boolean => marks.kind === "place" || marks.kind === "two";
    printNames(
      system,
      "evidence not among the first 8",
      list.filter((g) => isPlace(g) && g.marks.evidenceRank > 8),
      isVerbose,
    );
    printNames(
      system,
      "refused but answered by the text",
      list.filter((g) => g.marks.kind !== "none" && g.marks.refused),
      isVerbose,
    );
    printNames(
      system,
      "answered but not in the text",
      list.filter((g) => g.marks.kind === "none" && !g.marks.refused),
      isVerbose,
    );
    printNames(
      system,
      "not all facts",
      list.filter((g) => g.marks.kind === "whole" && g.marks.facts < 1),
      isVerbose,
    );
  }
}

function printNames(system: string, what: string, list: readonly Given[], isVerbose: boolean): void {
  if (list.length === 0) return;
  console.log(`\n${system}: ${what} (${list.length})`);
  if (!isVerbose) {
    console.log(`  ${list.map(({ asked }) => asked.id).join(" ")}`);
    return;
  }
  for (const { asked, answer, marks } of list) {
    const facts = asked.kind === "whole" ? `, facts ${marks.facts.toFixed(2)}` : "";
    console.log(
      `\n  ${asked.id} (${asked.kind}${facts}): ${asked.question}\n    expected: ${asked.answers[0] ?? "no answer"}`,
    );
    for (const { text, page } of answer.citations.slice(0, 3))
      console.log(`    ${page === null ? "-" : `p. ${page}`}: ${text.replace(/\s+/gu, " ")}`);
  }
}
