/**
 * Fits how search, reader and memory are joined, and when an answer is refused:
 *   node bench/evaluate/fusion/main.ts [--haystacks 2] [--no-development] [--write]
 *     [--form text|plain|chat]  behind what the question is scored: the passage's text, or the memory of its segment, asked as
 *                   one asks a model that has read texts only (plain) or one that was taught to ask (chat)
 *     [--no-parts]  does not try what the memory is worth for questions over the whole: it is not asked there
 *     [--only NAME]... [--unbalanced] [--no-reader] [--no-model] [--kept FILE]  FILE keeps what was collected, for trying out fits without reading again
 * Prints what each step is worth on documents that its fit has not seen; --write puts the fit of all, and the gate for the
 * language model, into engine/answering/ranking/fusion-weights.ts.
 * Owns: options, the written file.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deserialize, serialize } from "node:v8";
import type { Fusion, MemoryForm, RecallForm, Regression } from "../../../engine/answering/ranking/regression.ts";
import type { LanguageModel } from "../../../engine/model/types.ts";
import { openModel, starterFolder } from "../language-model.ts";
import { openReader } from "../reader.ts";
import {
  checkFolds,
  only,
  passesGate,
  printCitationCounts,
  printDocuments,
  printRefusals,
  printSteps,
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
    "no-model": { type: "boolean", default: false },
    form: { type: "string", default: "text" },
    "no-parts": { type: "boolean", default: false },
    kept: { type: "string" },
    /** Also what refusals were worth while the length of a question could say something. */
    unbalanced: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
  },
});

const NO_RECALL = { form: "text", weights: "", adapter: "", parts: { form: "plain", worth: 0 } } as const;

/** What was collected, and with which model. */
interface Kept {
  readonly all: readonly Collected[];
  readonly recall: Omit<Fusion["recall"], "isUsed"> | null;
}

async function main(): Promise<void> {
  const { all, recall } = await collected();
  const ways: SeenWay[] = ["ordered", "searched", "read", "asked"];
  const isKnown = (way: SeenWay): boolean =>
    way === "asked" ? recall !== null : way !== "read" || !values["no-reader"];
  const checked = new Map<SeenWay, Checked[]>();
  for (const way of ways.filter(isKnown)) {
    const list = checkFolds(all, way);
    printDocuments(list, way);
    checked.set(way, list);
  }
  printSteps("All questions, each document checked with the fit of others", checked);
  printSteps("Whole documents only", only(checked, isDevelopment));
  const isBook = ({ group }: Checked): boolean => group === "book";
  printSteps("Books only", only(checked, isBook));
  const read = checked.get("read") ?? [];
  printRefusals("Refusals, with thresholds of the others", read);
  if (values.unbalanced)
    printRefusals("Refusals, lengths not balanced, one threshold for all documents", checkFolds(all, "read", false));
  printCitationCounts(read);
  // What it has been trained on a language model knows by heart: only documents that it has not read say what it is worth.
  const isUnread = ({ document }: Checked): boolean => HELD_OUT.includes(document);
  printSteps("Whole documents that no model was trained on", only(checked, isUnread));
  const asked = checked.get("asked") ?? [];
  const isUsed =
    asked.length > 0 && passesGate(read.filter(isUnread), asked.filter(isUnread)) && passesGate(read, asked);
  if (recall !== null) {
    const verdict = isUsed ? "adds: it is used" : "adds nothing proven: it is not used";
    console.log(
      `\nThe question behind passages (${recall.form}) ${verdict}. For parts of the whole the memory is worth ${recall.parts.worth}.`,
    );
  }
  if (values.write) write(all, { ...(recall ?? NO_RECALL), isUsed });
}

/** From `--kept` what is there, and what is missing there by searching and reading. */
async function collected(): Promise<Kept> {
  const none = { model: null, [Symbol.asyncDispose]: async () => {} };
  await using reading = await openReader();
  await using language = values["no-model"] || values["no-reader"] ? none : await openModel();
  const reader = values["no-reader"] ? null : reading.reader;
  const { model } = language;
  const form = formOf();
  const hashes = model === null ? null : { form, ...hashesOf(model) };
  const made = JSON.stringify({ ...hashes, reader: reader?.hash });
  const known = readKept(made);
  const save = (all: readonly Collected[], recall: Kept["recall"]): void => {
    if (values.kept !== undefined) writeFileSync(values.kept, serialize({ made, all, recall }));
  };
  const { haystacks, only } = values;
  const options = { haystacks: Number(haystacks), development: !values["no-development"], only };
  const all = await collect({ reader, model, form }, options, known.all, (list, [first, ...others]) => {
    console.error(`${first?.document ?? ""}: ${others.length + 1} questions`);
    save(list, null);
  });
  const isTried = known.recall !== null || reader === null || model === null || values["no-parts"];
  const asMemory = form === "text" ? memoryForm() : form;
  const parts = isTried
    ? (known.recall?.parts ?? { form: asMemory, worth: 0 })
    : await fitParts(reader, model, asMemory, only);
  const recall = hashes === null ? null : { ...hashes, parts };
  save(all, isTried ? known.recall : recall);
  return { all, recall };
}

function readKept(made: string): Kept {
  if (values.kept === undefined || !existsSync(values.kept)) return { all: [], recall: null };
  const kept: Kept & { readonly made: string } = deserialize(readFileSync(values.kept));
  if (kept.made !== made)
    throw new Error(`${values.kept} was made with another model: remove it, or name another file`);
  return kept;
}

function formOf(): RecallForm {
  const { form } = values;
  if (form === "text" || form === "plain" || form === "chat") return form;
  throw new Error(`--form ${form}: text, plain or chat`);
}

/** `chat` when the model's package has a template of turns. */
function memoryForm(): MemoryForm {
  const file = join(starterFolder, "tokenizer_config.json");
  return existsSync(file) && readFileSync(file, "utf8").includes("<|assistant|> {{") ? "chat" : "plain";
}

const hashesOf = ({ info: { hashes } }: LanguageModel): { weights: string; adapter: string } => ({
  weights: hashes.weights,
  adapter: hashes.adapter,
});

function write(all: readonly Collected[], recall: Fusion["recall"]): void {
  const ways = ["searched", "read", ...(recall.weights === "" ? [] : ["asked" as const])] as const;
  const fits = ways.map((way) => {
    const fit = fitAll(all, way);
    return { way, fit, thresholds: thresholdsOf(all, fit, way) };
  });
  const by = <T>(part: (fitted: (typeof fits)[number]) => T): Record<string, T> =>
    Object.fromEntries(fits.map((fitted) => [fitted.way, part(fitted)]));
  const content = {
    recall,
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
 * How search, reader and language model are joined, and when an answer is refused. Written by
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
