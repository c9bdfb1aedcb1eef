/**
 * Fits how search and reader are joined, and when an answer is refused:
 *   node bench/evaluate/fusion/main.ts [--haystacks 2] [--no-development] [--only NAME]... [--unbalanced] [--no-reader] [--write]
 *     [--kept FILE]  keeps there what was collected, for trying out fits without reading again
 *     [--reader FOLDER] [--beside FILE]  another reader's package; what another one had --kept, as a row before this one's
 *     [--no-parts]   opens no language model: what the memory is worth for parts of a whole is not tried, and written as 0
 * Prints what each step is worth on documents that its fit has not seen; --write puts the fit of all, and what the memory
 * is worth for parts of a whole, into engine/answering/ranking/fusion-weights.ts.
 * Owns: options, the written file.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deserialize, serialize } from "node:v8";
import type { Fusion, MemoryForm, Regression } from "../../../engine/answering/ranking/regression.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import { openModel, starterFolder } from "../language-model.ts";
import { openReader } from "../reader.ts";
import {
  checkFolds,
  only,
  printCitationCounts,
  printDocuments,
  printQuotedCounts,
  printRefusals,
  printStatedCounts,
  printSteps,
  WAYS,
} from "./check.ts";
import type { Checked } from "./check.ts";
import { HELD_OUT } from "../development/sets.ts";
import { collect, type Collected } from "./collect.ts";
import { fitParts } from "./parts.ts";
import { fitAll, isAnswered, isDevelopment, thresholdsOf, type SeenWay } from "./fit.ts";

const { values } = parseArgs({
  options: {
    haystacks: { type: "string", default: "2" },
    "no-development": { type: "boolean", default: false },
    /** Only what search and sentences say; for trying things out. */
    "no-reader": { type: "boolean", default: false },
    "no-parts": { type: "boolean", default: false },
    kept: { type: "string" },
    reader: { type: "string" },
    beside: { type: "string" },
    /** Also what refusals were worth while the length of a question could say something. */
    unbalanced: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  await using reading = await openReader(values.reader);
  const reader = values["no-reader"] ? null : reading.reader;
  const all = await collected(reader);
  const ways: SeenWay[] = ["ordered", "searched", ...(reader === null ? [] : ["read" as const])];
  const checked = new Map<string, Checked[]>();
  if (values.beside !== undefined) checked.set("another reader", checkBeside(values.beside, all));
  for (const way of ways.slice(values.beside === undefined ? 0 : -1)) {
    const list = checkFolds(all, way);
    printDocuments(list, way);
    checked.set(WAYS[way], list);
  }
  printSteps("All questions, each document checked with the fit of others", checked);
  printSteps("Whole documents only", only(checked, isDevelopment));
  const isBook = ({ group }: Checked): boolean => group === "book";
  printSteps("Books only", only(checked, isBook));
  const read = checked.get(WAYS.read) ?? [];
  printRefusals("Refusals, with thresholds of the others", read);
  if (values.unbalanced)
    printRefusals("Refusals, lengths not balanced, one threshold for all documents", checkFolds(all, "read", false));
  printCitationCounts(read);
  printQuotedCounts(read.filter(isDevelopment));
  printStatedCounts(read.filter(isDevelopment));
  const isUnread = ({ document }: Checked): boolean => HELD_OUT.includes(document);
  printSteps("Whole documents that no model was trained on", only(checked, isUnread));
  const parts = await triedParts(reader);
  if (values.write) write(all, parts);
}

/** What another reader is worth, question by question. Throws when it was asked others. */
function checkBeside(file: string, all: readonly Collected[]): Checked[] {
  const { all: others } = readFile(file);
  const beside = all.map(({ document, question }) =>
    others.find((other) => other.document === document && other.question === question),
  );
  const known = beside.filter((one) => one !== undefined);
  if (known.length < all.length)
    throw new Error(`${file} lacks ${all.length - known.length} of the ${all.length} questions`);
  return checkFolds(known, "read");
}

/** From `--kept` what is there, and what is missing there by searching and reading. */
async function collected(reader: PassageReader | null): Promise<Collected[]> {
  const made = reader?.hash ?? "no reader";
  const save = (all: readonly Collected[]): void => {
    if (values.kept !== undefined) writeFileSync(values.kept, serialize({ made, all }));
  };
  const { haystacks, only } = values;
  const options = { haystacks: Number(haystacks), development: !values["no-development"], only };
  return await collect(reader, options, readKept(made), (list, [first, ...others]) => {
    console.error(`${first?.document ?? ""}: ${others.length + 1} questions`);
    save(list);
  });
}

function readKept(made: string): readonly Collected[] {
  if (values.kept === undefined || !existsSync(values.kept)) return [];
  const kept = readFile(values.kept);
  if (kept.made !== made)
    throw new Error(`${values.kept} was made with another reader: remove it, or name another file`);
  return kept.all;
}

const readFile = (file: string): { readonly made: string; readonly all: readonly Collected[] } =>
  deserialize(readFileSync(file));

/** What the memory is worth for parts of a whole: 0 where that was not to be tried, or there is no model. */
async function triedParts(reader: PassageReader | null): Promise<Fusion["partsByMemory"]> {
  const form = memoryForm();
  const untried = { form, worth: 0, weights: "", adapter: "" };
  if (reader === null || values["no-parts"]) return untried;
  await using language = await openModel();
  if (language.model === null) return untried;
  const { weights, adapter } = language.model.info.hashes;
  const worth = await fitParts(reader, language.model, form, values.only);
  console.log(`\nFor parts of the whole the memory is worth ${worth}.`);
  return { form, worth, weights, adapter };
}

/** `chat` when the model's package has a template of turns. */
function memoryForm(): MemoryForm {
  const file = join(starterFolder, "tokenizer_config.json");
  return existsSync(file) && readFileSync(file, "utf8").includes("<|assistant|> {{") ? "chat" : "plain";
}

function write(all: readonly Collected[], partsByMemory: Fusion["partsByMemory"]): void {
  const fits = (["searched", "read"] as const).map((way) => {
    const fit = fitAll(all, way);
    return { way, fit, thresholds: thresholdsOf(all, fit, way) };
  });
  const by = <T>(part: (fitted: (typeof fits)[number]) => T): Record<string, T> =>
    Object.fromEntries(fits.map((fitted) => [fitted.way, part(fitted)]));
  const content = {
    partsByMemory,
    candidate: by(({ fit }) => rounded(fit.candidate)),
    calibration: by(({ fit }) => rounded(fit.calibration)),
    support: by(({ fit }) => rounded(fit.support)),
    thresholds: by(({ thresholds }) => thresholds),
  };
  const file = join(import.meta.dirname, "../../../engine/answering/ranking/fusion-weights.ts");
  const questions = all.filter(isAnswered).length;
  writeFileSync(
    file,
    `/**
 * How search and reader are joined, and when an answer is refused. Written by
 * \`node bench/evaluate/fusion/main.ts --write\` (${questions} questions with an answer, ${all.length - questions} without); not by hand.
 */
import type { Fusion } from "./regression.ts";

export const FUSION: Fusion = ${JSON.stringify(content, null, 2)};
`,
  );
  console.log(`\nwritten: ${file}; thresholds ${JSON.stringify(content.thresholds)}`);
}

function rounded(regression: Regression): Regression {
  const round = (list: readonly number[]): number[] => list.map((value) => Number(value.toPrecision(5)));
  const { names, mean, scale, weights, bias } = regression;
  return { names, mean: round(mean), scale: round(scale), weights: round(weights), bias: Number(bias.toPrecision(5)) };
}

await main();
