/**
 * Fits how search and reader are joined, and when an answer is refused:
 *   node bench/evaluate/fusion/main.ts [--haystacks 2] [--no-development] [--write]
 * Two regressions over candidates and two over questions: with the reader, and without it. Prints what each is worth on
 * documents that the other half was fitted on; --write puts the fit of all into engine/answering/ranking/fusion-weights.ts.
 * Owns: options, splits, thresholds, the written file.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { supportFeatures } from "../../../engine/answering/decide.ts";
import type { Quotation } from "../../../engine/answering/evidence.ts";
import { rivalFeatures } from "../../../engine/answering/ranking/candidates.ts";
import {
  logOddsOf,
  probabilityOf,
  type Features,
  type Regression,
} from "../../../engine/answering/ranking/regression.ts";
import { readerFolder } from "../../../engine/host/layout.ts";
import { loadReader } from "../../../engine/reading/client.ts";
import { auroc, bootstrap, mean } from "../statistics.ts";
import { placesWorthCiting } from "../../../engine/answering/find.ts";
import { collect, type Collected, type Quoted } from "./collect.ts";
import { fitRanking, type RankedExample } from "./rank.ts";
import { fitRegression, type Example } from "./regress.ts";

const READ_FEATURES = new Set(["relevance", "behind", "relevanceRank", "answerScore", "certainty", "agreement"]);
/** Weight of a development question beside one of a haystack: they are whole documents, as the product meets them. */
const DEVELOPMENT_WEIGHT = 3;
/** Share of questions without an answer that thresholds and probabilities are made for. */
const WITHOUT_ANSWER = 0.2;
/** Share of answerable questions that may be refused. */
const MOST_WRONGLY_REFUSED = 0.08;
/** "Stated" is said when at most this share of such answers is wrong about there being one. */
const STATED_PRECISION = 0.95;

const LEXICON_FEATURES = new Set(["meansAround", "meansWindow", "kindInCore", "kindInWindow", "kindAsked"]);
const ORDER_FEATURES = new Set(["rank", "share"]);

/** What is looked at: search's own order; its parts and the sentences; related words; the reader. Each with the ones before. */
type Way = "ordered" | "sentences" | "searched" | "read";
const WAYS: Readonly<Record<Way, string>> = {
  ordered: "Search's own order",
  sentences: "+ its parts, and the sentences",
  searched: "+ related words (what is used without the reader)",
  read: "+ the reader",
};

const { values } = parseArgs({
  options: {
    haystacks: { type: "string", default: "2" },
    "no-development": { type: "boolean", default: false },
    /** Only what search and sentences say; for trying things out. */
    "no-reader": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-fusion-"));
  try {
    await using reader = await loadReader({ folder: readerFolder, cacheFolder });
    const options = { haystacks: Number(values.haystacks), development: !values["no-development"] };
    const all = await collect(values["no-reader"] ? null : reader, options, (line) => console.error(line));
    const documents = [...new Set(all.map(({ document }) => document))];
    const [even, odd] = [0, 1].map((half) => all.filter((one) => documents.indexOf(one.document) % 2 === half));
    const checked = new Map<Way, Checked[]>();
    for (const way of Object.keys(WAYS) as Way[]) {
      console.log(`\n## ${WAYS[way]}\n`);
      console.log("| fitted on the other half, checked on | questions | @1 | @3 | @8 | first three | AUROC |");
      console.log("|---|---|---|---|---|---|---|");
      checked.set(way, [...checkHalf(even ?? [], odd ?? [], way), ...checkHalf(odd ?? [], even ?? [], way)]);
    }
    printSteps(checked);
    printCitationCounts(checked.get("read") ?? []);
    if (values.write) write(all);
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true });
  }
}

interface Checked {
  readonly answered: boolean;
  readonly holds: readonly boolean[];
  readonly probabilities: readonly number[];
  readonly support: number;
}

function checkHalf(fitted: readonly Collected[], checked: readonly Collected[], way: Way): Checked[] {
  const fit = fitAll(fitted, way);
  const found: Checked[] = [];
  for (const document of new Set(checked.map((one) => one.document))) {
    const own = checked.filter((one) => one.document === document).map((one) => checkedOf(one, fit, way));
    console.log(`| ${document} | ${figuresOf(own).join(" | ")} |`);
    found.push(...own);
  }
  return found;
}

function checkedOf(one: Collected, fit: Fit, way: Way): Checked {
  const ordered = order(one, fit, way);
  const { holds, probabilities } = ordered;
  return { answered: isAnswered(one), holds, probabilities, support: logOddsOf(fit.support, ordered.support) };
}

const within =
  (k: number) =>
  (checked: readonly Checked[]): number =>
    mean(checked.filter(({ answered }) => answered).map(({ holds }) => (holds.slice(0, k).includes(true) ? 1 : 0)));

function figuresOf(checked: readonly Checked[]): string[] {
  const precise = mean(
    checked.filter(({ answered }) => answered).map(({ holds }) => holds.slice(0, 3).filter(Boolean).length / 3),
  );
  const area = auroc(checked.map(({ support, answered }) => ({ score: support, isPositive: answered })));
  const shown = [within(1)(checked), within(3)(checked), within(8)(checked), precise, area];
  return [String(checked.length), ...shown.map((value) => value.toFixed(3))];
}

/** What each step adds to the one before it, with 95 % intervals over questions. */
function printSteps(checked: ReadonlyMap<Way, readonly Checked[]>): void {
  console.log("\n## All questions, each half checked with the fit of the other\n");
  console.log("| | questions | @1 | @3 | @8 | first three | AUROC | @1 over the row before | @8 over the row before |");
  console.log("|---|---|---|---|---|---|---|---|---|");
  let before: readonly Checked[] | null = null;
  for (const [way, list] of checked) {
    const cells = [1, 8].map((k) => (before === null ? "" : differenceOf(before, list, within(k))));
    console.log(`| ${WAYS[way]} | ${[...figuresOf(list), ...cells].join(" | ")} |`);
    before = list;
  }
}

/** What is lost and won when places stop being cited once the evidence is likely to be among those before. */
function printCitationCounts(checked: readonly Checked[]): void {
  console.log("\n## How many places to cite: until one of them is likely enough to hold the evidence\n");
  console.log("| left to chance | places | @8 | of the first three shown, to the point |");
  console.log("|---|---|---|---|");
  for (const left of [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5]) {
    const shown = checked
      .filter(({ answered }) => answered)
      .map(({ holds, probabilities }) => holds.slice(0, placesWorthCiting(probabilities, left)));
    const places = mean(shown.map(({ length }) => length));
    const found = mean(shown.map((holds) => (holds.includes(true) ? 1 : 0)));
    const precise = mean(
      shown.map((holds) => holds.slice(0, 3).filter(Boolean).length / Math.max(1, Math.min(3, holds.length))),
    );
    console.log(`| ${left} | ${[places, found, precise].map((value) => value.toFixed(3)).join(" | ")} |`);
  }
}

function differenceOf(
  before: readonly Checked[],
  after: readonly Checked[],
  figure: (checked: readonly Checked[]) => number,
): string {
  const pairs = after.flatMap((one, at) => {
    const other = before[at];
    return other === undefined ? [] : [{ one, other }];
  });
  const { value, low, high } = bootstrap(
    pairs,
    (drawn) => figure(drawn.map(({ one }) => one)) - figure(drawn.map(({ other }) => other)),
  );
  return `${value >= 0 ? "+" : ""}${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

interface Fit {
  readonly candidate: Regression;
  /** From a candidate's rank score, alone and beside its rivals', to the probability that it holds evidence. */
  readonly calibration: Regression;
  readonly support: Regression;
}

function fitAll(all: readonly Collected[], way: Way): Fit {
  const answered = all.filter(isAnswered);
  const candidate = fitRanking(answered.map((one) => rankedExample(one, way)));
  const calibration = fitRegression(
    answered.flatMap((one) => calibrationExamples(one, candidate, way)),
    1,
  );
  const support = fitRegression(supportExamples(all, { candidate, calibration }, way), 5);
  return { candidate, calibration, support };
}

const isAnswered = ({ asked }: Collected): boolean => asked.needed.length > 0;
const weightOf = ({ document }: Collected): number => (/ \d+$/u.test(document) ? 1 : DEVELOPMENT_WEIGHT);

function rankedExample(one: Collected, way: Way): RankedExample {
  return {
    candidates: one.weighed.candidates.map(({ features }) => seen(features, way)),
    isPositive: one.weighed.candidates.map((_, at) => one.quoted[at]?.holds === true),
    weight: weightOf(one),
  };
}

/** The ten likeliest of a question: the rest is never shown. */
function calibrationExamples(one: Collected, candidate: Regression, way: Way): Example[] {
  const odds = one.weighed.candidates.map(({ features }) => logOddsOf(candidate, seen(features, way)));
  return rivalFeatures(odds)
    .map((features, at) => ({
      features,
      isPositive: one.quoted[at]?.holds === true,
      weight: weightOf(one),
      odds: odds[at] ?? 0,
    }))
    .sort((a, b) => b.odds - a.odds)
    .slice(0, 10);
}

function seen(features: Features, way: Way): Features {
  const left = (name: string): boolean => {
    if (way === "ordered") return ORDER_FEATURES.has(name);
    if (READ_FEATURES.has(name)) return way === "read";
    return way !== "sentences" || !LEXICON_FEATURES.has(name);
  };
  return Object.fromEntries(Object.entries(features).filter(([name]) => left(name)));
}

interface Ordered {
  readonly holds: readonly boolean[];
  /** Of each of `holds`: the probability that is shown. */
  readonly probabilities: readonly number[];
  readonly support: Features;
}

/** The question's candidates as these weights order them. */
function order(one: Collected, { candidate, calibration }: Pick<Fit, "candidate" | "calibration">, way: Way): Ordered {
  const { question, rarity, candidates, quotations } = one.weighed;
  const ranked = rivalFeatures(candidates.map((old) => logOddsOf(candidate, seen(old.features, way))));
  const weighed = candidates
    .map((old, at) => {
      const logOdds = logOddsOf(calibration, ranked[at] ?? {});
      const answer = way === "read" ? old.answer : null;
      return { old, at, again: { ...old, answer, logOdds, probability: probabilityOf(logOdds) } };
    })
    .sort((a, b) => b.again.logOdds - a.again.logOdds);
  const again = weighed.map((entry) => entry.again);
  const kept = apart(
    weighed.flatMap((entry) => {
      const quoted = one.quoted[entry.at];
      return quoted === undefined ? [] : [{ ...quoted, probability: entry.again.probability }];
    }),
  );
  // Quotations are chosen in this order too; the coverage of those that were chosen before is known.
  const known = new Map(quotations.map((quotation) => [quotation.passage, quotation]));
  const top: Quotation[] = again.slice(0, 8).flatMap((entry) => {
    const quotation = known.get(entry.look.passage);
    return quotation === undefined ? [] : [{ ...quotation, answer: entry.answer }];
  });
  return {
    holds: kept.map(({ holds }) => holds),
    probabilities: kept.map(({ probability }) => probability),
    support: supportFeatures(question, again, top, rarity),
  };
}

/** Without those whose sentence stands in a better one's quotation, as answering leaves them out. */
function apart<T extends Quoted>(quoted: readonly T[]): T[] {
  const chosen: T[] = [];
  for (const one of quoted) {
    if (chosen.length >= 8) break;
    if (!chosen.some((other) => one.core.start < other.end && other.start < one.core.end)) chosen.push(one);
  }
  return chosen;
}

function supportExamples(all: readonly Collected[], fit: Pick<Fit, "candidate" | "calibration">, way: Way): Example[] {
  const answered = all.filter(isAnswered).reduce((sum, one) => sum + weightOf(one), 0);
  const others = all.filter((one) => !isAnswered(one)).reduce((sum, one) => sum + weightOf(one), 0);
  const balance = (WITHOUT_ANSWER / (1 - WITHOUT_ANSWER)) * (answered / Math.max(1, others));
  return all.map((one) => ({
    features: order(one, fit, way).support,
    isPositive: isAnswered(one),
    weight: weightOf(one) * (isAnswered(one) ? 1 : balance),
  }));
}

interface Thresholds {
  readonly leastSupport: number;
  readonly statedSupport: number;
}

/**
 * Below the first, an answer is refused: as high as it can be while few answerable questions about whole documents are
 * refused, because a wrong refusal hides an answer. Above the second, answers are sure.
 */
function thresholdsOf(all: readonly Collected[], fit: Fit, way: Way): Thresholds {
  const supports = (chosen: readonly Collected[]) =>
    supportExamples(chosen, fit, way).map((example) => ({
      p: probabilityOf(logOddsOf(fit.support, example.features)),
      ...example,
    }));
  const whole = all.filter((one) => weightOf(one) === DEVELOPMENT_WEIGHT);
  const answerable = supports((whole.length > 0 ? whole : all).filter(isAnswered))
    .map(({ p }) => p)
    .sort((x, y) => x - y);
  const leastSupport = Number((answerable[Math.floor(MOST_WRONGLY_REFUSED * answerable.length)] ?? 0.01).toFixed(3));
  const examples = supports(all);
  const sum = (chosen: typeof examples): number => chosen.reduce((total, { weight }) => total + weight, 0);
  const cuts = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const stated = cuts.find((cut) => {
    const above = examples.filter(({ p }) => p >= cut);
    return cut > leastSupport && sum(above.filter(({ isPositive }) => isPositive)) >= STATED_PRECISION * sum(above);
  });
  return { leastSupport, statedSupport: stated ?? 0.99 };
}

function write(all: readonly Collected[]): void {
  const fits = { read: fitAll(all, "read"), searched: fitAll(all, "searched") };
  const thresholds = {
    read: thresholdsOf(all, fits.read, "read"),
    searched: thresholdsOf(all, fits.searched, "searched"),
  };
  const content = {
    candidate: { read: rounded(fits.read.candidate), searched: rounded(fits.searched.candidate) },
    calibration: { read: rounded(fits.read.calibration), searched: rounded(fits.searched.calibration) },
    support: { read: rounded(fits.read.support), searched: rounded(fits.searched.support) },
    thresholds,
  };
  const file = join(import.meta.dirname, "../../../engine/answering/ranking/fusion-weights.ts");
  const questions = all.filter(isAnswered).length;
  writeFileSync(
    file,
    `/**
 * How search and reader are joined, and when an answer is refused. Written by
 * \`node bench/evaluate/fusion/main.ts --write\` (${questions} questions with an answer, ${all.length - questions} without); not by hand.
 */
import type { Regression } from "./regression.ts";

interface Fusion {
  readonly candidate: { readonly read: Regression; readonly searched: Regression };
  readonly calibration: { readonly read: Regression; readonly searched: Regression };
  readonly support: { readonly read: Regression; readonly searched: Regression };
  readonly thresholds: Readonly<
    Record<"read" | "searched", { readonly leastSupport: number; readonly statedSupport: number }>
  >;
}

export const FUSION: Fusion = ${JSON.stringify(content, null, 2)};
`,
  );
  console.log(`\nwritten: ${file}; thresholds ${JSON.stringify(thresholds)}`);
}

function rounded(regression: Regression): Regression {
  const round = (list: readonly number[]): number[] => list.map((value) => Number(value.toPrecision(5)));
  const { names, mean, scale, weights, bias } = regression;
  return { names, mean: round(mean), scale: round(scale), weights: round(weights), bias: Number(bias.toPrecision(5)) };
}

await main();
